// Files of results, written so that a full disk is noticed. Errors name the path.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::sweep {

// At once: readers see the old content or the new one.
base::Result<void> ReplaceFile(const std::string& path, std::string_view text);

base::Result<void> AppendToFile(const std::string& path, std::string_view text);

// As it is: nothing is unpacked.
base::Result<std::string> ReadBytes(const std::string& path);

}  // namespace berth::sweep

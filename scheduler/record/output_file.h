// The file that a recording is written to. Names that end in .gz are packed.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::record {

// At once: whoever reads sees the old file or the whole new one. Errors name the path.
base::Result<void> ReplaceFile(const std::string& path, std::string_view text);

// Behind what is there: of a packed file, as a member of its own, so that what was appended before
// can be read whatever becomes of the rest.
base::Result<void> AppendToFile(const std::string& path, std::string_view text);

}  // namespace berth::record

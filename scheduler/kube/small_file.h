// Files that hold a document, a certificate or a token.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/base/result.h"

namespace berth::kube {

// Fails, without naming the file, where it cannot be read or is larger than `most` bytes.
base::Result<std::string> ReadSmallFile(const std::string& path,
                                        std::size_t most = std::size_t{1} << 20);

// The same without white space around it.
base::Result<std::string> ReadToken(const std::string& path);

}  // namespace berth::kube

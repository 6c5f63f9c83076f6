// One file of HTML that needs nothing else: script, style, chart library and data are in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::report {

// Data larger than this is packed.
inline constexpr std::size_t kMaxPlainBytes = 64 * 1024;

// `json` is the data as web/main.js reads it, UTF-8. It is written as text that cannot end the
// script element it stands in, or, where it is large, packed with gzip and in base64. Fails for
// want of memory only.
base::Result<std::string> MakePage(std::string_view title, std::string_view json);

}  // namespace berth::report

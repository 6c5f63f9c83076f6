// A Value as JSON text, for those who read it themselves.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/value.h"

namespace berth::config {

// On one line, in the order of the document. Fails on a key that comes twice, on a number that is
// not finite and on text that is not UTF-8, naming the field below `path`.
base::Result<std::string> ToJson(const Value& value, std::string_view path);

}  // namespace berth::config

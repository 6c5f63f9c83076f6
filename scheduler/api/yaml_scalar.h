// How YAML 1.1 types a plain scalar.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth::api {

// The JSON token that a plain (unquoted, untagged) scalar stands for: null, true, false or a
// number; nullopt when it is a string.
std::optional<std::string> PlainScalarToJson(std::string_view text);

}  // namespace berth::api

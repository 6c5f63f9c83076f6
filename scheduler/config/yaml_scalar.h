// What an unquoted YAML scalar means (YAML 1.1, as Kubernetes reads it), and when a string has to
// be quoted so that it stays a string. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/config/value.h"

namespace berth::config {

// null, a bool, an integer, a number, or else the text itself.
Value ResolvePlainScalar(std::string_view text);

// The text as a YAML scalar that reads back as exactly this string: plain where that is safe, else
// in double quotes.
std::string YamlString(std::string_view text);

}  // namespace berth::config

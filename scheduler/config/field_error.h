// Errors about one field, in the form in which Kubernetes reports them:
// "profiles[0].schedulerName: Required value". Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::config {

// "PATH: detail"; without the path's part when the path is empty (the document itself).
std::unexpected<base::Error> FieldError(std::string_view path, std::string_view detail);

// "PATH: Invalid value: VALUE: detail".
std::unexpected<base::Error> InvalidValue(std::string_view path, std::int64_t value,
                                          std::string_view detail);
std::unexpected<base::Error> InvalidValue(std::string_view path, std::string_view value,
                                          std::string_view detail);

// "PATH: Required value" and, if there is any, ": detail".
std::unexpected<base::Error> RequiredValue(std::string_view path, std::string_view detail = "");

// "PATH: Unsupported value: "x": supported values: "a", "b"".
std::unexpected<base::Error> UnsupportedValue(std::string_view path, std::string_view value,
                                              std::span<const std::string_view> supported);

// "PATH: Duplicate value: "x"".
std::unexpected<base::Error> DuplicateValue(std::string_view path, std::string_view value);

// "PATH: Forbidden: detail".
std::unexpected<base::Error> ForbiddenValue(std::string_view path, std::string_view detail);

// In double quotes, with control characters and quotes escaped, cut to a readable length.
std::string Quoted(std::string_view text);

}  // namespace berth::config

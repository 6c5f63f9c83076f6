// Names with dots: what is a variable, a type or a function, and what the field of something.
// Internal to the folder.
#pragma once

#include <optional>
#include <string_view>

#include "scheduler/cel/ast.h"
#include "scheduler/cel/environment.h"

namespace berth::cel {

// Turns chains of selections that spell the name of a variable or type into one identifier (the
// longest name wins), and calls such as sets.contains(...) into calls without a target. Variables
// of comprehensions hide all others; a leading dot sees past them.
void ResolveNames(const Environment& environment, Expr& root);

// The value of an identifier that names a type: int, list, google.protobuf.Timestamp ...
std::optional<Type> FindTypeName(std::string_view name);

}  // namespace berth::cel

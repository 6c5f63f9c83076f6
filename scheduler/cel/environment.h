// What an expression may refer to beside the functions of the library.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scheduler/cel/value.h"

namespace berth::cel {

// A plain value.
struct Environment {
  // Variables by name; dotted names are possible.
  std::map<std::string, Type, std::less<>> variables;
  // The fields of the object types, by type name.
  std::map<std::string, std::map<std::string, Type, std::less<>>, std::less<>> objects;
  // Elements of a list or map literal must be of one type, as Kubernetes wants it.
  bool homogeneous_literals = true;
  // Whether types are checked at all before an expression is evaluated.
  bool check_types = true;
};

// The values of the variables.
using Bindings = std::map<std::string, Value, std::less<>>;

}  // namespace berth::cel

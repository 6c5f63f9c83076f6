// Types before evaluation. Internal to the folder.
#pragma once

#include <vector>

#include "scheduler/cel/ast.h"
#include "scheduler/cel/environment.h"
#include "scheduler/cel/lexer.h"

namespace berth::cel {

struct Checked {
  Type type;                  // of the whole expression
  std::vector<Issue> issues;  // by place
};

// By unification over the overloads of the library, as cel-go does it, with its words. What is dyn
// is left to the evaluation. Names must have been resolved.
Checked CheckTypes(const Environment& environment, const Expr& root);

}  // namespace berth::cel

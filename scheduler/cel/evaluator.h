// Runs a syntax tree. Internal to the folder.
#pragma once

#include <cstdint>

#include "scheduler/base/result.h"
#include "scheduler/cel/ast.h"
#include "scheduler/cel/environment.h"

namespace berth::cel {

// The error is that of CEL at run time, in cel-go's words. `cost_limit` bounds the work, counted
// much as cel-go does (evaluator.cc says how).
base::Result<Value> Evaluate(const Expr& root, const Bindings& bindings, std::uint64_t cost_limit);

}  // namespace berth::cel

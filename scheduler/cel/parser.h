// CEL text to its syntax tree, macros included. Internal to the folder.
#pragma once

#include <string_view>
#include <vector>

#include "scheduler/cel/ast.h"
#include "scheduler/cel/lexer.h"

namespace berth::cel {

struct Parsed {
  ExprPtr root;               // null if there are issues
  std::vector<Issue> issues;  // at most a few: parsing ends at the first mistake
};

// By recursive descent; how deep it goes is bounded by kMaxExpressionDepth, and what it makes by
// kMaxExpressionNodes. The length of the text is up to the caller.
Parsed Parse(std::string_view source);

}  // namespace berth::cel

// The syntax tree of a CEL expression. Internal to the folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cel/value.h"

namespace berth::cel {

// What deeper trees, longer texts and larger trees are refused for.
inline constexpr std::size_t kMaxExpressionBytes = std::size_t{10} << 10;  // as the API server does
inline constexpr std::size_t kMaxExpressionDepth = 250;
inline constexpr std::size_t kMaxExpressionNodes = 10'000;

enum class ExprKind : std::uint8_t {
  kLiteral,
  kIdentifier,  // name
  kSelect,      // args[0].name; `optional`: .?  `test_only`: has()
  kCall,        // name(args); with `member` args[0] is the target; operators are "_+_" ...
  kAnd,         // all of args
  kOr,
  kConditional,    // args[0] ? args[1] : args[2]
  kList,           // args; optional_args
  kMap,            // args: key, value, key, value ...; optional_args one an entry
  kComprehension,  // macro, variables; args[0] is what it goes over
};

enum class Macro : std::uint8_t {
  kAll,
  kExists,
  kExistsOne,
  kMap,  // args: range, [predicate,] result
  kFilter,
  kTransformList,  // the same with two variables
  kTransformMap,
  kTransformMapEntry,  // results are maps of one entry
  kSortBy,
  kOptMap,
  kOptFlatMap,
  kBind,
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Macro macro = Macro::kAll;
  bool member = false;
  bool optional = false;
  bool test_only = false;
  std::uint16_t depth = 1;
  std::size_t offset = 0;  // of what an error about it points at
  std::string name;
  Value value;
  std::vector<ExprPtr> args;
  std::vector<bool> optional_args;
  std::vector<std::string> variables;  // of a comprehension
};

// The operators as functions, by the names that cel-go has for them.
inline constexpr std::string_view kNotName = "!_";
inline constexpr std::string_view kNegateName = "-_";
inline constexpr std::string_view kIndexName = "_[_]";
inline constexpr std::string_view kOptionalIndexName = "_[?_]";
inline constexpr std::string_view kInName = "@in";
inline constexpr std::string_view kEqualName = "_==_";
inline constexpr std::string_view kNotEqualName = "_!=_";

}  // namespace berth::cel

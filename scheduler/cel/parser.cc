#include "scheduler/cel/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace berth::cel {
namespace {

constexpr std::array<std::string_view, 21> kReserved = {
    "as",        "break", "const",  "continue", "else", "false", "for",
    "function",  "if",    "import", "in",       "let",  "loop",  "package",
    "namespace", "null",  "return", "true",     "var",  "void",  "while"};

bool IsReserved(std::string_view name) {
  return std::ranges::find(kReserved, name) != kReserved.end();
}

// Words that are tokens of their own and cannot be names even behind a dot.
bool IsKeyword(std::string_view name) {
  return name == "in" || name == "true" || name == "false" || name == "null";
}

// Binary operators from the loosest to the tightest below && and ||.
struct Level {
  std::array<std::string_view, 6> operators;
};
constexpr std::array<Level, 3> kLevels = {{{{"<", "<=", ">=", ">", "==", "!="}},
                                           {{"+", "-", "", "", "", ""}},
                                           {{"*", "/", "%", "", "", ""}}}};

struct MacroShape {
  std::string_view name;
  std::size_t arguments;
  std::size_t variables;
  Macro macro;
};
constexpr std::array kMacros = {
    MacroShape{"all", 2, 1, Macro::kAll},
    MacroShape{"all", 3, 2, Macro::kAll},
    MacroShape{"exists", 2, 1, Macro::kExists},
    MacroShape{"exists", 3, 2, Macro::kExists},
    MacroShape{"exists_one", 2, 1, Macro::kExistsOne},
    MacroShape{"existsOne", 2, 1, Macro::kExistsOne},
    MacroShape{"existsOne", 3, 2, Macro::kExistsOne},
    MacroShape{"map", 2, 1, Macro::kMap},
    MacroShape{"map", 3, 1, Macro::kMap},
    MacroShape{"filter", 2, 1, Macro::kFilter},
    MacroShape{"transformList", 3, 2, Macro::kTransformList},
    MacroShape{"transformList", 4, 2, Macro::kTransformList},
    MacroShape{"transformMap", 3, 2, Macro::kTransformMap},
    MacroShape{"transformMap", 4, 2, Macro::kTransformMap},
    MacroShape{"transformMapEntry", 3, 2, Macro::kTransformMapEntry},
    MacroShape{"transformMapEntry", 4, 2, Macro::kTransformMapEntry},
    MacroShape{"sortBy", 2, 1, Macro::kSortBy},
    MacroShape{"optMap", 2, 1, Macro::kOptMap},
    MacroShape{"optFlatMap", 2, 1, Macro::kOptFlatMap},
};

const MacroShape* FindMacro(std::string_view name, std::size_t arguments) {
  const auto it = std::ranges::find_if(kMacros, [&](const MacroShape& shape) {
    return shape.name == name && shape.arguments == arguments;
  });
  return it == kMacros.end() ? nullptr : &*it;
}

// Each Parse function returns null after a mistake, which is then in issues_.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Parsed Run() {
    Parsed parsed;
    parsed.root = ParseExpr();
    if (parsed.root != nullptr && Now().kind != TokenKind::kEnd) {
      parsed.root = FailAt(Now().offset, "Syntax error: extraneous input '" +
                                             std::string(Now().text) + "' expecting <EOF>");
    }
    parsed.issues = std::move(issues_);
    return parsed;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  const Token& Next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool Take(std::string_view punctuation) {
    if (!Now().Is(punctuation)) return false;
    ++at_;
    return true;
  }

  ExprPtr FailAt(std::size_t offset, std::string message) {
    if (issues_.empty()) issues_.push_back({offset, std::move(message)});
    return nullptr;
  }
  ExprPtr Unexpected() {
    static constexpr std::string_view kExpected =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, "
        "STRING, BYTES, IDENTIFIER}";
    const bool end = Now().kind == TokenKind::kEnd;
    return FailAt(Now().offset, "Syntax error: mismatched input '" +
                                    (end ? "<EOF>" : std::string(Now().text)) + "' expecting " +
                                    std::string(kExpected));
  }
  bool Expect(std::string_view punctuation) {
    if (Take(punctuation)) return true;
    const bool end = Now().kind == TokenKind::kEnd;
    FailAt(Now().offset, "Syntax error: missing '" + std::string(punctuation) + "' at '" +
                             (end ? "<EOF>" : std::string(Now().text)) + "'");
    return false;
  }

  // ---- Nodes ----

  ExprPtr Make(ExprKind kind, std::size_t offset) {
    if (++nodes_ > kMaxExpressionNodes) {
      return FailAt(offset,
                    "expression has more than " + std::to_string(kMaxExpressionNodes) + " parts");
    }
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->offset = offset;
    return expr;
  }

  // Takes the children in; null if there is a null among them or the tree gets too deep.
  ExprPtr With(ExprPtr expr, std::vector<ExprPtr> args) {
    if (expr == nullptr) return nullptr;
    std::size_t depth = 1;
    for (const auto& arg : args) {
      if (arg == nullptr) return nullptr;
      depth = std::max<std::size_t>(depth, arg->depth + std::size_t{1});
    }
    if (depth > kMaxExpressionDepth) return TooDeep(expr->offset);
    expr->depth = static_cast<std::uint16_t>(depth);
    expr->args = std::move(args);
    return expr;
  }
  ExprPtr TooDeep(std::size_t offset) {
    return FailAt(offset,
                  "expression recursion limit exceeded: " + std::to_string(kMaxExpressionDepth));
  }

  template <typename... Args>
  static std::vector<ExprPtr> Children(Args... args) {
    std::vector<ExprPtr> children;
    (children.push_back(std::move(args)), ...);
    return children;
  }

  ExprPtr Literal(std::size_t offset, Value value) {
    ExprPtr expr = Make(ExprKind::kLiteral, offset);
    if (expr != nullptr) expr->value = std::move(value);
    return expr;
  }
  ExprPtr Call(std::size_t offset, std::string_view name, std::vector<ExprPtr> args) {
    ExprPtr expr = With(Make(ExprKind::kCall, offset), std::move(args));
    if (expr != nullptr) expr->name = name;
    return expr;
  }

  // ---- Grammar ----

  ExprPtr ParseExpr() {
    if (++nesting_ > kMaxExpressionDepth) return TooDeep(Now().offset);
    ExprPtr expr = ParseConditional();
    --nesting_;
    return expr;
  }

  ExprPtr ParseConditional() {
    ExprPtr condition = ParseLogical("||");
    const std::size_t offset = Now().offset;
    if (condition == nullptr || !Take("?")) return condition;
    ExprPtr yes = ParseLogical("||");
    if (yes == nullptr || !Expect(":")) return nullptr;
    ExprPtr no = ParseExpr();
    return With(Make(ExprKind::kConditional, offset),
                Children(std::move(condition), std::move(yes), std::move(no)));
  }

  // Chains become one node, so that long ones are not deep.
  ExprPtr ParseLogical(std::string_view op) {
    const bool is_or = op == "||";
    std::vector<ExprPtr> parts;
    const auto parse_part = [&] { return is_or ? ParseLogical("&&") : ParseBinary(0); };
    parts.push_back(parse_part());
    const std::size_t offset = Now().offset;
    while (parts.back() != nullptr && Take(op)) parts.push_back(parse_part());
    if (parts.back() == nullptr || parts.size() == 1) return std::move(parts.back());
    return With(Make(is_or ? ExprKind::kOr : ExprKind::kAnd, offset), std::move(parts));
  }

  // The name of the function of a binary operator of this level; empty if there is none here.
  std::string OperatorHere(std::size_t level) const {
    const auto& operators = kLevels[level].operators;
    if (Now().kind == TokenKind::kPunctuation &&
        std::ranges::find(operators, Now().text) != operators.end()) {
      return "_" + std::string(Now().text) + "_";
    }
    const bool in = level == 0 && Now().kind == TokenKind::kIdentifier && Now().text == "in";
    return in ? std::string(kInName) : "";
  }

  ExprPtr ParseBinary(std::size_t level) {
    if (level == kLevels.size()) return ParseUnary();
    ExprPtr left = ParseBinary(level + 1);
    for (std::string name; left != nullptr && !(name = OperatorHere(level)).empty();) {
      const std::size_t offset = Now().offset;
      ++at_;
      ExprPtr right = ParseBinary(level + 1);
      left = Call(offset, name, Children(std::move(left), std::move(right)));
    }
    return left;
  }

  ExprPtr ParseUnary() {
    const std::size_t offset = Now().offset;
    const bool minus = Now().Is("-");
    if (!minus && !Now().Is("!")) return ParseMember();
    if (minus && Next().kind == TokenKind::kLiteral && IsNumber(Next())) return ParseMember();
    // An even number of them is none.
    std::size_t count = 0;
    for (; Now().Is(minus ? "-" : "!"); ++at_) ++count;
    ExprPtr operand = ParseMember();
    if (operand == nullptr || count % 2 == 0) return operand;
    return Call(offset, minus ? kNegateName : kNotName, Children(std::move(operand)));
  }

  static bool IsNumber(const Token& token) { return token.value.IsNumber(); }

  ExprPtr ParseMember() {
    ExprPtr expr = ParsePrimary();
    while (expr != nullptr) {
      const std::size_t offset = Now().offset;
      if (Take(".")) {
        expr = ParseField(std::move(expr), offset);
      } else if (Take(".?")) {
        expr = ParseSelect(std::move(expr), offset, true);
      } else if (Take("[")) {
        expr = ParseIndex(std::move(expr), offset, kIndexName);
      } else if (Take("[?")) {
        expr = ParseIndex(std::move(expr), offset, kOptionalIndexName);
      } else {
        return expr;
      }
    }
    return nullptr;
  }

  ExprPtr ParseIndex(ExprPtr target, std::size_t offset, std::string_view name) {
    ExprPtr index = ParseExpr();
    if (index == nullptr || !Expect("]")) return nullptr;
    return Call(offset, name, Children(std::move(target), std::move(index)));
  }

  ExprPtr ParseField(ExprPtr target, std::size_t offset) {
    const bool call = Now().kind == TokenKind::kIdentifier && Next().Is("(");
    return call ? ParseMemberCall(std::move(target))
                : ParseSelect(std::move(target), offset, false);
  }

  ExprPtr ParseSelect(ExprPtr target, std::size_t offset, bool optional) {
    const bool quoted = Now().kind == TokenKind::kQuotedIdentifier;
    const bool plain = Now().kind == TokenKind::kIdentifier && !IsKeyword(Now().text);
    if (!quoted && !plain) {
      return FailAt(Now().offset, "Syntax error: no viable alternative at input '.'");
    }
    const std::string name = quoted ? Now().value.as_string() : std::string(Now().text);
    ++at_;
    ExprPtr expr = With(Make(ExprKind::kSelect, offset), Children(std::move(target)));
    if (expr == nullptr) return nullptr;
    expr->name = name;
    expr->optional = optional;
    return expr;
  }

  ExprPtr ParseMemberCall(ExprPtr target) {
    const std::string name(Now().text);
    ++at_;
    const std::size_t offset = Now().offset;
    ++at_;
    auto args = ParseArguments(")");
    if (!args) return nullptr;
    if (IsIdentifier(*target, "cel") && name == "bind" && args->size() == 3) {
      return MakeBind(offset, *std::move(args));
    }
    if (const MacroShape* shape = FindMacro(name, args->size())) {
      return MakeComprehension(*shape, offset, std::move(target), *std::move(args));
    }
    args->insert(args->begin(), std::move(target));
    ExprPtr call = Call(offset, name, *std::move(args));
    if (call != nullptr) call->member = true;
    return call;
  }

  static bool IsIdentifier(const Expr& expr, std::string_view name) {
    return expr.kind == ExprKind::kIdentifier && expr.name == name;
  }

  // The elements up to the closing mark, which is taken as well.
  std::optional<std::vector<ExprPtr>> ParseArguments(std::string_view closing) {
    std::vector<ExprPtr> args;
    if (Take(closing)) return args;
    while (true) {
      args.push_back(ParseExpr());
      if (args.back() == nullptr) return std::nullopt;
      if (Take(",")) continue;
      if (!Expect(closing)) return std::nullopt;
      return args;
    }
  }

  ExprPtr ParsePrimary() {
    const Token& token = Now();
    if (token.kind == TokenKind::kLiteral) return ParseLiteral(false);
    if (token.Is("-") && Next().kind == TokenKind::kLiteral && IsNumber(Next())) {
      ++at_;
      return ParseLiteral(true);
    }
    if (token.kind == TokenKind::kIdentifier) return ParseName("");
    if (token.Is(".") && Next().kind == TokenKind::kIdentifier) {
      ++at_;
      return ParseName(".");
    }
    if (Take("(")) {
      ExprPtr inner = ParseExpr();
      return inner != nullptr && Expect(")") ? std::move(inner) : nullptr;
    }
    if (token.Is("[") || token.Is("[?")) return ParseList();
    if (token.Is("{")) return ParseMap();
    return Unexpected();
  }

  ExprPtr ParseLiteral(bool negative) {
    const Token& token = Now();
    const std::size_t offset = negative ? tokens_[at_ - 1].offset : token.offset;
    ++at_;
    Value value = token.value;
    if (token.too_large && !(negative && IsLowestInt(value))) {
      const auto kind = value.kind();
      return FailAt(offset, std::string("invalid ") +
                                (kind == TypeKind::kInt    ? "int"
                                 : kind == TypeKind::kUint ? "uint"
                                                           : "double") +
                                " literal");
    }
    if (negative) {
      if (value.is(TypeKind::kUint)) return FailAt(offset, "invalid uint literal");
      // 0 - x in unsigned arithmetic: the lowest int is its own opposite.
      value = value.is(TypeKind::kDouble) ? Value::Double(-value.as_double())
                                          : Value::Int(static_cast<std::int64_t>(
                                                0 - static_cast<std::uint64_t>(value.as_int())));
    }
    return Literal(offset, std::move(value));
  }

  static bool IsLowestInt(const Value& value) {
    return value.is(TypeKind::kInt) && value.as_int() == INT64_MIN;
  }

  // An identifier or the call of a function; `dot`: it starts with one.
  ExprPtr ParseName(std::string_view dot) {
    const std::size_t start = Now().offset - dot.size();
    const std::string text(Now().text);
    if (text == "in") return Unexpected();
    ++at_;
    if (dot.empty()) {
      if (text == "true" || text == "false") return Literal(start, Value::Bool(text == "true"));
      if (text == "null") return Literal(start, Value::Null());
    }
    if (IsReserved(text)) return FailAt(start, "reserved identifier: " + text);
    const std::size_t open = Now().offset;
    if (Take("(")) return ParseGlobalCall(std::string(dot) + text, open);
    if (Now().Is("{")) return FailAt(open, "messages are not supported");
    ExprPtr expr = Make(ExprKind::kIdentifier, start);
    if (expr != nullptr) expr->name = std::string(dot) + text;
    return expr;
  }

  ExprPtr ParseGlobalCall(const std::string& name, std::size_t open) {
    auto args = ParseArguments(")");
    if (!args) return nullptr;
    if (name != "has" || args->size() != 1) return Call(open, name, *std::move(args));
    ExprPtr select = std::move(args->front());
    if (select->kind != ExprKind::kSelect || select->optional) {
      return FailAt(select->offset, "invalid argument to has() macro");
    }
    select->test_only = true;
    select->offset = open;
    return select;
  }

  ExprPtr ParseList() {
    const std::size_t offset = Now().offset;
    std::vector<ExprPtr> elements;
    std::vector<bool> optional_args;
    bool optional = Now().Is("[?");
    ++at_;
    while (!Now().Is("]")) {
      optional_args.push_back(optional | Take("?"));
      optional = false;
      elements.push_back(ParseExpr());
      if (elements.back() == nullptr) return nullptr;
      if (!Take(",")) break;
    }
    if (!Expect("]")) return nullptr;
    ExprPtr list = With(Make(ExprKind::kList, offset), std::move(elements));
    if (list != nullptr) list->optional_args = std::move(optional_args);
    return list;
  }

  ExprPtr ParseMap() {
    const std::size_t offset = Now().offset;
    std::vector<ExprPtr> parts;
    std::vector<bool> optional_args;
    ++at_;
    while (!Now().Is("}")) {
      optional_args.push_back(Take("?"));
      parts.push_back(ParseExpr());
      if (parts.back() == nullptr || !Expect(":")) return nullptr;
      parts.push_back(ParseExpr());
      if (parts.back() == nullptr) return nullptr;
      if (!Take(",")) break;
    }
    if (!Expect("}")) return nullptr;
    ExprPtr map = With(Make(ExprKind::kMap, offset), std::move(parts));
    if (map != nullptr) map->optional_args = std::move(optional_args);
    return map;
  }

  // ---- Macros ----

  // Moves the names of the variables out of the front of `args`.
  bool TakeVariables(std::size_t count, std::vector<ExprPtr>& args, Expr& into) {
    for (std::size_t i = 0; i < count; ++i) {
      const Expr& name = *args[i];
      const bool simple = name.kind == ExprKind::kIdentifier && !name.name.starts_with('.');
      if (!simple) {
        FailAt(name.offset, "argument must be a simple name");
        return false;
      }
      if (std::ranges::find(into.variables, name.name) != into.variables.end()) {
        FailAt(name.offset, "duplicate variable name: " + name.name);
        return false;
      }
      if (name.name == "__result__") {
        FailAt(name.offset, "iteration variable overwrites accumulator variable");
        return false;
      }
      into.variables.push_back(name.name);
    }
    args.erase(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(count));
    return true;
  }

  ExprPtr MakeComprehension(const MacroShape& shape, std::size_t offset, ExprPtr range,
                            std::vector<ExprPtr> args) {
    ExprPtr expr = Make(ExprKind::kComprehension, offset);
    if (expr == nullptr || !TakeVariables(shape.variables, args, *expr)) return nullptr;
    expr->macro = shape.macro;
    expr->name = shape.name;
    args.insert(args.begin(), std::move(range));
    return With(std::move(expr), std::move(args));
  }

  ExprPtr MakeBind(std::size_t offset, std::vector<ExprPtr> args) {
    ExprPtr expr = Make(ExprKind::kComprehension, offset);
    if (expr == nullptr || !TakeVariables(1, args, *expr)) return nullptr;
    expr->macro = Macro::kBind;
    expr->name = "bind";
    return With(std::move(expr), std::move(args));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  std::size_t nodes_ = 0;
  std::vector<Issue> issues_;
};

}  // namespace

Parsed Parse(std::string_view source) {
  Tokens tokens = Tokenize(source);
  if (!tokens.issues.empty()) return {nullptr, std::move(tokens.issues)};
  return Parser(std::move(tokens.tokens)).Run();
}

}  // namespace berth::cel

#include "scheduler/cel/program.h"

#include <algorithm>
#include <utility>

#include "scheduler/cel/ast.h"
#include "scheduler/cel/checker.h"
#include "scheduler/cel/evaluator.h"
#include "scheduler/cel/library.h"
#include "scheduler/cel/parser.h"
#include "scheduler/cel/resolver.h"
#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

using base::Fail;
using base::Result;

// As cel-go prints it: the place, the line, and a pointer below it.
std::string IssueText(std::string_view source, const Issue& issue) {
  const std::string_view before = source.substr(0, issue.offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto last_break = before.rfind('\n');
  const std::size_t start = last_break == std::string_view::npos ? 0 : last_break + 1;
  const std::string_view text = source.substr(start, source.find('\n', start) - start);
  const auto column =
      static_cast<std::size_t>(CountCodePoints(source.substr(start, issue.offset - start)));
  return "ERROR: <input>:" + std::to_string(line) + ":" + std::to_string(column + 1) + ": " +
         issue.message + "\n | " + std::string(text) + "\n | " + std::string(column, '.') + "^";
}

std::unexpected<base::Error> FailWith(std::string_view source, const std::vector<Issue>& issues) {
  std::string text;
  for (const Issue& issue : issues) {
    if (!text.empty()) text += '\n';
    text += IssueText(source, issue);
  }
  return Fail("compilation failed: " + text);
}

// cel-go computes conversions of literals ahead, and refuses those that fail.
Result<void> TryConversions(const Expr& expr) {
  static constexpr std::string_view kConversions[] = {"bool", "bytes",  "double",    "duration",
                                                      "int",  "string", "timestamp", "uint"};
  for (const auto& arg : expr.args) BERTH_TRY(TryConversions(*arg));
  const bool conversion = expr.kind == ExprKind::kCall && !expr.member && expr.args.size() == 1 &&
                          expr.args[0]->kind == ExprKind::kLiteral &&
                          std::ranges::find(kConversions, expr.name) != std::end(kConversions);
  if (!conversion) return {};
  constexpr std::uint64_t kEnough = 1'000'000;
  const auto value = Evaluate(expr, {}, kEnough);
  if (!value) return Fail("program instantiation failed: " + value.error().message());
  return {};
}

}  // namespace

Program::Program(std::unique_ptr<const Expr> root, Type type)
    : root_(std::move(root)), type_(std::move(type)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

Result<Program> Program::Compile(std::string_view text, const Environment& environment) {
  if (text.size() > kMaxExpressionBytes) {
    return Fail("expression is longer than " + std::to_string(kMaxExpressionBytes) + " bytes");
  }
  if (!IsValidUtf8(text)) return Fail("expression is not UTF-8");
  Parsed parsed = Parse(text);
  if (!parsed.issues.empty()) return FailWith(text, parsed.issues);
  ResolveNames(environment, *parsed.root);
  if (!environment.check_types) return Program(std::move(parsed.root), Type());
  Checked checked = CheckTypes(environment, *parsed.root);
  if (!checked.issues.empty()) return FailWith(text, checked.issues);
  BERTH_TRY(TryConversions(*parsed.root));
  return Program(std::move(parsed.root), std::move(checked.type));
}

Result<Value> Program::Evaluate(const Bindings& bindings, std::uint64_t cost_limit) const {
  return cel::Evaluate(*root_, bindings, cost_limit);
}

}  // namespace berth::cel

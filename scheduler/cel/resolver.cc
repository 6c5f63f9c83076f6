#include "scheduler/cel/resolver.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/cel/library.h"

namespace berth::cel {
namespace {

class Resolver {
 public:
  explicit Resolver(const Environment& environment) : environment_(environment) {}

  void Resolve(Expr& expr) {
    if (expr.kind == ExprKind::kSelect && !expr.optional && !expr.test_only && TakeName(expr)) {
      return;
    }
    if (expr.kind == ExprKind::kCall) ResolveCall(expr);
    if (expr.kind == ExprKind::kComprehension) return ResolveComprehension(expr);
    if (expr.kind == ExprKind::kIdentifier) return;
    for (auto& arg : expr.args) Resolve(*arg);
  }

 private:
  bool IsHidden(std::string_view name) const {
    return std::ranges::find(scopes_, name) != scopes_.end();
  }
  bool IsKnown(std::string_view name) const {
    if (name.starts_with('.')) name.remove_prefix(1);
    return environment_.variables.contains(name) || FindTypeName(name);
  }

  // "a.b.c" of a chain of plain selections; empty if it is none.
  static std::string DottedName(const Expr& expr) {
    if (expr.kind == ExprKind::kIdentifier) return expr.name;
    if (expr.kind != ExprKind::kSelect || expr.optional || expr.test_only) return "";
    const std::string base = DottedName(*expr.args[0]);
    return base.empty() ? "" : base + "." + expr.name;
  }
  static const Expr& Root(const Expr& expr) {
    return expr.kind == ExprKind::kSelect ? Root(*expr.args[0]) : expr;
  }

  bool TakeName(Expr& expr) {
    const std::string name = DottedName(expr);
    if (name.empty() || !IsKnown(name) || IsHidden(Root(expr).name)) return false;
    const std::size_t offset = Root(expr).offset;
    expr.kind = ExprKind::kIdentifier;
    expr.name = name;
    expr.offset = offset;
    expr.args.clear();
    return true;
  }

  void ResolveCall(Expr& expr) {
    if (!expr.member) {
      if (expr.name.starts_with('.')) expr.name.erase(0, 1);
      return;
    }
    const std::string target = DottedName(*expr.args[0]);
    if (target.empty() || IsHidden(Root(*expr.args[0]).name)) return;
    const std::string name = target + "." + expr.name;
    if (Library::Get().Find(name).empty()) return;
    expr.name = name;
    expr.member = false;
    expr.args.erase(expr.args.begin());
  }

  void ResolveComprehension(Expr& expr) {
    Resolve(*expr.args[0]);
    const std::size_t outer = scopes_.size();
    scopes_.insert(scopes_.end(), expr.variables.begin(), expr.variables.end());
    for (std::size_t i = 1; i < expr.args.size(); ++i) Resolve(*expr.args[i]);
    scopes_.resize(outer);
  }

  const Environment& environment_;
  std::vector<std::string> scopes_;
};

}  // namespace

void ResolveNames(const Environment& environment, Expr& root) {
  Resolver(environment).Resolve(root);
}

std::optional<Type> FindTypeName(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TypeKind>, 14> kTypes = {
      {{"bool", TypeKind::kBool},
       {"int", TypeKind::kInt},
       {"uint", TypeKind::kUint},
       {"double", TypeKind::kDouble},
       {"string", TypeKind::kString},
       {"bytes", TypeKind::kBytes},
       {"list", TypeKind::kList},
       {"map", TypeKind::kMap},
       {"null_type", TypeKind::kNull},
       {"type", TypeKind::kType},
       {"optional_type", TypeKind::kOptional},
       {"google.protobuf.Timestamp", TypeKind::kTimestamp},
       {"google.protobuf.Duration", TypeKind::kDuration},
       {"kubernetes.Quantity", TypeKind::kQuantity}}};
  const auto it = std::ranges::find(kTypes, name, &std::pair<std::string_view, TypeKind>::first);
  if (it == kTypes.end()) return std::nullopt;
  return Type::Of(it->second);
}

}  // namespace berth::cel

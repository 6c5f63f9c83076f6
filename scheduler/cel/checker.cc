#include "scheduler/cel/checker.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "scheduler/cel/library.h"
#include "scheduler/cel/resolver.h"

namespace berth::cel {
namespace {

// What type variables stand for; can be taken back to an earlier state.
class Substitution {
 public:
  const Type* Find(const std::string& variable) const {
    const auto it = types_.find(variable);
    return it == types_.end() ? nullptr : &it->second;
  }
  void Set(const std::string& variable, const Type& type) {
    const auto [entry, is_new] = types_.try_emplace(variable, type);
    changes_.emplace_back(variable, is_new ? std::nullopt : std::optional(entry->second));
    entry->second = type;
  }
  std::size_t Mark() const { return changes_.size(); }
  void RollBack(std::size_t mark) {
    for (; changes_.size() > mark; changes_.pop_back()) {
      auto& [variable, before] = changes_.back();
      if (before) {
        types_[variable] = *before;
      } else {
        types_.erase(variable);
      }
    }
  }

 private:
  std::map<std::string, Type> types_;
  std::vector<std::pair<std::string, std::optional<Type>>> changes_;
};

Type Substitute(const Substitution& known, const Type& type, bool unknown_is_dyn) {
  if (type.kind == TypeKind::kVariable) {
    const Type* bound = known.Find(type.name);
    if (bound != nullptr) return Substitute(known, *bound, unknown_is_dyn);
    return unknown_is_dyn ? Type::Of(TypeKind::kDyn) : type;
  }
  Type result = type;
  for (Type& param : result.params) param = Substitute(known, param, unknown_is_dyn);
  return result;
}

bool Occurs(const Substitution& known, const std::string& variable, const Type& type) {
  if (type.kind == TypeKind::kVariable) {
    if (type.name == variable) return true;
    const Type* bound = known.Find(type.name);
    return bound != nullptr && Occurs(known, variable, *bound);
  }
  return std::ranges::any_of(type.params,
                             [&](const Type& param) { return Occurs(known, variable, param); });
}

bool IsNullable(TypeKind kind) {
  return kind == TypeKind::kObject || kind == TypeKind::kTimestamp || kind == TypeKind::kDuration ||
         kind == TypeKind::kOptional || kind == TypeKind::kQuantity || kind == TypeKind::kSemver;
}

// Whether a value of type `from` can stand where `to` is asked for; extends `known`.
bool Assign(Substitution& known, const Type& to, const Type& from) {
  if (to.kind == TypeKind::kVariable) {
    if (from.kind == TypeKind::kVariable && from.name == to.name) return true;
    if (const Type* found = known.Find(to.name)) {
      const Type bound = *found;
      if (!Assign(known, bound, from)) return false;
      // What is more general stays.
      if (from.IsDynamic() && from.kind != TypeKind::kError) known.Set(to.name, from);
      return true;
    }
    if (Occurs(known, to.name, from)) return false;
    known.Set(to.name, from);
    return true;
  }
  if (from.kind == TypeKind::kVariable) return Assign(known, from, to);
  if (to.IsDynamic() || from.IsDynamic()) return true;
  if (from.kind == TypeKind::kNull && IsNullable(to.kind)) return true;
  if (to.kind == TypeKind::kNull && IsNullable(from.kind)) return true;
  if (to.kind != from.kind || to.name != from.name) return false;
  if (to.kind == TypeKind::kType) return true;
  for (std::size_t i = 0; i < std::min(to.params.size(), from.params.size()); ++i) {
    if (!Assign(known, to.params[i], from.params[i])) return false;
  }
  return true;
}

class Checker {
 public:
  explicit Checker(const Environment& environment) : environment_(environment) {}

  Checked Run(const Expr& root) {
    Checked checked;
    checked.type = Substitute(known_, Check(root), true);
    std::ranges::stable_sort(issues_, {}, &Issue::offset);
    checked.issues = std::move(issues_);
    return checked;
  }

 private:
  static Type Error() { return Type::Of(TypeKind::kError); }
  static Type Dyn() { return Type::Of(TypeKind::kDyn); }
  static Type Bool() { return Type::Of(TypeKind::kBool); }

  Type FailAt(std::size_t offset, std::string message) {
    constexpr std::size_t kMaxIssues = 100;
    if (issues_.size() < kMaxIssues) issues_.push_back({offset, std::move(message)});
    return Error();
  }

  Type Fresh() { return Type::Variable("_var" + std::to_string(next_variable_++)); }

  bool Fits(const Type& to, const Type& from) {
    const std::size_t mark = known_.Mark();
    if (Assign(known_, to, from)) return true;
    known_.RollBack(mark);
    return false;
  }
  Type Known(const Type& type) const { return Substitute(known_, type, false); }
  std::string Shown(const Type& type) const { return Substitute(known_, type, true).ToString(); }

  Type Check(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return expr.value.type();
      case ExprKind::kIdentifier:
        return CheckIdentifier(expr);
      case ExprKind::kSelect:
        return CheckSelect(expr);
      case ExprKind::kCall:
        return CheckCall(expr);
      case ExprKind::kAnd:
      case ExprKind::kOr:
        for (const auto& arg : expr.args) ExpectBool(*arg);
        return Bool();
      case ExprKind::kConditional:
        return CheckConditional(expr);
      case ExprKind::kList:
        return CheckList(expr);
      case ExprKind::kMap:
        return CheckMap(expr);
      case ExprKind::kComprehension:
        return CheckComprehension(expr);
    }
    return Error();
  }

  void ExpectBool(const Expr& expr) {
    const Type type = Check(expr);
    if (Fits(Bool(), type)) return;
    FailAt(expr.offset, "expected type 'bool' but found '" + Shown(type) + "'");
  }

  Type CheckIdentifier(const Expr& expr) {
    std::string_view name = expr.name;
    const bool absolute = name.starts_with('.');
    if (absolute) name.remove_prefix(1);
    for (auto it = scopes_.rbegin(); !absolute && it != scopes_.rend(); ++it) {
      if (it->first == name) return it->second;
    }
    const auto variable = environment_.variables.find(name);
    if (variable != environment_.variables.end()) return variable->second;
    if (const auto type = FindTypeName(name)) return Type::TypeOf(Generalized(*type));
    return FailAt(expr.offset,
                  "undeclared reference to '" + std::string(name) + "' (in container '')");
  }

  static Type Generalized(Type type) {
    if (type.kind == TypeKind::kList) type.params = {Dyn()};
    if (type.kind == TypeKind::kMap) type.params = {Dyn(), Dyn()};
    return type;
  }

  // ---- Fields ----

  Type CheckSelect(const Expr& expr) {
    Type target = Known(Check(*expr.args[0]));
    bool optional = expr.optional;
    if (target.kind == TypeKind::kOptional) {
      target = target.params.empty() ? Dyn() : Known(target.params[0]);
      optional = true;
    }
    Type field = FieldOf(expr, target);
    if (field.kind == TypeKind::kError) return field;
    if (expr.test_only) return Bool();
    if (!optional) return field;
    return field.kind == TypeKind::kOptional ? field : Type::OptionalOf(std::move(field));
  }

  Type FieldOf(const Expr& expr, const Type& target) {
    switch (target.kind) {
      case TypeKind::kMap:
        return target.params.size() == 2 ? target.params[1] : Dyn();
      case TypeKind::kObject: {
        const auto object = environment_.objects.find(target.name);
        if (object == environment_.objects.end()) return Dyn();
        const auto field = object->second.find(expr.name);
        if (field != object->second.end()) return field->second;
        return FailAt(expr.offset, "undefined field '" + expr.name + "'");
      }
      case TypeKind::kVariable:
        Fits(target, Dyn());
        return Dyn();
      case TypeKind::kDyn:
      case TypeKind::kAny:
      case TypeKind::kError:
        return Dyn();
      default:
        return FailAt(expr.offset, "type '" + Shown(target) + "' does not support field selection");
    }
  }

  // ---- Calls ----

  Type CheckCall(const Expr& expr) {
    std::vector<Type> args;
    const bool exempt = expr.member && expr.name == "format";
    mixed_literals_ += exempt ? 1 : 0;
    for (const auto& arg : expr.args) args.push_back(Check(*arg));
    mixed_literals_ -= exempt ? 1 : 0;
    CheckLiteralArgument(expr);
    const auto overloads = Library::Get().Find(expr.name);
    if (overloads.empty()) {
      return FailAt(expr.offset, "undeclared reference to '" + expr.name + "' (in container '')");
    }
    if (const auto result = Resolve(overloads, expr.member, args)) return *result;
    return NoOverload(expr, args);
  }

  // The common result of all overloads that take such arguments.
  std::optional<Type> Resolve(std::span<const Overload> overloads, bool member,
                              const std::vector<Type>& args) {
    std::optional<Type> result;
    for (const Overload& overload : overloads) {
      if (overload.member != member || overload.args.size() != args.size()) continue;
      const auto candidate = Apply(overload, args);
      if (!candidate) continue;
      if (!result) {
        result = candidate;
      } else if (Known(*result) != Known(*candidate)) {
        result = Dyn();
      }
    }
    return result;
  }

  std::optional<Type> Apply(const Overload& overload, const std::vector<Type>& args) {
    std::map<std::string, Type> fresh;
    const auto renamed = [&](const Type& type) { return Renamed(type, fresh); };
    const std::size_t mark = known_.Mark();
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (Assign(known_, renamed(overload.args[i]), args[i])) continue;
      known_.RollBack(mark);
      return std::nullopt;
    }
    return Known(renamed(overload.result));
  }

  // With variables of this one call for the parameters of the overload.
  Type Renamed(const Type& type, std::map<std::string, Type>& fresh) {
    if (type.kind == TypeKind::kVariable) {
      auto it = fresh.find(type.name);
      if (it == fresh.end()) it = fresh.emplace(type.name, Fresh()).first;
      return it->second;
    }
    Type result = type;
    for (Type& param : result.params) param = Renamed(param, fresh);
    return result;
  }

  Type NoOverload(const Expr& expr, const std::vector<Type>& args) {
    std::string shown;
    for (std::size_t i = expr.member ? 1 : 0; i < args.size(); ++i) {
      if (!shown.empty()) shown += ", ";
      shown += Shown(args[i]);
    }
    shown = "(" + shown + ")";
    if (expr.member) shown = Shown(args[0]) + "." + shown;
    return FailAt(expr.offset,
                  "found no matching overload for '" + expr.name + "' applied to '" + shown + "'");
  }

  // Literals that cannot be what the function takes them for.
  void CheckLiteralArgument(const Expr& expr) {
    const Expr* last = expr.args.empty() ? nullptr : expr.args.back().get();
    if (last == nullptr || last->kind != ExprKind::kLiteral || !last->value.is(TypeKind::kString)) {
      return;
    }
    const std::string& text = last->value.as_string();
    if (expr.name == "matches" && expr.args.size() == 2) {
      if (!re2::RE2(text, re2::RE2::Quiet).ok()) FailAt(last->offset, "invalid matches argument");
    } else if (expr.name == "duration" && expr.args.size() == 1) {
      if (!ParseDuration(text)) FailAt(last->offset, "invalid duration argument");
    } else if (expr.name == "timestamp" && expr.args.size() == 1) {
      if (!ParseTimestamp(text)) FailAt(last->offset, "invalid timestamp argument");
    }
  }

  Type CheckConditional(const Expr& expr) {
    std::vector<Type> args;
    for (const auto& arg : expr.args) args.push_back(Check(*arg));
    static const Overload overload{
        false,
        {Type::Of(TypeKind::kBool), Type::Variable("A"), Type::Variable("A")},
        Type::Variable("A"),
        nullptr};
    if (const auto result = Apply(overload, args)) return *result;
    Expr named;
    named.offset = expr.offset;
    named.name = "_?_:_";
    return NoOverload(named, args);
  }

  // ---- Literals ----

  // The type of elements of types `joined` and `next`.
  Type Join(const std::optional<Type>& joined, const Type& next, std::size_t offset) {
    if (!joined) return next;
    if (Fits(*joined, next)) return joined->IsDynamic() ? *joined : MoreGeneral(*joined, next);
    if (environment_.homogeneous_literals && mixed_literals_ == 0) {
      FailAt(offset, "expected type '" + Shown(*joined) + "' but found '" + Shown(next) + "'");
    }
    return Dyn();
  }
  Type MoreGeneral(const Type& a, const Type& b) const {
    const Type left = Known(a);
    const Type right = Known(b);
    if (right.IsDynamic()) return right;
    if (left.params.size() != right.params.size()) return left;
    Type joined = left;
    for (std::size_t i = 0; i < joined.params.size(); ++i) {
      joined.params[i] = MoreGeneral(left.params[i], right.params[i]);
    }
    return joined;
  }

  // An optional element counts as what it holds.
  Type Unwrapped(const Expr& expr, bool optional) {
    Type type = Known(Check(expr));
    if (!optional) return type;
    if (type.kind == TypeKind::kOptional) return type.params.empty() ? Dyn() : type.params[0];
    if (type.IsDynamic()) return Dyn();
    return FailAt(expr.offset, "expected type 'optional_type(" + Shown(type) + ")' but found '" +
                                   Shown(type) + "'");
  }

  Type CheckList(const Expr& expr) {
    std::optional<Type> element;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      const Type type = Unwrapped(*expr.args[i], expr.optional_args[i]);
      element = Join(element, type, expr.args[i]->offset);
    }
    return Type::ListOf(element ? *element : Fresh());
  }

  Type CheckMap(const Expr& expr) {
    std::optional<Type> key;
    std::optional<Type> value;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      const Type key_type = Check(*expr.args[i]);
      key = Join(key, key_type, expr.args[i]->offset);
      const Type value_type = Unwrapped(*expr.args[i + 1], expr.optional_args[i / 2]);
      value = Join(value, value_type, expr.args[i + 1]->offset);
    }
    Type key_type = key ? *key : Fresh();
    // Whatever else stands there fails at run time; its type would only make types explode.
    if (!key_type.params.empty()) key_type = Dyn();
    Type value_type = value ? *value : Fresh();
    return Type::MapOf(std::move(key_type), std::move(value_type));
  }

  // ---- Macros ----

  // What the variables of the comprehension are.
  std::vector<Type> VariableTypes(const Expr& expr, const Type& range) {
    const std::size_t count = expr.variables.size();
    if (expr.macro == Macro::kBind) return {range};
    if (expr.macro == Macro::kOptMap || expr.macro == Macro::kOptFlatMap) {
      Type value = Fresh();
      if (!Fits(Type::OptionalOf(value), range)) return NotIterable(expr, range);
      return {Known(value)};
    }
    if (range.kind == TypeKind::kList) {
      const Type element = range.params.empty() ? Dyn() : range.params[0];
      return count == 1 ? std::vector{element} : std::vector{Type::Of(TypeKind::kInt), element};
    }
    if (range.kind == TypeKind::kMap) {
      const Type key = range.params.empty() ? Dyn() : range.params[0];
      const Type value = range.params.empty() ? Dyn() : range.params[1];
      return count == 1 ? std::vector{key} : std::vector{key, value};
    }
    if (range.IsDynamic() || range.kind == TypeKind::kVariable) {
      if (range.kind == TypeKind::kVariable) Fits(range, Dyn());
      return std::vector<Type>(count, Dyn());
    }
    return NotIterable(expr, range);
  }
  std::vector<Type> NotIterable(const Expr& expr, const Type& range) {
    FailAt(expr.args[0]->offset, "expression of type '" + Shown(range) +
                                     "' cannot be range of a comprehension (must be list, map, or "
                                     "dynamic)");
    return std::vector<Type>(expr.variables.size(), Error());
  }

  Type CheckComprehension(const Expr& expr) {
    const Type range = Known(Check(*expr.args[0]));
    const auto types = VariableTypes(expr, range);
    const std::size_t outer = scopes_.size();
    for (std::size_t i = 0; i < types.size(); ++i)
      scopes_.emplace_back(expr.variables[i], types[i]);
    const Type result = CheckBody(expr, range, types);
    scopes_.resize(outer);
    return result;
  }

  Type CheckBody(const Expr& expr, const Type& range, const std::vector<Type>& variables) {
    const Expr& last = *expr.args.back();
    if (expr.args.size() == 3) ExpectBool(*expr.args[1]);
    switch (expr.macro) {
      case Macro::kAll:
      case Macro::kExists:
      case Macro::kExistsOne:
        ExpectBool(last);
        return Bool();
      case Macro::kFilter:
        ExpectBool(last);
        return Type::ListOf(variables[0]);
      case Macro::kMap:
      case Macro::kTransformList:
        return Type::ListOf(Check(last));
      case Macro::kTransformMap: {
        const Type key = range.kind == TypeKind::kList ? Type::Of(TypeKind::kInt) : variables[0];
        return Type::MapOf(key, Check(last));
      }
      case Macro::kTransformMapEntry:
        return Check(last);
      case Macro::kSortBy:
        Check(last);
        return range;
      case Macro::kOptMap:
        return Type::OptionalOf(Check(last));
      case Macro::kOptFlatMap:
      case Macro::kBind:
        return Check(last);
    }
    return Error();
  }

  const Environment& environment_;
  Substitution known_;
  std::vector<std::pair<std::string, Type>> scopes_;
  std::vector<Issue> issues_;
  int next_variable_ = 0;
  int mixed_literals_ = 0;  // inside of how many calls lists may be mixed
};

}  // namespace

Checked CheckTypes(const Environment& environment, const Expr& root) {
  return Checker(environment).Run(root);
}

}  // namespace berth::cel

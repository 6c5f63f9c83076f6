#include "scheduler/cel/evaluator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "scheduler/cel/library.h"
#include "scheduler/cel/resolver.h"

namespace berth::cel {
namespace {

using base::Fail;

// The unit costs of cel-go's cost tracker.
constexpr std::uint64_t kSelectCost = 1;
constexpr std::uint64_t kCallCost = 1;
constexpr std::uint64_t kListCost = 10;
constexpr std::uint64_t kMapCost = 30;

// Tenths of a unit for each byte or element that is walked over, rounded up.
std::uint64_t WalkCost(std::uint64_t size) { return size / 10 + (size % 10 == 0 ? 0 : 1); }
std::uint64_t RegexCost(std::uint64_t size) { return size / 4 + (size % 4 == 0 ? 0 : 1); }

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// What a call costs: 1, unless it walks over something.
std::uint64_t CostOf(const std::string& name, Args args) {
  // Calls of too few arguments come here as well.
  const auto weight = [&](std::size_t i) { return i < args.size() ? args[i].Weight() - 1 : 0; };
  if (args.size() == 2 &&
      IsOneOf(name, {kEqualName, kNotEqualName, "_<_", "_<=_", "_>_", "_>=_"})) {
    return std::max(kCallCost, WalkCost(std::min(weight(0), weight(1))));
  }
  if (name == kInName) return std::max(kCallCost, weight(1));
  if (IsOneOf(name, {"matches", "find", "findAll"}) && args.size() >= 2) {
    return std::max(kCallCost, WalkCost(weight(0) + 1) * RegexCost(weight(1)));
  }
  if (name == "contains" || IsOneOf(name, {"indexOf", "lastIndexOf", "replace", "split"})) {
    return std::max(kCallCost,
                    WalkCost(weight(0)) *
                        std::max<std::uint64_t>(args.size() > 1 ? WalkCost(weight(1)) : 1, 1));
  }
  if (IsOneOf(name, {"sets.contains", "sets.intersects"})) {
    return kCallCost + weight(0) * weight(1);
  }
  if (name == "sets.equivalent") return kCallCost + 2 * weight(0) * weight(1);
  if (name == "distinct") return kCallCost + weight(0) * weight(0);
  if (IsOneOf(name,
              {"sum", "min", "max", "isSorted", "sort", "reverse", "@sortByAssociatedKeys"})) {
    return kCallCost + weight(0);
  }
  if (name == "lists.range" && args.size() == 1 && args[0].is(TypeKind::kInt)) {
    return kCallCost + static_cast<std::uint64_t>(std::max<std::int64_t>(args[0].as_int(), 0));
  }
  if (name == kIndexName || name == kOptionalIndexName || name == "size") return kCallCost;
  std::uint64_t walked = 0;
  for (const Value& arg : args) walked += arg.Weight() - 1;
  return std::max(kCallCost, WalkCost(walked));
}

class Evaluator {
 public:
  Evaluator(const Bindings& bindings, std::uint64_t cost_limit)
      : bindings_(bindings), cost_limit_(cost_limit) {}

  Outcome Run(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kLiteral:
        return expr.value;
      case ExprKind::kIdentifier:
        return RunIdentifier(expr);
      case ExprKind::kSelect:
        return RunSelect(expr);
      case ExprKind::kCall:
        return RunCall(expr);
      case ExprKind::kAnd:
        return RunLogical(expr, false);
      case ExprKind::kOr:
        return RunLogical(expr, true);
      case ExprKind::kConditional:
        return RunConditional(expr);
      case ExprKind::kList:
        return RunList(expr);
      case ExprKind::kMap:
        return RunMap(expr);
      case ExprKind::kComprehension:
        return RunComprehension(expr);
    }
    return Fail("no such overload");
  }

  bool over_limit() const { return cost_ > cost_limit_; }

 private:
  static Outcome NoOverload() { return Fail("no such overload"); }

  // False beyond the limit: the evaluation ends, whatever && and || could still make of it.
  base::Result<void> Charge(std::uint64_t cost) {
    cost_ = cost > cost_limit_ ? cost_limit_ + 1 : cost_ + cost;
    if (over_limit()) return Fail("operation cancelled: actual cost limit exceeded");
    return {};
  }

  // What is made may not be large, shared parts counted as often as they are seen.
  Outcome Made(Value value) {
    if (value.Weight() > kMaxResultBytes) return Fail("a value is too large");
    return value;
  }

  Outcome RunIdentifier(const Expr& expr) {
    BERTH_TRY(Charge(kSelectCost));
    std::string_view name = expr.name;
    const bool absolute = name.starts_with('.');
    if (absolute) name.remove_prefix(1);
    for (auto it = scopes_.rbegin(); !absolute && it != scopes_.rend(); ++it) {
      if (it->first == name) return it->second;
    }
    if (const auto it = bindings_.find(name); it != bindings_.end()) return it->second;
    if (auto type = FindTypeName(name)) return Value::OfType(*std::move(type));
    return Fail("undeclared reference to '" + std::string(name) + "' (in container '')");
  }

  Outcome RunSelect(const Expr& expr) {
    BERTH_ASSIGN(const Value target, Run(*expr.args[0]));
    BERTH_TRY(Charge(kSelectCost));
    if (target.is(TypeKind::kList)) return NoOverload();
    const Value name = Value::String(expr.name);
    if (expr.test_only) return RunHas(target, name);
    return expr.optional ? OptionalIndex(target, name) : Index(target, name);
  }

  static Outcome RunHas(const Value& target, const Value& name) {
    switch (target.kind()) {
      case TypeKind::kMap:
        return Value::Bool(target.as_map().Contains(name));
      case TypeKind::kObject:
        return Value::Bool(target.as_object().fields.contains(name.as_string()));
      case TypeKind::kOptional:
        if (target.as_optional() == nullptr) return Value::Bool(false);
        return RunHas(*target.as_optional(), name);
      default:
        return NoOverload();
    }
  }

  Outcome RunCall(const Expr& expr) {
    List args;
    args.reserve(expr.args.size());
    for (const auto& arg : expr.args) {
      BERTH_ASSIGN(Value value, Run(*arg));
      args.push_back(std::move(value));
    }
    return Call(expr.name, expr.member, args);
  }

  Outcome Call(const std::string& name, bool member, const List& args) {
    BERTH_TRY(Charge(CostOf(name, args)));
    const bool index = name == kIndexName || name == kOptionalIndexName;
    if (index)
      return name == kIndexName ? Index(args[0], args[1]) : OptionalIndex(args[0], args[1]);
    const auto overloads = Library::Get().Find(name);
    if (overloads.empty()) {
      return Fail("undeclared reference to '" + name + "' (in container '')");
    }
    for (const Overload& overload : overloads) {
      if (overload.member != member || !overload.Takes(args)) continue;
      BERTH_ASSIGN(Value value, overload.call(args));
      return Made(std::move(value));
    }
    return NoOverload();
  }

  // A part that decides wins over errors and over what is no bool, before or after it.
  Outcome RunLogical(const Expr& expr, bool deciding) {
    Outcome failure = Value::Bool(!deciding);
    for (const auto& arg : expr.args) {
      Outcome value = Run(*arg);
      if (over_limit()) return value;
      if (value && !value->is(TypeKind::kBool)) value = NoOverload();
      if (!value) {
        if (failure) failure = std::move(value);
      } else if (value->as_bool() == deciding) {
        return Value::Bool(deciding);
      }
    }
    return failure;
  }

  Outcome RunConditional(const Expr& expr) {
    BERTH_ASSIGN(const Value condition, Run(*expr.args[0]));
    if (!condition.is(TypeKind::kBool)) return NoOverload();
    return Run(*expr.args[condition.as_bool() ? 1 : 2]);
  }

  // nullopt in the result: an optional element that is not there.
  base::Result<std::optional<Value>> RunElement(const Expr& expr, bool optional) {
    BERTH_ASSIGN(Value value, Run(expr));
    if (!optional) return std::optional(std::move(value));
    if (!value.is(TypeKind::kOptional)) {
      return Fail("cannot initialize optional list element from non-optional value");
    }
    const Value* held = value.as_optional();
    return held == nullptr ? std::nullopt : std::optional(*held);
  }

  Outcome RunList(const Expr& expr) {
    List list;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      BERTH_ASSIGN(auto element, RunElement(*expr.args[i], expr.optional_args[i]));
      if (element) list.push_back(*std::move(element));
    }
    BERTH_TRY(Charge(kListCost));
    return Made(Value::OfList(std::move(list)));
  }

  static bool IsKey(const Value& key) { return KeyOf(key) && !key.is(TypeKind::kDouble); }

  Outcome RunMap(const Expr& expr) {
    Map map;
    for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
      BERTH_ASSIGN(const Value key, Run(*expr.args[i]));
      BERTH_ASSIGN(auto value, RunElement(*expr.args[i + 1], expr.optional_args[i / 2]));
      if (!IsKey(key)) return Fail("unsupported key type");
      if (!value) continue;
      if (!map.Insert(key, *std::move(value))) return Fail("Failed with repeated key");
    }
    BERTH_TRY(Charge(kMapCost));
    return Made(Value::OfMap(std::move(map)));
  }

  // ---- Comprehensions ----

  struct Step {
    Value first;   // the element, or the key
    Value second;  // the value, where there are two variables
  };

  base::Result<std::vector<Step>> StepsOf(const Value& range, bool two) {
    std::vector<Step> steps;
    if (range.is(TypeKind::kList)) {
      std::int64_t index = 0;
      for (const Value& element : range.as_list()) {
        steps.push_back(two ? Step{Value::Int(index++), element} : Step{element, {}});
      }
      return steps;
    }
    if (!range.is(TypeKind::kMap)) return Fail("no such overload");
    for (const auto& [key, value] : range.as_map().entries()) steps.push_back({key, value});
    return steps;
  }

  Outcome RunComprehension(const Expr& expr) {
    BERTH_ASSIGN(const Value range, Run(*expr.args[0]));
    switch (expr.macro) {
      case Macro::kBind:
        return RunWith(expr, {range, {}}, *expr.args[1]);
      case Macro::kOptMap:
      case Macro::kOptFlatMap:
        return RunOptional(expr, range);
      default:
        break;
    }
    BERTH_ASSIGN(const std::vector<Step> steps, StepsOf(range, expr.variables.size() == 2));
    switch (expr.macro) {
      case Macro::kAll:
        return RunQuantifier(expr, steps, false);
      case Macro::kExists:
        return RunQuantifier(expr, steps, true);
      case Macro::kExistsOne:
        return RunExistsOne(expr, steps);
      case Macro::kTransformMap:
      case Macro::kTransformMapEntry:
        return RunTransformMap(expr, steps);
      case Macro::kSortBy:
        return RunSortBy(expr, range, steps);
      default:
        return RunTransformList(expr, steps);
    }
  }

  Outcome RunWith(const Expr& expr, const Step& step, const Expr& body) {
    scopes_.emplace_back(expr.variables[0], step.first);
    if (expr.variables.size() > 1) scopes_.emplace_back(expr.variables[1], step.second);
    Outcome outcome = Run(body);
    scopes_.resize(scopes_.size() - expr.variables.size());
    return outcome;
  }

  Outcome RunOptional(const Expr& expr, const Value& range) {
    if (!range.is(TypeKind::kOptional)) return NoOverload();
    if (range.as_optional() == nullptr) return range;
    BERTH_ASSIGN(Value value, RunWith(expr, {*range.as_optional(), {}}, *expr.args[1]));
    if (expr.macro == Macro::kOptFlatMap) return value;
    return Value::Some(std::move(value));
  }

  // all() is a chain of &&, exists() one of ||. What a step costs beside its predicate is what
  // cel-go's loop over an accumulator costs.
  Outcome RunQuantifier(const Expr& expr, const std::vector<Step>& steps, bool deciding) {
    const std::uint64_t step_cost = deciding ? 4 : 3;
    Outcome failure = Value::Bool(!deciding);
    for (const Step& step : steps) {
      BERTH_TRY(Charge(step_cost));
      Outcome value = RunWith(expr, step, *expr.args[1]);
      if (over_limit()) return value;
      if (value && !value->is(TypeKind::kBool)) value = NoOverload();
      if (!value) {
        if (failure) failure = std::move(value);
      } else if (value->as_bool() == deciding) {
        return Value::Bool(deciding);
      }
    }
    return failure;
  }

  base::Result<bool> RunPredicate(const Expr& expr, const Step& step, const Expr& predicate) {
    BERTH_ASSIGN(const Value value, RunWith(expr, step, predicate));
    if (!value.is(TypeKind::kBool)) return Fail("no such overload");
    return value.as_bool();
  }

  Outcome RunExistsOne(const Expr& expr, const std::vector<Step>& steps) {
    std::size_t count = 0;
    for (const Step& step : steps) {
      BERTH_TRY(Charge(1));
      BERTH_ASSIGN(const bool holds, RunPredicate(expr, step, *expr.args[1]));
      count += holds ? 1 : 0;
    }
    return Value::Bool(count == 1);
  }

  // map, filter and transformList.
  Outcome RunTransformList(const Expr& expr, const std::vector<Step>& steps) {
    constexpr std::uint64_t kAppendCost = 12;
    const bool filters = expr.macro == Macro::kFilter || expr.args.size() == 3;
    List list;
    for (const Step& step : steps) {
      bool holds = true;
      if (filters) {
        BERTH_ASSIGN(holds, RunPredicate(expr, step, *expr.args[1]));
      }
      BERTH_TRY(Charge(holds ? kAppendCost : 1));
      if (!holds) continue;
      if (expr.macro == Macro::kFilter) {
        list.push_back(step.first);
        continue;
      }
      BERTH_ASSIGN(Value value, RunWith(expr, step, *expr.args.back()));
      list.push_back(std::move(value));
    }
    return Made(Value::OfList(std::move(list)));
  }

  Outcome RunTransformMap(const Expr& expr, const std::vector<Step>& steps) {
    constexpr std::uint64_t kInsertCost = 2;
    Map map;
    for (const Step& step : steps) {
      BERTH_TRY(Charge(kInsertCost));
      if (expr.args.size() == 3) {
        BERTH_ASSIGN(const bool holds, RunPredicate(expr, step, *expr.args[1]));
        if (!holds) continue;
      }
      BERTH_ASSIGN(Value value, RunWith(expr, step, *expr.args.back()));
      if (expr.macro == Macro::kTransformMap) {
        map.Insert(step.first, std::move(value));
        continue;
      }
      if (!value.is(TypeKind::kMap)) return NoOverload();
      for (const auto& [key, entry] : value.as_map().entries()) {
        if (!map.Insert(key, entry)) return Fail("insert failed: key already exists");
      }
    }
    return Made(Value::OfMap(std::move(map)));
  }

  Outcome RunSortBy(const Expr& expr, const Value& range, const std::vector<Step>& steps) {
    List keys;
    for (const Step& step : steps) {
      BERTH_ASSIGN(Value key, RunWith(expr, step, *expr.args[1]));
      keys.push_back(std::move(key));
    }
    return Call("@sortByAssociatedKeys", true, {range, Value::OfList(std::move(keys))});
  }

  const Bindings& bindings_;
  std::uint64_t cost_limit_;
  std::uint64_t cost_ = 0;
  std::vector<std::pair<std::string, Value>> scopes_;
};

}  // namespace

base::Result<Value> Evaluate(const Expr& root, const Bindings& bindings, std::uint64_t cost_limit) {
  return Evaluator(bindings, cost_limit).Run(root);
}

}  // namespace berth::cel

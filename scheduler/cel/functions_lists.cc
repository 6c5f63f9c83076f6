// Functions of lists: Kubernetes' list library, the extensions `lists` and `sets`.
#include <algorithm>

#include "scheduler/cel/library.h"

namespace berth::cel {
namespace {

using base::Fail;

// ---- Kubernetes' list library ----

Outcome IsSorted(Args a) {
  const List& list = a[0].as_list();
  for (std::size_t i = 1; i < list.size(); ++i) {
    const auto order = Compare(list[i - 1], list[i]);
    if (!order) return Fail("no such overload");
    if (*order > 0) return Value::Bool(false);
  }
  return Value::Bool(true);
}

Outcome AddTwo(const Value& a, const Value& b) {
  const List pair = {a, b};
  for (const Overload& overload : Library::Get().Find("_+_")) {
    if (overload.Takes(pair)) return overload.call(pair);
  }
  return Fail("no such overload");
}

// The first element decides of which kind the sum of all is; that of none is 0.
Outcome Sum(Args a) {
  const List& list = a[0].as_list();
  if (list.empty()) return Value::Int(0);
  Value sum = list[0];
  if (!sum.IsNumber() && !sum.is(TypeKind::kDuration)) return Fail("no such overload");
  for (std::size_t i = 1; i < list.size(); ++i) {
    BERTH_ASSIGN(sum, AddTwo(sum, list[i]));
  }
  return sum;
}

Outcome Extreme(Args a, std::string_view name, bool least) {
  const List& list = a[0].as_list();
  if (list.empty()) return Fail(std::string(name) + " called on empty list");
  const Value* best = &list[0];
  for (const Value& element : list) {
    const auto order = Compare(element, *best);
    if (!order) return Fail("no such overload");
    if (least ? *order < 0 : *order > 0) best = &element;
  }
  return *best;
}
Outcome Min(Args a) { return Extreme(a, "min", true); }
Outcome Max(Args a) { return Extreme(a, "max", false); }

Outcome IndexOfElement(Args a) {
  const List& list = a[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (Equal(list[i], a[1])) return Value::Int(static_cast<std::int64_t>(i));
  }
  return Value::Int(-1);
}
Outcome LastIndexOfElement(Args a) {
  const List& list = a[0].as_list();
  for (std::size_t i = list.size(); i > 0; --i) {
    if (Equal(list[i - 1], a[1])) return Value::Int(static_cast<std::int64_t>(i - 1));
  }
  return Value::Int(-1);
}

// ---- The extension `lists` ----

Outcome Slice(Args a) {
  const List& list = a[0].as_list();
  const std::int64_t start = a[1].as_int();
  const std::int64_t end = a[2].as_int();
  const auto bounds = std::to_string(start) + ", " + std::to_string(end);
  if (start < 0 || end < 0) {
    return Fail("cannot slice(" + bounds + "), negative indexes not supported");
  }
  if (start > end) {
    return Fail("cannot slice(" + bounds +
                "), start index must be less than or equal to end index");
  }
  if (end > static_cast<std::int64_t>(list.size())) {
    return Fail("cannot slice(" + bounds + "), list is length " + std::to_string(list.size()));
  }
  return Value::OfList(List(list.begin() + start, list.begin() + end));
}

// By recursion as deep as the lists are nested, which the depth of the expression bounds.
void FlattenInto(const List& from, std::int64_t depth, List& into) {
  for (const Value& element : from) {
    if (element.is(TypeKind::kList) && depth > 0) {
      FlattenInto(element.as_list(), depth - 1, into);
    } else {
      into.push_back(element);
    }
  }
}
Outcome FlattenTo(const Value& list, std::int64_t depth) {
  if (depth < 0) return Fail("level must be non-negative");
  List flat;
  FlattenInto(list.as_list(), depth, flat);
  return Value::OfList(std::move(flat));
}
Outcome Flatten(Args a) { return FlattenTo(a[0], 1); }
Outcome FlattenDepth(Args a) { return FlattenTo(a[0], a[1].as_int()); }

Outcome Range(Args a) {
  const std::int64_t count = a[0].as_int();
  if (count > static_cast<std::int64_t>(kMaxResultElements)) return Fail("the list is too long");
  List list;
  for (std::int64_t i = 0; i < count; ++i) list.push_back(Value::Int(i));
  return Value::OfList(std::move(list));
}

Outcome Reverse(Args a) {
  List list = a[0].as_list();
  std::ranges::reverse(list);
  return Value::OfList(std::move(list));
}

// What is no key of a map is compared with all that came before it.
Outcome Distinct(Args a) {
  List distinct;
  Map keys;
  for (const Value& element : a[0].as_list()) {
    const bool is_key = KeyOf(element).has_value();
    const bool seen = is_key ? !keys.Insert(element, Value())
                             : std::ranges::any_of(distinct, [&](const Value& earlier) {
                                 return Equal(earlier, element);
                               });
    if (!seen) distinct.push_back(element);
  }
  return Value::OfList(std::move(distinct));
}

bool IsSortable(const Value& value) {
  switch (value.kind()) {
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kUint:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return true;
    default:
      return false;
  }
}

Outcome SortByKeys(const List& list, const List& keys) {
  std::vector<std::size_t> order(list.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    if (!IsSortable(keys[i])) return Fail("list elements must be comparable");
    if (keys[i].kind() != keys[0].kind()) return Fail("list elements must have the same type");
    // NaN would be no order at all.
    if (!Compare(keys[i], keys[i])) return Fail("list elements must be comparable");
  }
  std::ranges::stable_sort(
      order, [&](std::size_t x, std::size_t y) { return *Compare(keys[x], keys[y]) < 0; });
  List sorted;
  for (const std::size_t i : order) sorted.push_back(list[i]);
  return Value::OfList(std::move(sorted));
}
Outcome Sort(Args a) { return SortByKeys(a[0].as_list(), a[0].as_list()); }
Outcome SortByAssociated(Args a) {
  if (a[0].as_list().size() != a[1].as_list().size()) {
    return Fail(
        "@sortByAssociatedKeys() expected a list of the same size as the associated keys "
        "list, but got " +
        std::to_string(a[1].as_list().size()) + " and " + std::to_string(a[0].as_list().size()) +
        " elements respectively");
  }
  return SortByKeys(a[0].as_list(), a[1].as_list());
}

Outcome First(Args a) {
  return a[0].as_list().empty() ? Value::None() : Value::Some(a[0].as_list().front());
}
Outcome Last(Args a) {
  return a[0].as_list().empty() ? Value::None() : Value::Some(a[0].as_list().back());
}

// ---- Sets ----

bool Holds(const List& list, const Value& value) {
  return std::ranges::any_of(list, [&](const Value& element) { return Equal(element, value); });
}
bool HoldsAll(const List& list, const List& values) {
  return std::ranges::all_of(values, [&](const Value& value) { return Holds(list, value); });
}

Outcome SetsContains(Args a) { return Value::Bool(HoldsAll(a[0].as_list(), a[1].as_list())); }
Outcome SetsEquivalent(Args a) {
  return Value::Bool(HoldsAll(a[0].as_list(), a[1].as_list()) &&
                     HoldsAll(a[1].as_list(), a[0].as_list()));
}
Outcome SetsIntersects(Args a) {
  return Value::Bool(std::ranges::any_of(
      a[1].as_list(), [&](const Value& value) { return Holds(a[0].as_list(), value); }));
}

constexpr FunctionRow kRows[] = {
    {"isSorted", "list(int)", "", "bool", IsSorted},
    {"isSorted", "list(uint)", "", "bool", IsSorted},
    {"isSorted", "list(double)", "", "bool", IsSorted},
    {"isSorted", "list(bool)", "", "bool", IsSorted},
    {"isSorted", "list(duration)", "", "bool", IsSorted},
    {"isSorted", "list(timestamp)", "", "bool", IsSorted},
    {"isSorted", "list(string)", "", "bool", IsSorted},
    {"isSorted", "list(bytes)", "", "bool", IsSorted},
    {"sum", "list(int)", "", "int", Sum},
    {"sum", "list(uint)", "", "uint", Sum},
    {"sum", "list(double)", "", "double", Sum},
    {"sum", "list(duration)", "", "duration", Sum},
    {"min", "list(int)", "", "int", Min},
    {"min", "list(uint)", "", "uint", Min},
    {"min", "list(double)", "", "double", Min},
    {"min", "list(bool)", "", "bool", Min},
    {"min", "list(duration)", "", "duration", Min},
    {"min", "list(timestamp)", "", "timestamp", Min},
    {"min", "list(string)", "", "string", Min},
    {"min", "list(bytes)", "", "bytes", Min},
    {"max", "list(int)", "", "int", Max},
    {"max", "list(uint)", "", "uint", Max},
    {"max", "list(double)", "", "double", Max},
    {"max", "list(bool)", "", "bool", Max},
    {"max", "list(duration)", "", "duration", Max},
    {"max", "list(timestamp)", "", "timestamp", Max},
    {"max", "list(string)", "", "string", Max},
    {"max", "list(bytes)", "", "bytes", Max},
    {"indexOf", "list(A)", "A", "int", IndexOfElement},
    {"lastIndexOf", "list(A)", "A", "int", LastIndexOfElement},
    {"slice", "list(A)", "int, int", "list(A)", Slice},
    {"flatten", "list(list(A))", "", "list(A)", Flatten},
    {"flatten", "list(dyn)", "int", "list(dyn)", FlattenDepth},
    {"lists.range", "", "int", "list(int)", Range},
    {"reverse", "list(A)", "", "list(A)", Reverse},
    {"distinct", "list(A)", "", "list(A)", Distinct},
    {"sort", "list(int)", "", "list(int)", Sort},
    {"sort", "list(uint)", "", "list(uint)", Sort},
    {"sort", "list(double)", "", "list(double)", Sort},
    {"sort", "list(bool)", "", "list(bool)", Sort},
    {"sort", "list(duration)", "", "list(duration)", Sort},
    {"sort", "list(timestamp)", "", "list(timestamp)", Sort},
    {"sort", "list(string)", "", "list(string)", Sort},
    {"sort", "list(bytes)", "", "list(bytes)", Sort},
    {"@sortByAssociatedKeys", "list(A)", "list(dyn)", "list(A)", SortByAssociated},
    {"first", "list(A)", "", "optional(A)", First},
    {"last", "list(A)", "", "optional(A)", Last},
    {"sets.contains", "", "list(A), list(A)", "bool", SetsContains},
    {"sets.equivalent", "", "list(A), list(A)", "bool", SetsEquivalent},
    {"sets.intersects", "", "list(A), list(A)", "bool", SetsIntersects},
};

}  // namespace

std::span<const FunctionRow> ListFunctions() { return kRows; }

}  // namespace berth::cel

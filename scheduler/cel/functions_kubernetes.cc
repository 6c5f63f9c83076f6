// Kubernetes' own types: quantities and semantic versions.
#include <cmath>
#include <limits>

#include "scheduler/cel/library.h"

namespace berth::cel {
namespace {

using api::Quantity;
using base::Fail;

constexpr __int128 kNanosPerUnit = 1'000'000'000;

Outcome MakeQuantity(Args a) {
  const auto quantity = Quantity::Parse(a[0].as_string());
  if (!quantity) {
    return Fail(
        "quantities must match the regular expression "
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
  return Value::OfQuantity(*quantity);
}
Outcome IsQuantity(Args a) { return Value::Bool(Quantity::Parse(a[0].as_string()).has_value()); }

Outcome Sign(Args a) {
  const Quantity quantity = a[0].as_quantity();
  return Value::Int(quantity.IsZero() ? 0 : quantity.IsNegative() ? -1 : 1);
}

// What stands at the cap was larger, and no integer for apimachinery.
bool HoldsInteger(Quantity quantity) {
  const __int128 units = quantity.nanos() / kNanosPerUnit;
  constexpr __int128 kCap = std::numeric_limits<std::int64_t>::max();
  return quantity.nanos() % kNanosPerUnit == 0 && units < kCap && units > -kCap;
}
Outcome IsInteger(Args a) { return Value::Bool(HoldsInteger(a[0].as_quantity())); }
Outcome AsInteger(Args a) {
  if (!HoldsInteger(a[0].as_quantity())) return Fail("cannot convert value to integer");
  return Value::Int(a[0].as_quantity().Value());
}
Outcome AsApproximateFloat(Args a) {
  return Value::Double(static_cast<double>(a[0].as_quantity().nanos()) / 1e9);
}

// Sums are kept within what a Quantity can be, as its parser keeps them.
Outcome Bounded(__int128 nanos) {
  constexpr __int128 kMax = kNanosPerUnit * std::numeric_limits<std::int64_t>::max();
  return Value::OfQuantity(Quantity::FromNanos(nanos > kMax    ? kMax
                                               : nanos < -kMax ? -kMax
                                                               : nanos));
}
Outcome AddQuantity(Args a) {
  return Bounded(a[0].as_quantity().nanos() + a[1].as_quantity().nanos());
}
Outcome SubtractQuantity(Args a) {
  return Bounded(a[0].as_quantity().nanos() - a[1].as_quantity().nanos());
}
Outcome AddInt(Args a) {
  return Bounded(a[0].as_quantity().nanos() + a[1].as_int() * kNanosPerUnit);
}
Outcome SubtractInt(Args a) {
  return Bounded(a[0].as_quantity().nanos() - a[1].as_int() * kNanosPerUnit);
}

// For quantities and versions alike.
Outcome IsLessThan(Args a) { return Value::Bool(*Compare(a[0], a[1]) < 0); }
Outcome IsGreaterThan(Args a) { return Value::Bool(*Compare(a[0], a[1]) > 0); }
Outcome CompareTo(Args a) {
  const auto order = *Compare(a[0], a[1]);
  return Value::Int(order < 0 ? -1 : order > 0 ? 1 : 0);
}

Outcome MakeSemver(Args a) {
  BERTH_ASSIGN(Semver version, Semver::Parse(a[0].as_string()));
  return Value::OfSemver(std::move(version));
}
Outcome MakeNormalizedSemver(Args a) {
  if (!a[1].as_bool()) return MakeSemver(a);
  BERTH_ASSIGN(Semver version, Semver::Parse(Semver::Normalized(a[0].as_string())));
  return Value::OfSemver(std::move(version));
}
Outcome IsSemver(Args a) { return Value::Bool(MakeSemver(a).has_value()); }
Outcome IsNormalizedSemver(Args a) { return Value::Bool(MakeNormalizedSemver(a).has_value()); }

Outcome Number(std::uint64_t number) { return Value::Int(static_cast<std::int64_t>(number)); }
Outcome Major(Args a) { return Number(a[0].as_semver().major); }
Outcome Minor(Args a) { return Number(a[0].as_semver().minor); }
Outcome Patch(Args a) { return Number(a[0].as_semver().patch); }

constexpr FunctionRow kRows[] = {
    {"quantity", "", "string", "quantity", MakeQuantity},
    {"isQuantity", "", "string", "bool", IsQuantity},
    // A global function in Kubernetes, though its documents show a method.
    {"sign", "", "quantity", "int", Sign},
    {"isInteger", "quantity", "", "bool", IsInteger},
    {"asInteger", "quantity", "", "int", AsInteger},
    {"asApproximateFloat", "quantity", "", "double", AsApproximateFloat},
    {"add", "quantity", "quantity", "quantity", AddQuantity},
    {"add", "quantity", "int", "quantity", AddInt},
    {"sub", "quantity", "quantity", "quantity", SubtractQuantity},
    {"sub", "quantity", "int", "quantity", SubtractInt},
    {"isLessThan", "quantity", "quantity", "bool", IsLessThan},
    {"isGreaterThan", "quantity", "quantity", "bool", IsGreaterThan},
    {"compareTo", "quantity", "quantity", "int", CompareTo},
    {"semver", "", "string", "semver", MakeSemver},
    {"semver", "", "string, bool", "semver", MakeNormalizedSemver},
    {"isSemver", "", "string", "bool", IsSemver},
    {"isSemver", "", "string, bool", "bool", IsNormalizedSemver},
    {"major", "semver", "", "int", Major},
    {"minor", "semver", "", "int", Minor},
    {"patch", "semver", "", "int", Patch},
    {"isLessThan", "semver", "semver", "bool", IsLessThan},
    {"isGreaterThan", "semver", "semver", "bool", IsGreaterThan},
    {"compareTo", "semver", "semver", "int", CompareTo},
};

}  // namespace

std::span<const FunctionRow> KubernetesFunctions() { return kRows; }

}  // namespace berth::cel

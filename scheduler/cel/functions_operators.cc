// Operators, sizes, optionals and what else belongs to the language itself.
#include <cmath>
#include <limits>

#include "scheduler/cel/ast.h"
#include "scheduler/cel/library.h"
#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

using base::Fail;

Outcome Overflow() { return Fail("integer overflow"); }
Outcome UnsignedOverflow() { return Fail("unsigned integer overflow"); }

Outcome AddInts(Args a) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a[0].as_int(), a[1].as_int(), &sum)) return Overflow();
  return Value::Int(sum);
}
Outcome SubtractInts(Args a) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a[0].as_int(), a[1].as_int(), &difference)) return Overflow();
  return Value::Int(difference);
}
Outcome MultiplyInts(Args a) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a[0].as_int(), a[1].as_int(), &product)) return Overflow();
  return Value::Int(product);
}
bool IsLowestByMinusOne(Args a) {
  return a[0].as_int() == std::numeric_limits<std::int64_t>::min() && a[1].as_int() == -1;
}
Outcome DivideInts(Args a) {
  if (a[1].as_int() == 0) return Fail("division by zero");
  if (IsLowestByMinusOne(a)) return Overflow();
  return Value::Int(a[0].as_int() / a[1].as_int());
}
Outcome ModulusInts(Args a) {
  if (a[1].as_int() == 0) return Fail("modulus by zero");
  if (IsLowestByMinusOne(a)) return Overflow();
  return Value::Int(a[0].as_int() % a[1].as_int());
}

Outcome AddUints(Args a) {
  std::uint64_t sum = 0;
  if (__builtin_add_overflow(a[0].as_uint(), a[1].as_uint(), &sum)) return UnsignedOverflow();
  return Value::Uint(sum);
}
Outcome SubtractUints(Args a) {
  if (a[1].as_uint() > a[0].as_uint()) return UnsignedOverflow();
  return Value::Uint(a[0].as_uint() - a[1].as_uint());
}
Outcome MultiplyUints(Args a) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a[0].as_uint(), a[1].as_uint(), &product)) return UnsignedOverflow();
  return Value::Uint(product);
}
Outcome DivideUints(Args a) {
  if (a[1].as_uint() == 0) return Fail("division by zero");
  return Value::Uint(a[0].as_uint() / a[1].as_uint());
}
Outcome ModulusUints(Args a) {
  if (a[1].as_uint() == 0) return Fail("modulus by zero");
  return Value::Uint(a[0].as_uint() % a[1].as_uint());
}

Outcome AddDoubles(Args a) { return Value::Double(a[0].as_double() + a[1].as_double()); }
Outcome SubtractDoubles(Args a) { return Value::Double(a[0].as_double() - a[1].as_double()); }
Outcome MultiplyDoubles(Args a) { return Value::Double(a[0].as_double() * a[1].as_double()); }
Outcome DivideDoubles(Args a) { return Value::Double(a[0].as_double() / a[1].as_double()); }

Outcome AddStrings(Args a) {
  if (a[0].as_string().size() + a[1].as_string().size() > kMaxResultBytes) {
    return Fail("the string is too long");
  }
  return Value::String(a[0].as_string() + a[1].as_string());
}
Outcome AddBytes(Args a) {
  if (a[0].as_bytes().size() + a[1].as_bytes().size() > kMaxResultBytes) {
    return Fail("the bytes are too many");
  }
  return Value::OfBytes(a[0].as_bytes() + a[1].as_bytes());
}
Outcome AddLists(Args a) {
  List list = a[0].as_list();
  if (list.size() + a[1].as_list().size() > kMaxResultElements) {
    return Fail("the list is too long");
  }
  list.insert(list.end(), a[1].as_list().begin(), a[1].as_list().end());
  return Value::OfList(std::move(list));
}

Outcome NegateInt(Args a) {
  std::int64_t negated = 0;
  if (__builtin_sub_overflow(std::int64_t{0}, a[0].as_int(), &negated)) return Overflow();
  return Value::Int(negated);
}
Outcome NegateDouble(Args a) { return Value::Double(-a[0].as_double()); }
Outcome Not(Args a) { return Value::Bool(!a[0].as_bool()); }

Outcome EqualTo(Args a) { return Value::Bool(Equal(a[0], a[1])); }
Outcome NotEqualTo(Args a) { return Value::Bool(!Equal(a[0], a[1])); }

Outcome Less(Args a) { return Value::Bool(Compare(a[0], a[1]) == std::strong_ordering::less); }
Outcome Greater(Args a) {
  return Value::Bool(Compare(a[0], a[1]) == std::strong_ordering::greater);
}
Outcome LessOrEqual(Args a) {
  const auto order = Compare(a[0], a[1]);
  return Value::Bool(order && *order <= 0);
}
Outcome GreaterOrEqual(Args a) {
  const auto order = Compare(a[0], a[1]);
  return Value::Bool(order && *order >= 0);
}

Outcome IsInList(Args a) {
  for (const Value& element : a[1].as_list()) {
    if (Equal(a[0], element)) return Value::Bool(true);
  }
  return Value::Bool(false);
}
Outcome IsInMap(Args a) { return Value::Bool(a[1].as_map().Contains(a[0])); }

Outcome IndexOf(Args a) { return Index(a[0], a[1]); }
Outcome OptionalIndexOf(Args a) { return OptionalIndex(a[0], a[1]); }

Outcome SizeOfString(Args a) { return Value::Int(CountCodePoints(a[0].as_string())); }
Outcome SizeOfOther(Args a) { return Value::Int(static_cast<std::int64_t>(SizeOf(a[0]))); }

// ---- Optionals ----

bool IsZeroValue(const Value& value) {
  switch (value.kind()) {
    case TypeKind::kNull:
      return true;
    case TypeKind::kBool:
      return !value.as_bool();
    case TypeKind::kInt:
      return value.as_int() == 0;
    case TypeKind::kUint:
      return value.as_uint() == 0;
    case TypeKind::kDouble:
      return value.as_double() == 0;
    case TypeKind::kString:
    case TypeKind::kBytes:
    case TypeKind::kList:
    case TypeKind::kMap:
      return SizeOf(value) == 0;
    case TypeKind::kDuration:
      return value.as_duration().nanos == 0;
    case TypeKind::kTimestamp:
      return value.as_timestamp() == Timestamp{};
    case TypeKind::kOptional:
      return value.as_optional() == nullptr;
    default:
      return false;
  }
}

Outcome OptionalOf(Args a) { return Value::Some(a[0]); }
Outcome OptionalOfNonZero(Args a) { return IsZeroValue(a[0]) ? Value::None() : Value::Some(a[0]); }
Outcome OptionalNone(Args) { return Value::None(); }
Outcome HasValue(Args a) { return Value::Bool(a[0].as_optional() != nullptr); }
Outcome ValueOf(Args a) {
  if (a[0].as_optional() == nullptr) return Fail("optional.none() dereference");
  return *a[0].as_optional();
}
Outcome OptionalOr(Args a) { return a[0].as_optional() != nullptr ? a[0] : a[1]; }
Outcome OptionalOrValue(Args a) {
  return a[0].as_optional() != nullptr ? *a[0].as_optional() : a[1];
}
Outcome UnwrapOptionals(Args a) {
  List values;
  for (const Value& element : a[0].as_list()) {
    if (!element.is(TypeKind::kOptional)) return Fail("no such overload");
    if (element.as_optional() != nullptr) values.push_back(*element.as_optional());
  }
  return Value::OfList(std::move(values));
}

std::string KeyText(const Value& key) {
  switch (key.kind()) {
    case TypeKind::kString:
      return key.as_string();
    case TypeKind::kInt:
      return std::to_string(key.as_int());
    case TypeKind::kUint:
      return std::to_string(key.as_uint());
    case TypeKind::kDouble:
      return DoubleToString(key.as_double());
    case TypeKind::kBool:
      return key.as_bool() ? "true" : "false";
    default:
      return std::string(key.type().BaseName());
  }
}

// Error where the value cannot be an index, whatever the list.
base::Result<std::int64_t> ListIndex(const Value& key) {
  const auto number = key.IsNumber() ? KeyOf(key) : std::nullopt;
  if (!number)
    return Fail("unsupported index type '" + std::string(key.type().BaseName()) + "' in list");
  if (const auto* index = std::get_if<std::int64_t>(&*number)) return *index;
  return std::numeric_limits<std::int64_t>::max();
}

// nullptr: not there.
base::Result<const Value*> FindIn(const Value& base, const Value& key) {
  switch (base.kind()) {
    case TypeKind::kMap:
      if (key.is(TypeKind::kDouble) || !KeyOf(key)) {
        if (!KeyOf(key) && !key.IsNumber()) return Fail("no such overload");
      }
      return base.as_map().Find(key);
    case TypeKind::kList: {
      BERTH_ASSIGN(const std::int64_t index, ListIndex(key));
      const List& list = base.as_list();
      if (index < 0 || static_cast<std::uint64_t>(index) >= list.size()) return nullptr;
      return &list[static_cast<std::size_t>(index)];
    }
    case TypeKind::kObject: {
      if (!key.is(TypeKind::kString)) return Fail("no such overload");
      const auto& fields = base.as_object().fields;
      const auto field = fields.find(key.as_string());
      return field == fields.end() ? nullptr : &field->second;
    }
    default:
      return Fail("no such overload");
  }
}

#define BERTH_ORDERED(name, function)                                                            \
  {name, "", "bool, bool", "bool", function}, {name, "", "int, int", "bool", function},          \
      {name, "", "int, double", "bool", function}, {name, "", "int, uint", "bool", function},    \
      {name, "", "uint, uint", "bool", function}, {name, "", "uint, double", "bool", function},  \
      {name, "", "uint, int", "bool", function}, {name, "", "double, double", "bool", function}, \
      {name, "", "double, int", "bool", function}, {name, "", "double, uint", "bool", function}, \
      {name, "", "string, string", "bool", function},                                            \
      {name, "", "bytes, bytes", "bool", function},                                              \
      {name, "", "timestamp, timestamp", "bool", function}, {                                    \
    name, "", "duration, duration", "bool", function                                             \
  }

constexpr FunctionRow kRows[] = {
    {"_+_", "", "int, int", "int", AddInts},
    {"_+_", "", "uint, uint", "uint", AddUints},
    {"_+_", "", "double, double", "double", AddDoubles},
    {"_+_", "", "string, string", "string", AddStrings},
    {"_+_", "", "bytes, bytes", "bytes", AddBytes},
    {"_+_", "", "list(A), list(A)", "list(A)", AddLists},
    {"_-_", "", "int, int", "int", SubtractInts},
    {"_-_", "", "uint, uint", "uint", SubtractUints},
    {"_-_", "", "double, double", "double", SubtractDoubles},
    {"_*_", "", "int, int", "int", MultiplyInts},
    {"_*_", "", "uint, uint", "uint", MultiplyUints},
    {"_*_", "", "double, double", "double", MultiplyDoubles},
    {"_/_", "", "int, int", "int", DivideInts},
    {"_/_", "", "uint, uint", "uint", DivideUints},
    {"_/_", "", "double, double", "double", DivideDoubles},
    {"_%_", "", "int, int", "int", ModulusInts},
    {"_%_", "", "uint, uint", "uint", ModulusUints},
    {kNegateName, "", "int", "int", NegateInt},
    {kNegateName, "", "double", "double", NegateDouble},
    {kNotName, "", "bool", "bool", Not},
    {kEqualName, "", "A, A", "bool", EqualTo},
    {kNotEqualName, "", "A, A", "bool", NotEqualTo},
    BERTH_ORDERED("_<_", Less),
    BERTH_ORDERED("_<=_", LessOrEqual),
    BERTH_ORDERED("_>_", Greater),
    BERTH_ORDERED("_>=_", GreaterOrEqual),
    {kInName, "", "A, list(A)", "bool", IsInList},
    {kInName, "", "A, map(A, B)", "bool", IsInMap},
    {kIndexName, "", "list(A), int", "A", IndexOf},
    {kIndexName, "", "map(A, B), A", "B", IndexOf},
    {kIndexName, "", "optional(list(A)), int", "optional(A)", OptionalIndexOf},
    {kIndexName, "", "optional(map(A, B)), A", "optional(B)", OptionalIndexOf},
    {kOptionalIndexName, "", "list(A), int", "optional(A)", OptionalIndexOf},
    {kOptionalIndexName, "", "map(A, B), A", "optional(B)", OptionalIndexOf},
    {kOptionalIndexName, "", "optional(list(A)), int", "optional(A)", OptionalIndexOf},
    {kOptionalIndexName, "", "optional(map(A, B)), A", "optional(B)", OptionalIndexOf},
    {"size", "", "string", "int", SizeOfString},
    {"size", "", "bytes", "int", SizeOfOther},
    {"size", "", "list(A)", "int", SizeOfOther},
    {"size", "", "map(A, B)", "int", SizeOfOther},
    {"size", "string", "", "int", SizeOfString},
    {"size", "bytes", "", "int", SizeOfOther},
    {"size", "list(A)", "", "int", SizeOfOther},
    {"size", "map(A, B)", "", "int", SizeOfOther},
    {"optional.of", "", "A", "optional(A)", OptionalOf},
    {"optional.ofNonZeroValue", "", "A", "optional(A)", OptionalOfNonZero},
    {"optional.none", "", "", "optional(A)", OptionalNone},
    {"optional.unwrap", "", "list(optional(A))", "list(A)", UnwrapOptionals},
    {"unwrapOpt", "list(optional(A))", "", "list(A)", UnwrapOptionals},
    {"hasValue", "optional(A)", "", "bool", HasValue},
    {"value", "optional(A)", "", "A", ValueOf},
    {"or", "optional(A)", "optional(A)", "optional(A)", OptionalOr},
    {"orValue", "optional(A)", "A", "A", OptionalOrValue},
};

#undef BERTH_ORDERED

}  // namespace

Outcome Index(const Value& base, const Value& key) {
  if (base.is(TypeKind::kOptional)) return OptionalIndex(base, key);
  BERTH_ASSIGN(const Value* found, FindIn(base, key));
  if (found != nullptr) return *found;
  if (base.is(TypeKind::kList)) return Fail("index out of bounds: " + KeyText(key));
  if (base.is(TypeKind::kObject)) return Fail("no such field '" + KeyText(key) + "'");
  return Fail("no such key: " + KeyText(key));
}

Outcome OptionalIndex(const Value& base, const Value& key) {
  if (base.is(TypeKind::kOptional)) {
    if (base.as_optional() == nullptr) return base;
    return OptionalIndex(*base.as_optional(), key);
  }
  BERTH_ASSIGN(const Value* found, FindIn(base, key));
  return found == nullptr ? Value::None() : Value::Some(*found);
}

std::span<const FunctionRow> OperatorFunctions() { return kRows; }

}  // namespace berth::cel

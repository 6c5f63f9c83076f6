#include "scheduler/cel/value.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace berth::cel {

struct ListNode {
  List elements;
  std::uint64_t weight = 1;
};

namespace {

// Saturated, far below where sums would wrap.
std::uint64_t AddWeights(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return std::min(a + b, kMost);
}

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

std::optional<MapKey> KeyOfDouble(double value) {
  if (std::isnan(value) || std::trunc(value) != value) return std::nullopt;
  if (value >= -kTwoTo63 && value < kTwoTo63) return MapKey(static_cast<std::int64_t>(value));
  if (value >= kTwoTo63 && value < kTwoTo64) return MapKey(static_cast<std::uint64_t>(value));
  return std::nullopt;
}

std::strong_ordering Order(double a, double b) {
  return a < b   ? std::strong_ordering::less
         : a > b ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

// An integer against a double, in doubles within the integer's range: as cel-go does, so that
// 2^63-1 equals 2^63.
template <typename Integer>
std::strong_ordering CompareInteger(Integer a, double b) {
  constexpr double kUpper = std::is_signed_v<Integer> ? kTwoTo63 : kTwoTo64;
  constexpr double kLower = std::is_signed_v<Integer> ? -kTwoTo63 : 0.0;
  if (b > kUpper) return std::strong_ordering::less;
  if (b < kLower) return std::strong_ordering::greater;
  return Order(static_cast<double>(a), b);
}

std::optional<std::strong_ordering> CompareNumbers(const Value& a, const Value& b) {
  if (b.is(TypeKind::kDouble)) {
    const double right = b.as_double();
    if (std::isnan(right)) return std::nullopt;
    if (a.is(TypeKind::kInt)) return CompareInteger(a.as_int(), right);
    if (a.is(TypeKind::kUint)) return CompareInteger(a.as_uint(), right);
    if (std::isnan(a.as_double())) return std::nullopt;
    return Order(a.as_double(), right);
  }
  if (a.is(TypeKind::kDouble)) {
    const auto order = CompareNumbers(b, a);
    if (!order) return std::nullopt;
    return 0 <=> *order;
  }
  const bool a_signed = a.is(TypeKind::kInt);
  const bool b_signed = b.is(TypeKind::kInt);
  if (a_signed && b_signed) return a.as_int() <=> b.as_int();
  if (!a_signed && !b_signed) return a.as_uint() <=> b.as_uint();
  if (a_signed && a.as_int() < 0) return std::strong_ordering::less;
  if (b_signed && b.as_int() < 0) return std::strong_ordering::greater;
  const auto magnitude = [](const Value& value, bool is_signed) {
    return is_signed ? static_cast<std::uint64_t>(value.as_int()) : value.as_uint();
  };
  return magnitude(a, a_signed) <=> magnitude(b, b_signed);
}

bool EqualLists(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!Equal(a[i], b[i])) return false;
  }
  return true;
}

bool EqualMaps(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries()) {
    if (!b.Contains(key) || !Equal(value, *b.Find(key))) return false;
  }
  return true;
}

bool EqualObjects(const Object& a, const Object& b) {
  if (a.type_name != b.type_name || a.fields.size() != b.fields.size()) return false;
  for (const auto& [name, value] : a.fields) {
    const auto other = b.fields.find(name);
    if (other == b.fields.end() || !Equal(value, other->second)) return false;
  }
  return true;
}

bool EqualTypes(const Type& a, const Type& b) { return a.kind == b.kind && a.name == b.name; }

}  // namespace

Value Value::OfList(List value) {
  std::uint64_t weight = 1;
  for (const Value& element : value) weight = AddWeights(weight, element.Weight());
  return Value(Storage(std::make_shared<const ListNode>(std::move(value), weight)));
}
const List& Value::as_list() const {
  return std::get<std::shared_ptr<const ListNode>>(data_)->elements;
}
Value Value::OfMap(Map value) {
  return Value(Storage(std::make_shared<const Map>(std::move(value))));
}
Value Value::OfObject(Object value) {
  return Value(Storage(std::make_shared<const Object>(std::move(value))));
}

TypeKind Value::kind() const {
  // In the order of Storage.
  static constexpr TypeKind kKinds[] = {
      TypeKind::kNull,     TypeKind::kBool,     TypeKind::kInt,      TypeKind::kUint,
      TypeKind::kDouble,   TypeKind::kString,   TypeKind::kBytes,    TypeKind::kList,
      TypeKind::kMap,      TypeKind::kObject,   TypeKind::kType,     TypeKind::kTimestamp,
      TypeKind::kDuration, TypeKind::kOptional, TypeKind::kQuantity, TypeKind::kSemver};
  static_assert(std::size(kKinds) == std::variant_size_v<Storage>);
  return kKinds[data_.index()];
}

Type Value::type() const {
  if (is(TypeKind::kObject)) return Type::Object(as_object().type_name);
  return Type::Of(kind());
}

std::optional<MapKey> KeyOf(const Value& value) {
  switch (value.kind()) {
    case TypeKind::kBool:
      return MapKey(value.as_bool());
    case TypeKind::kInt:
      return MapKey(value.as_int());
    case TypeKind::kUint:
      if (value.as_uint() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return MapKey(value.as_uint());
      }
      return MapKey(static_cast<std::int64_t>(value.as_uint()));
    case TypeKind::kDouble:
      return KeyOfDouble(value.as_double());
    case TypeKind::kString:
      return MapKey(value.as_string());
    default:
      return std::nullopt;
  }
}

bool Map::Insert(const Value& key, Value value) {
  auto index = KeyOf(key);
  if (!index || !index_.emplace(*std::move(index), entries_.size()).second) return false;
  weight_ = AddWeights(weight_, AddWeights(key.Weight(), value.Weight()));
  entries_.emplace_back(key, std::move(value));
  return true;
}

std::size_t Map::FindIndex(const Value& key) const {
  const auto index = KeyOf(key);
  if (!index) return entries_.size();
  const auto it = index_.find(*index);
  return it == index_.end() ? entries_.size() : it->second;
}

const Value* Map::Find(const Value& key) const {
  const std::size_t at = FindIndex(key);
  if (at != entries_.size()) return &entries_[at].second;
  return key.is(TypeKind::kString) ? default_.get() : nullptr;
}

const Value* Map::Find(std::string_view key) const { return Find(Value::String(std::string(key))); }

bool Equal(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) {
    const auto order = CompareNumbers(a, b);
    return order && *order == 0;
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case TypeKind::kNull:
      return true;
    case TypeKind::kList:
      return EqualLists(a.as_list(), b.as_list());
    case TypeKind::kMap:
      return EqualMaps(a.as_map(), b.as_map());
    case TypeKind::kObject:
      return EqualObjects(a.as_object(), b.as_object());
    case TypeKind::kType:
      return EqualTypes(a.as_type(), b.as_type());
    case TypeKind::kOptional: {
      const Value* left = a.as_optional();
      const Value* right = b.as_optional();
      if (left == nullptr || right == nullptr) return left == right;
      return Equal(*left, *right);
    }
    default:
      break;
  }
  const auto order = Compare(a, b);
  return order && *order == 0;
}

std::optional<std::strong_ordering> Compare(const Value& a, const Value& b) {
  if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case TypeKind::kBool:
      return a.as_bool() <=> b.as_bool();
    case TypeKind::kString:
      return a.as_string() <=> b.as_string();
    case TypeKind::kBytes:
      return a.as_bytes() <=> b.as_bytes();
    case TypeKind::kTimestamp:
      return a.as_timestamp() <=> b.as_timestamp();
    case TypeKind::kDuration:
      return a.as_duration() <=> b.as_duration();
    case TypeKind::kQuantity:
      return a.as_quantity() <=> b.as_quantity();
    case TypeKind::kSemver:
      return a.as_semver().Compare(b.as_semver());
    default:
      return std::nullopt;
  }
}

std::uint64_t Value::Weight() const {
  switch (kind()) {
    case TypeKind::kString:
      return as_string().size() + 1;
    case TypeKind::kBytes:
      return as_bytes().size() + 1;
    case TypeKind::kList:
      return std::get<std::shared_ptr<const ListNode>>(data_)->weight;
    case TypeKind::kMap:
      return as_map().weight();
    case TypeKind::kOptional:
      return as_optional() == nullptr ? 1 : AddWeights(1, as_optional()->Weight());
    default:
      return 1;
  }
}

std::uint64_t SizeOf(const Value& value) {
  switch (value.kind()) {
    case TypeKind::kString:
      return value.as_string().size();
    case TypeKind::kBytes:
      return value.as_bytes().size();
    case TypeKind::kList:
      return value.as_list().size();
    case TypeKind::kMap:
      return value.as_map().size();
    default:
      return 1;
  }
}

}  // namespace berth::cel

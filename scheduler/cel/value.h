// The values of CEL at run time.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "scheduler/api/quantity.h"
#include "scheduler/base/result.h"
#include "scheduler/cel/semver.h"
#include "scheduler/cel/type.h"

namespace berth::cel {

class Value;
using List = std::vector<Value>;
class Map;
struct Object;

struct Bytes {
  std::shared_ptr<const std::string> data;
};
// Seconds since the Unix epoch and 0..999,999,999 nanoseconds after them; years 1 to 9999.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};
struct Duration {
  std::int64_t nanos = 0;
  friend auto operator<=>(const Duration&, const Duration&) = default;
};
struct ListNode;
// Null: none.
struct Optional {
  std::shared_ptr<const Value> value;
};

// Immutable and cheap to copy: what is large is shared. Any number of threads may read one.
class Value {
 public:
  Value() = default;  // null
  static Value Null() { return {}; }
  static Value Bool(bool value) { return Value(Storage(value)); }
  static Value Int(std::int64_t value) { return Value(Storage(value)); }
  static Value Uint(std::uint64_t value) { return Value(Storage(value)); }
  static Value Double(double value) { return Value(Storage(value)); }
  static Value String(std::string value) {
    return Value(Storage(std::make_shared<const std::string>(std::move(value))));
  }
  static Value OfBytes(std::string value) {
    return Value(Storage(Bytes{std::make_shared<const std::string>(std::move(value))}));
  }
  static Value OfList(List value);
  static Value OfMap(Map value);
  static Value OfObject(Object value);
  static Value OfType(Type value) {
    return Value(Storage(std::make_shared<const Type>(std::move(value))));
  }
  static Value OfTimestamp(Timestamp value) { return Value(Storage(value)); }
  static Value OfDuration(Duration value) { return Value(Storage(value)); }
  static Value OfQuantity(api::Quantity value) { return Value(Storage(value)); }
  static Value OfSemver(Semver value) {
    return Value(Storage(std::make_shared<const Semver>(std::move(value))));
  }
  static Value None() { return Value(Storage(Optional{})); }
  static Value Some(Value value) {
    return Value(Storage(Optional{std::make_shared<const Value>(std::move(value))}));
  }

  TypeKind kind() const;
  // Lists and maps hold anything: their parameters are not known.
  Type type() const;

  bool is(TypeKind wanted) const { return kind() == wanted; }
  // Each for its own kind only.
  bool as_bool() const { return std::get<bool>(data_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(data_); }
  std::uint64_t as_uint() const { return std::get<std::uint64_t>(data_); }
  double as_double() const { return std::get<double>(data_); }
  const std::string& as_string() const {
    return *std::get<std::shared_ptr<const std::string>>(data_);
  }
  const std::string& as_bytes() const { return *std::get<Bytes>(data_).data; }
  const List& as_list() const;
  const Map& as_map() const { return *std::get<std::shared_ptr<const Map>>(data_); }
  const Object& as_object() const { return *std::get<std::shared_ptr<const Object>>(data_); }
  const Type& as_type() const { return *std::get<std::shared_ptr<const Type>>(data_); }
  Timestamp as_timestamp() const { return std::get<Timestamp>(data_); }
  Duration as_duration() const { return std::get<Duration>(data_); }
  api::Quantity as_quantity() const { return std::get<api::Quantity>(data_); }
  const Semver& as_semver() const { return *std::get<std::shared_ptr<const Semver>>(data_); }
  // nullptr: none.
  const Value* as_optional() const { return std::get<Optional>(data_).value.get(); }

  // How many values there are in it, all levels counted, itself included; for strings and bytes
  // how long they are. Values share parts, so that this can be far more than the memory they take.
  std::uint64_t Weight() const;

  bool IsNumber() const {
    return is(TypeKind::kInt) || is(TypeKind::kUint) || is(TypeKind::kDouble);
  }

 private:
  using Storage =
      std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                   std::shared_ptr<const std::string>, Bytes, std::shared_ptr<const ListNode>,
                   std::shared_ptr<const Map>, std::shared_ptr<const Object>,
                   std::shared_ptr<const Type>, Timestamp, Duration, Optional, api::Quantity,
                   std::shared_ptr<const Semver>>;
  explicit Value(Storage data) : data_(std::move(data)) {}

  Storage data_;
};

// What a map is looked up by. A number is kept as the integer that it equals, whatever its type, so
// that 1, 1u and 1.0 are one key.
using MapKey = std::variant<bool, std::int64_t, std::uint64_t, std::string>;
// nullopt: not a key (a list, a double with a fraction ...).
std::optional<MapKey> KeyOf(const Value& value);

// Entries in the order of insertion.
class Map {
 public:
  // False if there is an equal key already, or the key can be none.
  bool Insert(const Value& key, Value value);
  // nullptr where there is none.
  const Value* Find(const Value& key) const;
  const Value* Find(std::string_view key) const;
  bool Contains(const Value& key) const { return FindIndex(key) != entries_.size(); }

  const std::vector<std::pair<Value, Value>>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t weight() const { return weight_; }

  // What Find gives for string keys that are absent, though Contains denies them: device attributes
  // of a domain that the device has none of are an empty map.
  void SetDefault(Value value) { default_ = std::make_shared<const Value>(std::move(value)); }

 private:
  std::size_t FindIndex(const Value& key) const;

  std::vector<std::pair<Value, Value>> entries_;
  std::map<MapKey, std::size_t> index_;
  std::uint64_t weight_ = 1;
  std::shared_ptr<const Value> default_;
};

// A value with named fields that are all there, such as `device`.
struct Object {
  std::string type_name;
  std::map<std::string, Value, std::less<>> fields;
};

// CEL's ==: numbers of different types by value, lists and maps in depth; values of types that have
// nothing to do with one another are not equal. The nesting of values is bounded by that of the
// expressions that made them.
bool Equal(const Value& a, const Value& b);

// CEL's order: nullopt where there is none (NaN, or types that cannot be compared).
std::optional<std::strong_ordering> Compare(const Value& a, const Value& b);

// Characters, bytes, elements or entries; else 1.
std::uint64_t SizeOf(const Value& value);

}  // namespace berth::cel

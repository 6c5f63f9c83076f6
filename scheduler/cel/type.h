// The static types of CEL expressions, for the checker and for values of type `type`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cel {

enum class TypeKind : std::uint8_t {
  kDyn,    // anything, found out at run time
  kAny,    // the same, but printed "any": the values of device attributes
  kError,  // of an expression that has already been complained about
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,      // params: element
  kMap,       // params: key, value
  kType,      // params: the type that it names
  kOptional,  // params: value
  kQuantity,
  kSemver,
  kObject,    // `name`
  kVariable,  // a type parameter of a function, or one that the checker is still looking for
};

// A plain value; compare with ==.
struct Type {
  TypeKind kind = TypeKind::kDyn;
  std::string name;  // of kObject and kVariable
  std::vector<Type> params;

  static Type Of(TypeKind kind) { return {kind, "", {}}; }
  static Type ListOf(Type element) { return {TypeKind::kList, "", {std::move(element)}}; }
  static Type MapOf(Type key, Type value) {
    return {TypeKind::kMap, "", {std::move(key), std::move(value)}};
  }
  static Type TypeOf(Type type) { return {TypeKind::kType, "", {std::move(type)}}; }
  static Type OptionalOf(Type value) { return {TypeKind::kOptional, "", {std::move(value)}}; }
  static Type Object(std::string_view name) { return {TypeKind::kObject, std::string(name), {}}; }
  static Type Variable(std::string_view name) {
    return {TypeKind::kVariable, std::string(name), {}};
  }

  bool IsDynamic() const {
    return kind == TypeKind::kDyn || kind == TypeKind::kAny || kind == TypeKind::kError;
  }

  // As cel-go prints it: "map(string, list(int))".
  std::string ToString() const;
  // The name alone, without parameters: "map". What string(type(x)) gives.
  std::string_view BaseName() const;

  friend bool operator==(const Type&, const Type&) = default;
};

// Reads the notation of the function tables: "list(A)", "map(string, dyn)", with single upper-case
// letters as type parameters. Text of ours: a mistake ends the process.
Type ParseType(std::string_view text);

}  // namespace berth::cel

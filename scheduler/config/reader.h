// Strict reading of a Value into typed fields: every error names the field by its path, unknown and
// repeated fields are errors, null counts as absent.
//
//   return ReadObject(field, {{"name", Into(resource.name)}, {"weight", Into(resource.weight)}});
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/config/value.h"

namespace berth::config {

// A value of the document and where it stands ("profiles[0].plugins").
struct Field {
  const Value& value;
  std::string path;
};

// `name` below `path`; an empty path is the document itself. A name that would not read well in a
// path is quoted and cut.
std::string ChildPath(std::string_view path, std::string_view name);
std::string ItemPath(std::string_view path, std::size_t index);

using FieldReader = std::function<base::Result<void>(const Field&)>;

struct FieldRule {
  std::string_view name;
  FieldReader read;
};

// Hands each member of the map to its rule. Fails when the value is no map, on a member without a
// rule and on one that comes twice.
base::Result<void> ReadObject(const Field& field, std::initializer_list<FieldRule> rules);

// Hands each item of the list to `read`, null items too.
base::Result<void> ReadList(const Field& field, const FieldReader& read);

// One scalar of exactly that type. Integers are checked for the width of the target.
base::Result<void> Read(const Field& field, bool& out);
base::Result<void> Read(const Field& field, std::int32_t& out);
base::Result<void> Read(const Field& field, std::int64_t& out);
base::Result<void> Read(const Field& field, float& out);
base::Result<void> Read(const Field& field, std::string& out);
base::Result<void> Read(const Field& field, std::chrono::nanoseconds& out);

template <typename T>
base::Result<void> Read(const Field& field, std::optional<T>& out) {
  return Read(field, out.emplace());
}
template <typename T>
base::Result<void> Read(const Field& field, std::vector<T>& out) {
  out.clear();
  return ReadList(field, [&out](const Field& item) { return Read(item, out.emplace_back()); });
}

// A string in base64, decoded.
base::Result<void> ReadBase64(const Field& field, std::string& out);

// One of a few words.
template <typename T>
using Words = std::initializer_list<std::pair<std::string_view, T>>;

base::Result<std::size_t> ReadWord(const Field& field, const std::vector<std::string_view>& words);

template <typename T>
base::Result<void> ReadEnum(const Field& field, Words<T> words, T& out) {
  std::vector<std::string_view> texts;
  for (const auto& [text, value] : words) texts.push_back(text);
  BERTH_ASSIGN(const std::size_t index, ReadWord(field, texts));
  out = words.begin()[index].second;
  return {};
}

// The reader that a rule holds: Read() into `out`, which must outlive it.
template <typename T>
FieldReader Into(T& out) {
  return [&out](const Field& field) { return Read(field, out); };
}

}  // namespace berth::config

#include "scheduler/config/reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "scheduler/config/duration.h"
#include "scheduler/config/field_error.h"

namespace berth::config {
namespace {

using base::Result;

std::string_view KindOf(const Value& value) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "null", "a boolean", "an integer", "a number", "a string", "a list", "a map"};
  return kNames[value.data.index()];
}

std::unexpected<base::Error> WrongType(const Field& field, std::string_view wanted) {
  std::string detail = "must be ";
  detail.append(wanted).append(", but is ").append(KindOf(field.value));
  return FieldError(field.path, detail);
}

template <typename T>
Result<void> ReadExactly(const Field& field, std::string_view wanted, T& out) {
  const T* value = field.value.As<T>();
  if (value == nullptr) return WrongType(field, wanted);
  out = *value;
  return {};
}

const FieldRule* FindRule(std::initializer_list<FieldRule> rules, std::string_view name) {
  const auto* it = std::ranges::find(rules, name, &FieldRule::name);
  return it == rules.end() ? nullptr : it;
}

// A longer name cannot be one of ours.
constexpr std::size_t kMaxNameBytes = 200;

bool IsPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '/';
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == '\n' || c == '\r'; });
  if (digits.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && digits.ends_with('='); ++padding) digits.pop_back();
  std::string out;
  unsigned bits = 0;
  unsigned bit_count = 0;
  for (const char c : digits) {
    const int digit = Base64Digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffffu;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out += static_cast<char>(bits >> bit_count & 0xffu);
  }
  return out;
}

}  // namespace

std::string ChildPath(std::string_view path, std::string_view name) {
  std::string out(path);
  if (!std::ranges::all_of(name, IsPathCharacter) || name.size() > kMaxNameBytes) {
    return out + "[" + Quoted(name) + "]";
  }
  if (!out.empty()) out += '.';
  return out.append(name);
}

std::string ItemPath(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

Result<void> ReadObject(const Field& field, std::initializer_list<FieldRule> rules) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return WrongType(field, "a map");
  std::unordered_set<std::string_view> seen;
  for (const auto& [name, value] : *map) {
    const FieldRule* rule = FindRule(rules, name);
    const std::string path = ChildPath(field.path, name);
    if (rule == nullptr) return FieldError(path, "unknown field");
    if (!seen.insert(name).second) return FieldError(path, "duplicate field");
    if (!value.IsNull()) BERTH_TRY(rule->read({value, path}));
  }
  return {};
}

Result<void> ReadList(const Field& field, const FieldReader& read) {
  const auto* list = field.value.As<Value::List>();
  if (list == nullptr) return WrongType(field, "a list");
  for (std::size_t i = 0; i < list->size(); ++i) {
    BERTH_TRY(read({(*list)[i], ItemPath(field.path, i)}));
  }
  return {};
}

Result<void> Read(const Field& field, bool& out) { return ReadExactly(field, "a boolean", out); }

Result<void> Read(const Field& field, std::int64_t& out) {
  return ReadExactly(field, "an integer", out);
}

Result<void> Read(const Field& field, std::int32_t& out) {
  std::int64_t wide = 0;
  BERTH_TRY(Read(field, wide));
  out = static_cast<std::int32_t>(wide);
  if (out != wide) return InvalidValue(field.path, wide, "does not fit 32 bits");
  return {};
}

Result<void> Read(const Field& field, float& out) {
  if (const auto* integer = field.value.As<std::int64_t>()) {
    out = static_cast<float>(*integer);
    return {};
  }
  const double* number = field.value.As<double>();
  if (number == nullptr) return WrongType(field, "a number");
  constexpr double kMax = std::numeric_limits<float>::max();
  if (!(*number >= -kMax && *number <= kMax)) {
    return FieldError(field.path, "does not fit 32 bits");
  }
  out = static_cast<float>(*number);
  return {};
}

Result<void> Read(const Field& field, std::string& out) {
  return ReadExactly(field, "a string", out);
}

Result<void> Read(const Field& field, std::chrono::nanoseconds& out) {
  std::string text;
  BERTH_TRY(Read(field, text));
  const auto duration = ParseDuration(text);
  if (!duration) return InvalidValue(field.path, text, duration.error().message());
  out = *duration;
  return {};
}

Result<void> ReadBase64(const Field& field, std::string& out) {
  std::string text;
  BERTH_TRY(Read(field, text));
  auto bytes = DecodeBase64(text);
  if (!bytes) return FieldError(field.path, "not valid base64");
  out = *std::move(bytes);
  return {};
}

Result<std::size_t> ReadWord(const Field& field, const std::vector<std::string_view>& words) {
  std::string text;
  BERTH_TRY(Read(field, text));
  const auto it = std::ranges::find(words, text);
  if (it == words.end()) return UnsupportedValue(field.path, text, words);
  return static_cast<std::size_t>(it - words.begin());
}

}  // namespace berth::config

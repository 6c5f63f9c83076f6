#include "scheduler/config/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace berth::config {
namespace {

using namespace std::string_view_literals;

constexpr std::array kNulls = {""sv, "~"sv, "null"sv, "Null"sv, "NULL"sv};
constexpr std::array kTrues = {"y"sv,    "Y"sv,    "yes"sv, "Yes"sv, "YES"sv, "true"sv,
                               "True"sv, "TRUE"sv, "on"sv,  "On"sv,  "ON"sv};
constexpr std::array kFalses = {"n"sv,     "N"sv,     "no"sv,  "No"sv,  "NO"sv, "false"sv,
                                "False"sv, "FALSE"sv, "off"sv, "Off"sv, "OFF"sv};

bool IsOneOf(std::string_view text, const auto& words) {
  return std::ranges::find(words, text) != words.end();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a prefix such as "0x" off; returns the base of the digits that are left.
int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = digits[1];
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;  // 010 is 8 in YAML 1.1
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  std::string digits(text);
  std::erase(digits, '_');
  std::string_view rest = digits;
  const int base = TakeBase(rest);
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), magnitude, base);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

// Decimal notation only: ".inf", ".nan" and hexadecimal floats have no place in a configuration
// and stay strings, which every number field refuses.
std::optional<double> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || !(IsDigit(text[first]) || text[first] == '.')) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsPlainSafe(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/' ||
         c == '-' || c == '_';
}

std::string DoubleQuoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Value ResolvePlainScalar(std::string_view text) {
  if (IsOneOf(text, kNulls)) return {};
  if (IsOneOf(text, kTrues)) return {true};
  if (IsOneOf(text, kFalses)) return {false};
  if (const auto integer = ParseInteger(text)) return {*integer};
  if (const auto number = ParseNumber(text)) return {*number};
  return {std::string(text)};
}

std::string YamlString(std::string_view text) {
  const bool plain = std::ranges::all_of(text, IsPlainSafe) && !text.starts_with('-') &&
                     !text.starts_with('.') &&
                     ResolvePlainScalar(text).As<std::string>() != nullptr;
  return plain ? std::string(text) : DoubleQuoted(text);
}

}  // namespace berth::config

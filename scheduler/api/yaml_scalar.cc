#include "scheduler/api/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace berth::api {
namespace {

// No number and no word has more characters; longer scalars are strings without a look.
constexpr std::size_t kMaxTypedBytes = 128;

constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kWords = {{
    {"", "null"},     {"~", "null"},      {"null", "null"},   {"Null", "null"},   {"NULL", "null"},
    {"y", "true"},    {"Y", "true"},      {"yes", "true"},    {"Yes", "true"},    {"YES", "true"},
    {"true", "true"}, {"True", "true"},   {"TRUE", "true"},   {"on", "true"},     {"On", "true"},
    {"ON", "true"},   {"n", "false"},     {"N", "false"},     {"no", "false"},    {"No", "false"},
    {"NO", "false"},  {"false", "false"}, {"False", "false"}, {"FALSE", "false"}, {"off", "false"},
    {"Off", "false"}, {"OFF", "false"},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The base that a prefix announces, with the prefix taken off; a leading 0 alone means octal.
int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  switch (digits[1]) {
    case 'x':
    case 'X':
      digits.remove_prefix(2);
      return 16;
    case 'o':
    case 'O':
      digits.remove_prefix(2);
      return 8;
    case 'b':
    case 'B':
      digits.remove_prefix(2);
      return 2;
    default:
      digits.remove_prefix(1);
      return 8;
  }
}

// In the range of int64, or of uint64 without a sign.
std::optional<std::string> Integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = TakeBase(text);
  std::uint64_t magnitude = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, magnitude, base);
  if (error != std::errc() || parsed != end) return std::nullopt;
  constexpr std::uint64_t kMinInt64 = std::uint64_t{1} << 63;
  if (negative && magnitude > kMinInt64) return std::nullopt;
  return (negative ? "-" : "") + std::to_string(magnitude);
}

// [-+]? (.digits | digits[.digits]) [e[-+]digits]
bool IsFloat(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - start;
  };
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  };
  sign();
  const std::size_t whole = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// JSON has no leading +, no bare point and no superfluous zeros. The digits stay as written, so
// that a quantity loses nothing on a way through double.
std::string ToJsonNumber(std::string_view text) {
  std::string number;
  if (text.starts_with('-')) number += '-';
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && IsDigit(text[1])) text.remove_prefix(1);
  if (text.starts_with('.')) number += '0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool bare = text[i] == '.' && (i + 1 == text.size() || !IsDigit(text[i + 1]));
    if (!bare) number += text[i];
  }
  return number;
}

}  // namespace

std::optional<std::string> PlainScalarToJson(std::string_view text) {
  if (text.size() > kMaxTypedBytes) return std::nullopt;
  const auto word = std::ranges::find(kWords, text, [](const auto& entry) { return entry.first; });
  if (word != kWords.end()) return std::string(word->second);
  const char first = text[0];
  if (!IsDigit(first) && first != '-' && first != '+' && first != '.') return std::nullopt;
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = Integer(plain)) return integer;
  if (IsFloat(plain)) return ToJsonNumber(plain);
  return std::nullopt;
}

}  // namespace berth::api

// string.format of the extension `strings`.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "scheduler/cel/library.h"
#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

using base::Fail;
using Text = base::Result<std::string>;

constexpr int kMaxPrecision = 1000;

struct Clause {
  char verb = 0;
  int precision = 6;
};

Text WrongType(std::string_view wanted, const Value& value) {
  return Fail("error during formatting: " + std::string(wanted) + ", was given " +
              std::string(value.type().BaseName()));
}

std::string Infinity(double value) {
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

Text AsString(const Value& value);

Text ListText(const List& list) {
  std::string text = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    BERTH_ASSIGN(const std::string element, AsString(list[i]));
    text += (i == 0 ? "" : ", ") + element;
  }
  return text + "]";
}

Text MapText(const Map& map) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [key, value] : map.entries()) {
    BERTH_ASSIGN(std::string key_text, AsString(key));
    BERTH_ASSIGN(std::string value_text, AsString(value));
    entries.emplace_back(std::move(key_text), std::move(value_text));
  }
  std::ranges::sort(entries);
  std::string text = "{";
  for (const auto& [key, value] : entries) {
    text += (text.size() == 1 ? "" : ", ") + key + ": " + value;
  }
  return text + "}";
}

std::string DoubleText(double value) {
  if (!std::isfinite(value)) return Infinity(value);
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

Text AsString(const Value& value) {
  switch (value.kind()) {
    case TypeKind::kNull:
      return "null";
    case TypeKind::kBool:
      return value.as_bool() ? "true" : "false";
    case TypeKind::kInt:
      return std::to_string(value.as_int());
    case TypeKind::kUint:
      return std::to_string(value.as_uint());
    case TypeKind::kDouble:
      return DoubleText(value.as_double());
    case TypeKind::kString:
      return value.as_string();
    case TypeKind::kBytes:
      return value.as_bytes();
    case TypeKind::kTimestamp:
      return TimestampToString(value.as_timestamp());
    case TypeKind::kDuration:
      return DurationToString(value.as_duration());
    case TypeKind::kType:
      return std::string(value.as_type().BaseName());
    case TypeKind::kList:
      return ListText(value.as_list());
    case TypeKind::kMap:
      return MapText(value.as_map());
    default:
      return WrongType(
          "string clause can only be used on strings, bools, bytes, ints, doubles, "
          "maps, lists, types, durations, and timestamps",
          value);
  }
}

Text AsDecimal(const Value& value) {
  if (value.is(TypeKind::kInt) || value.is(TypeKind::kUint)) return AsString(value);
  if (value.is(TypeKind::kDouble)) return DoubleText(value.as_double());
  return WrongType("decimal clause can only be used on integers", value);
}

Text AsFloat(const Value& value, const Clause& clause) {
  double number = 0;
  if (value.is(TypeKind::kDouble)) {
    number = value.as_double();
  } else if (value.is(TypeKind::kInt)) {
    number = static_cast<double>(value.as_int());
  } else if (value.is(TypeKind::kUint)) {
    number = static_cast<double>(value.as_uint());
  } else {
    return WrongType(clause.verb == 'f' ? "fixed-point clause can only be used on doubles"
                                        : "scientific clause can only be used on doubles",
                     value);
  }
  if (!std::isfinite(number)) return Infinity(number);
  std::string text(static_cast<std::size_t>(kMaxPrecision) + 400, '\0');
  const int length =
      clause.verb == 'f'
          ? std::snprintf(text.data(), text.size(), "%.*f", clause.precision, number)
          : std::snprintf(text.data(), text.size(), "%.*e", clause.precision, number);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string Digits(std::uint64_t magnitude, bool negative, int base) {
  char buffer[80];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, base);
  return (negative ? "-" : "") + std::string(buffer, end.ptr);
}

Text InBase(const Value& value, int base) {
  if (value.is(TypeKind::kUint)) return Digits(value.as_uint(), false, base);
  const std::int64_t number = value.as_int();
  const auto bits = static_cast<std::uint64_t>(number);
  return Digits(number < 0 ? 0 - bits : bits, number < 0, base);
}

std::string HexBytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    char buffer[4];
    std::snprintf(buffer, sizeof buffer, "%02x",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += buffer;
  }
  return text;
}

Text AsHex(const Value& value, char verb) {
  std::string text;
  if (value.is(TypeKind::kString)) {
    text = HexBytes(value.as_string());
  } else if (value.is(TypeKind::kBytes)) {
    text = HexBytes(value.as_bytes());
  } else if (value.is(TypeKind::kInt) || value.is(TypeKind::kUint)) {
    BERTH_ASSIGN(text, InBase(value, 16));
  } else {
    return WrongType("only integers, byte buffers, and strings can be formatted as hex", value);
  }
  if (verb == 'X') {
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - ('a' - 'A')) : c;
    });
  }
  return text;
}

Text AsBinaryOrOctal(const Value& value, char verb) {
  const bool integer = value.is(TypeKind::kInt) || value.is(TypeKind::kUint);
  if (integer) return InBase(value, verb == 'b' ? 2 : 8);
  if (verb == 'b' && value.is(TypeKind::kBool)) return value.as_bool() ? "1" : "0";
  return WrongType(verb == 'b' ? "only integers and bools can be formatted as binary"
                               : "octal clause can only be used on integers",
                   value);
}

Text FormatOne(const Clause& clause, const Value& value) {
  switch (clause.verb) {
    case 's':
      return AsString(value);
    case 'd':
      return AsDecimal(value);
    case 'f':
    case 'e':
      return AsFloat(value, clause);
    case 'x':
    case 'X':
      return AsHex(value, clause.verb);
    case 'b':
    case 'o':
      return AsBinaryOrOctal(value, clause.verb);
    default:
      return Fail("could not parse formatting clause: unrecognized formatting clause \"" +
                  std::string(1, clause.verb) + "\"");
  }
}

// What stands behind a percent sign.
base::Result<Clause> TakeClause(std::string_view& rest) {
  Clause clause;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), clause.precision);
    if (error != std::errc() || clause.precision < 0 || clause.precision > kMaxPrecision) {
      return Fail("could not parse formatting clause: error while parsing precision");
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  if (rest.empty()) return Fail("unexpected end of string");
  clause.verb = rest[0];
  rest.remove_prefix(1);
  return clause;
}

}  // namespace

Outcome Format(const std::string& format, const List& args) {
  std::string text;
  std::size_t next = 0;
  for (std::string_view rest = format; !rest.empty();) {
    const auto percent = std::min(rest.find('%'), rest.size());
    text += rest.substr(0, percent);
    rest.remove_prefix(percent);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (rest.starts_with('%')) {
      text += '%';
      rest.remove_prefix(1);
      continue;
    }
    BERTH_ASSIGN(const Clause clause, TakeClause(rest));
    if (next >= args.size()) return Fail("index " + std::to_string(next) + " out of range");
    BERTH_ASSIGN(const std::string one, FormatOne(clause, args[next++]));
    text += one;
    if (text.size() > kMaxResultBytes) return Fail("the string is too long");
  }
  return Value::String(std::move(text));
}

}  // namespace berth::cel

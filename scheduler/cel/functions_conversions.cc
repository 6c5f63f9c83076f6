// int(), string(), type() and the like.
#include <charconv>
#include <cmath>
#include <limits>

#include "scheduler/cel/library.h"
#include "scheduler/cel/utf8.h"

namespace berth::cel {
namespace {

using base::Fail;

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

std::unexpected<base::Error> CannotConvert(std::string_view from, std::string_view to) {
  return Fail("type conversion error from '" + std::string(from) + "' to '" + std::string(to) +
              "'");
}

Outcome Same(Args a) { return a[0]; }

Outcome IntOfUint(Args a) {
  if (a[0].as_uint() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Fail("integer overflow");
  }
  return Value::Int(static_cast<std::int64_t>(a[0].as_uint()));
}
Outcome IntOfDouble(Args a) {
  const double value = a[0].as_double();
  // The ends themselves are refused: a double there may stand for what is beyond.
  if (!(value > -kTwoTo63 && value < kTwoTo63)) return Fail("integer overflow");
  return Value::Int(static_cast<std::int64_t>(value));
}
Outcome IntOfString(Args a) {
  std::string_view text = a[0].as_string();
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool signs = text.size() < a[0].as_string().size() && text.starts_with('-');
  if (error != std::errc() || end != text.data() + text.size() || signs) {
    return CannotConvert("string", "int");
  }
  return Value::Int(value);
}
Outcome IntOfTimestamp(Args a) { return Value::Int(a[0].as_timestamp().seconds); }
Outcome IntOfDuration(Args a) { return Value::Int(a[0].as_duration().nanos); }

Outcome UintOfInt(Args a) {
  if (a[0].as_int() < 0) return Fail("unsigned integer overflow");
  return Value::Uint(static_cast<std::uint64_t>(a[0].as_int()));
}
Outcome UintOfDouble(Args a) {
  const double value = a[0].as_double();
  if (!(value > -1.0 && value < kTwoTo64) || value < 0) return Fail("unsigned integer overflow");
  return Value::Uint(static_cast<std::uint64_t>(value));
}
Outcome UintOfString(Args a) {
  const std::string& text = a[0].as_string();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return CannotConvert("string", "uint");
  }
  return Value::Uint(value);
}

Outcome DoubleOfInt(Args a) { return Value::Double(static_cast<double>(a[0].as_int())); }
Outcome DoubleOfUint(Args a) { return Value::Double(static_cast<double>(a[0].as_uint())); }
Outcome DoubleOfString(Args a) {
  std::string_view text = a[0].as_string();
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return CannotConvert("string", "double");
  }
  return Value::Double(value);
}

Outcome BoolOfString(Args a) {
  const std::string& text = a[0].as_string();
  for (const auto* word : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == word) return Value::Bool(true);
  }
  for (const auto* word : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == word) return Value::Bool(false);
  }
  return CannotConvert("string", "bool");
}

Outcome StringOfBool(Args a) { return Value::String(a[0].as_bool() ? "true" : "false"); }
Outcome StringOfInt(Args a) { return Value::String(std::to_string(a[0].as_int())); }
Outcome StringOfUint(Args a) { return Value::String(std::to_string(a[0].as_uint())); }
Outcome StringOfDouble(Args a) { return Value::String(DoubleToString(a[0].as_double())); }
Outcome StringOfBytes(Args a) {
  if (!IsValidUtf8(a[0].as_bytes()))
    return Fail("invalid UTF-8 in bytes, cannot convert to string");
  return Value::String(a[0].as_bytes());
}
Outcome StringOfTimestamp(Args a) { return Value::String(TimestampToString(a[0].as_timestamp())); }
Outcome StringOfDuration(Args a) { return Value::String(DurationToString(a[0].as_duration())); }

Outcome BytesOfString(Args a) { return Value::OfBytes(a[0].as_string()); }

Outcome TimestampOfString(Args a) {
  BERTH_ASSIGN(const Timestamp timestamp, ParseTimestamp(a[0].as_string()));
  return Value::OfTimestamp(timestamp);
}
Outcome TimestampOfInt(Args a) {
  const auto timestamp = MakeTimestamp(static_cast<__int128>(a[0].as_int()) * 1'000'000'000);
  if (!timestamp) return Fail("timestamp overflow");
  return Value::OfTimestamp(*timestamp);
}
Outcome DurationOfString(Args a) {
  BERTH_ASSIGN(const Duration duration, ParseDuration(a[0].as_string()));
  return Value::OfDuration(duration);
}
Outcome DurationOfInt(Args a) { return Value::OfDuration({a[0].as_int()}); }

Outcome TypeOf(Args a) {
  if (a[0].is(TypeKind::kType)) return Value::OfType(Type::Of(TypeKind::kType));
  return Value::OfType(a[0].type());
}

constexpr FunctionRow kRows[] = {
    {"int", "", "int", "int", Same},
    {"int", "", "uint", "int", IntOfUint},
    {"int", "", "double", "int", IntOfDouble},
    {"int", "", "string", "int", IntOfString},
    {"int", "", "timestamp", "int", IntOfTimestamp},
    {"int", "", "duration", "int", IntOfDuration},
    {"uint", "", "uint", "uint", Same},
    {"uint", "", "int", "uint", UintOfInt},
    {"uint", "", "double", "uint", UintOfDouble},
    {"uint", "", "string", "uint", UintOfString},
    {"double", "", "double", "double", Same},
    {"double", "", "int", "double", DoubleOfInt},
    {"double", "", "uint", "double", DoubleOfUint},
    {"double", "", "string", "double", DoubleOfString},
    {"bool", "", "bool", "bool", Same},
    {"bool", "", "string", "bool", BoolOfString},
    {"string", "", "string", "string", Same},
    {"string", "", "bool", "string", StringOfBool},
    {"string", "", "int", "string", StringOfInt},
    {"string", "", "uint", "string", StringOfUint},
    {"string", "", "double", "string", StringOfDouble},
    {"string", "", "bytes", "string", StringOfBytes},
    {"string", "", "timestamp", "string", StringOfTimestamp},
    {"string", "", "duration", "string", StringOfDuration},
    {"bytes", "", "bytes", "bytes", Same},
    {"bytes", "", "string", "bytes", BytesOfString},
    {"timestamp", "", "timestamp", "timestamp", Same},
    {"timestamp", "", "string", "timestamp", TimestampOfString},
    {"timestamp", "", "int", "timestamp", TimestampOfInt},
    {"duration", "", "duration", "duration", Same},
    {"duration", "", "string", "duration", DurationOfString},
    {"duration", "", "int", "duration", DurationOfInt},
    {"dyn", "", "A", "dyn", Same},
    {"type", "", "A", "type(A)", TypeOf},
};

}  // namespace

// With an exponent below 10^-4 and from 10^6 on.
std::string DoubleToString(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  const auto scientific =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string text(buffer, scientific.ptr);
  const auto e = text.find('e');
  int exponent = 0;
  const char* digits = text.data() + e + 1;
  if (*digits == '+') ++digits;
  std::from_chars(digits, text.data() + text.size(), exponent);
  constexpr int kFirstWithExponent = 6;
  if (exponent < -4 || exponent >= kFirstWithExponent) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return std::string(buffer, fixed.ptr);
}

std::span<const FunctionRow> ConversionFunctions() { return kRows; }

}  // namespace berth::cel

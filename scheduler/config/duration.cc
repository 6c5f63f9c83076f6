#include "scheduler/config/duration.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace berth::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Longer names before those that they begin with.
constexpr std::array kUnits = {
    Unit{"ns", 1},
    Unit{"us", 1'000},
    Unit{"\u00b5s", 1'000},  // micro sign
    Unit{"\u03bcs", 1'000},  // Greek mu
    Unit{"ms", 1'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"h", 3'600'000'000'000},
};

constexpr __int128 kMax = std::numeric_limits<std::int64_t>::max();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> TakeUnit(std::string_view& text) {
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return std::nullopt;
}

// The digits of `mantissa` with `decimals` of them after the point.
struct Number {
  __int128 mantissa = 0;
  __int128 scale = 1;
};

std::optional<Number> TakeNumber(std::string_view& text) {
  Number number;
  bool any = false;
  bool point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '.' && !point) {
      point = true;
      continue;
    }
    if (!IsDigit(text[0])) break;
    any = true;
    // Digits below a nanosecond are dropped, as Go does.
    if (point && number.scale > 1'000'000'000'000'000) continue;
    number.mantissa = number.mantissa * 10 + (text[0] - '0');
    if (point) number.scale *= 10;
    if (number.mantissa / number.scale > kMax) return std::nullopt;
  }
  return any ? std::optional(number) : std::nullopt;
}

std::string Decimal(std::int64_t value, std::int64_t unit, std::string_view name) {
  std::string out = std::to_string(value / unit);
  std::string fraction;
  for (std::int64_t rest = value % unit; rest != 0;) {
    unit /= 10;
    fraction += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
  if (!fraction.empty()) out += "." + fraction;
  return out.append(name);
}

std::string FormatPositive(std::int64_t nanoseconds) {
  if (nanoseconds < 1'000) return Decimal(nanoseconds, 1, "ns");
  if (nanoseconds < 1'000'000) return Decimal(nanoseconds, 1'000, "\u00b5s");
  if (nanoseconds < 1'000'000'000) return Decimal(nanoseconds, 1'000'000, "ms");
  constexpr std::int64_t kMinute = 60'000'000'000;
  const std::int64_t minutes = nanoseconds / kMinute;
  std::string seconds = Decimal(nanoseconds % kMinute, 1'000'000'000, "s");
  if (minutes == 0) return seconds;
  const std::string rest = std::to_string(minutes % 60) + "m" + seconds;
  return minutes < 60 ? rest : std::to_string(minutes / 60) + "h" + rest;
}

}  // namespace

base::Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const auto bad = base::Fail("not a duration (such as 15s, 1m30s or 300ms)");
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return bad;
  __int128 total = 0;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    if (!number) return bad;
    const auto unit = TakeUnit(text);
    if (!unit) return bad;
    total += number->mantissa * *unit / number->scale;
    if (total > kMax) return base::Fail("too long a duration");
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? -total : total));
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  if (count > 0) return FormatPositive(count);
  // ParseDuration gives nothing below -(2^63-1), so the sign can be turned.
  return "-" + FormatPositive(count == std::numeric_limits<std::int64_t>::min()
                                  ? std::numeric_limits<std::int64_t>::max()
                                  : -count);
}

}  // namespace berth::config

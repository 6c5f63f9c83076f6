// Timestamps and durations, as Go's time package reads and writes them.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

#include "scheduler/cel/library.h"

namespace berth::cel {
namespace {

using base::Fail;
using base::Result;

constexpr std::int64_t kNanos = 1'000'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

__int128 NanosOf(Timestamp time) {
  return static_cast<__int128>(time.seconds) * kNanos + time.nanos;
}

// ---- Text ----

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits.
Result<std::int32_t> TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !std::ranges::all_of(text.substr(0, count), IsDigit)) {
    return Fail("a digit is missing");
  }
  std::int32_t value = 0;
  std::from_chars(text.data(), text.data() + count, value);
  text.remove_prefix(count);
  return value;
}

Result<void> TakeChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text[0]) == std::string_view::npos) {
    return Fail("'" + std::string(allowed) + "' is missing");
  }
  text.remove_prefix(1);
  return {};
}

// ".123456789", of which 9 digits count; 0 without a point.
Result<std::int32_t> TakeFraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  std::int32_t nanos = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && IsDigit(text[digits]); ++digits) {
    if (digits < 9) nanos = nanos * 10 + (text[digits] - '0');
  }
  if (digits == 0) return Fail("a fraction has no digits");
  text.remove_prefix(digits);
  for (std::size_t i = digits; i < 9; ++i) nanos *= 10;
  return nanos;
}

// "Z" or "+05:30", in seconds.
Result<std::int64_t> TakeOffset(std::string_view& text) {
  if (!text.empty() && (text[0] == 'Z' || text[0] == 'z')) {
    text.remove_prefix(1);
    return 0;
  }
  const bool negative = !text.empty() && text[0] == '-';
  BERTH_TRY(TakeChar(text, "+-"));
  BERTH_ASSIGN(const std::int32_t hours, TakeDigits(text, 2));
  BERTH_TRY(TakeChar(text, ":"));
  BERTH_ASSIGN(const std::int32_t minutes, TakeDigits(text, 2));
  if (hours > 23 || minutes > 59) return Fail("an offset is out of range");
  const std::int64_t seconds = hours * 3600 + minutes * 60;
  return negative ? -seconds : seconds;
}

std::chrono::year_month_day DateOf(std::int64_t seconds) {
  return std::chrono::sys_days(
      std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds)));
}

Result<std::int64_t> TakeDate(std::string_view& text) {
  BERTH_ASSIGN(const std::int32_t year, TakeDigits(text, 4));
  BERTH_TRY(TakeChar(text, "-"));
  BERTH_ASSIGN(const std::int32_t month, TakeDigits(text, 2));
  BERTH_TRY(TakeChar(text, "-"));
  BERTH_ASSIGN(const std::int32_t day, TakeDigits(text, 2));
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return Fail("there is no such day");
  return std::chrono::sys_days(date).time_since_epoch().count() * kSecondsPerDay;
}

Result<std::int64_t> TakeTime(std::string_view& text) {
  BERTH_ASSIGN(const std::int32_t hours, TakeDigits(text, 2));
  BERTH_TRY(TakeChar(text, ":"));
  BERTH_ASSIGN(const std::int32_t minutes, TakeDigits(text, 2));
  BERTH_TRY(TakeChar(text, ":"));
  BERTH_ASSIGN(const std::int32_t seconds, TakeDigits(text, 2));
  if (hours > 23 || minutes > 59 || seconds > 59) return Fail("a time is out of range");
  return hours * 3600 + minutes * 60 + seconds;
}

Result<Timestamp> ReadTimestamp(std::string_view text) {
  BERTH_ASSIGN(std::int64_t seconds, TakeDate(text));
  BERTH_TRY(TakeChar(text, "Tt"));
  BERTH_ASSIGN(const std::int64_t time, TakeTime(text));
  BERTH_ASSIGN(const std::int32_t nanos, TakeFraction(text));
  BERTH_ASSIGN(const std::int64_t offset, TakeOffset(text));
  if (!text.empty()) return Fail("there is more text");
  seconds += time - offset;
  return Timestamp{seconds, nanos};
}

// Nanoseconds of a unit of Go's durations; 0 for none. Takes the unit.
std::int64_t TakeUnit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::int64_t nanos;
  };
  static constexpr Unit kUnits[] = {{"ns", 1},          {"us", 1'000},       {"\u00b5s", 1'000},
                                    {"\u03bcs", 1'000}, {"ms", 1'000'000},   {"s", kNanos},
                                    {"m", 60 * kNanos}, {"h", 3600 * kNanos}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanos;
  }
  return 0;
}

// "1.5h": digits, at most one point, a unit.
Result<__int128> TakeDurationPart(std::string_view& text) {
  constexpr __int128 kLimit = static_cast<__int128>(1) << 80;
  __int128 whole = 0;
  std::size_t digits = 0;
  for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1), ++digits) {
    whole = std::min(whole * 10 + (text[0] - '0'), kLimit);
  }
  double fraction = 0;
  double scale = 1;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1), ++digits) {
      scale /= 10;
      fraction += scale * (text[0] - '0');
    }
  }
  const std::int64_t unit = digits == 0 ? 0 : TakeUnit(text);
  if (unit == 0) return Fail("a number or unit is missing");
  if (whole >= kLimit / unit) return kLimit;
  return whole * unit + static_cast<__int128>(fraction * static_cast<double>(unit) + 0.5);
}

std::string TrimmedZeros(std::string digits) {
  while (digits.ends_with('0')) digits.pop_back();
  return digits;
}

// ---- Arithmetic ----

Outcome MakeDuration(__int128 nanos) {
  if (nanos > std::numeric_limits<std::int64_t>::max() ||
      nanos < std::numeric_limits<std::int64_t>::min()) {
    return Fail("duration overflow");
  }
  return Value::OfDuration({static_cast<std::int64_t>(nanos)});
}
Outcome MakeTime(__int128 nanos) {
  const auto time = MakeTimestamp(nanos);
  if (!time) return Fail("timestamp overflow");
  return Value::OfTimestamp(*time);
}

Outcome AddDurations(Args a) {
  return MakeDuration(static_cast<__int128>(a[0].as_duration().nanos) + a[1].as_duration().nanos);
}
Outcome SubtractDurations(Args a) {
  return MakeDuration(static_cast<__int128>(a[0].as_duration().nanos) - a[1].as_duration().nanos);
}
Outcome NegateDuration(Args a) {
  return MakeDuration(-static_cast<__int128>(a[0].as_duration().nanos));
}
Outcome AddToTime(Args a) {
  return MakeTime(NanosOf(a[0].as_timestamp()) + a[1].as_duration().nanos);
}
Outcome AddTimeTo(Args a) {
  return MakeTime(NanosOf(a[1].as_timestamp()) + a[0].as_duration().nanos);
}
Outcome SubtractFromTime(Args a) {
  return MakeTime(NanosOf(a[0].as_timestamp()) - a[1].as_duration().nanos);
}
Outcome TimeBetween(Args a) {
  return MakeDuration(NanosOf(a[0].as_timestamp()) - NanosOf(a[1].as_timestamp()));
}

// ---- Parts ----

// Of the timezones only UTC and offsets are known: this machine's database is not ours to ask.
Result<std::int64_t> ZoneOffset(const std::string& zone) {
  if (zone.empty() || zone == "UTC" || zone == "Z") return 0;
  std::string text = zone;
  if (text[0] != '+' && text[0] != '-') text.insert(0, "+");
  std::string_view rest = text;
  const auto offset = TakeOffset(rest);
  if (!offset || !rest.empty()) return Fail("unknown time zone " + zone);
  return *offset;
}

// A part of the local time, given its seconds since the epoch and the nanoseconds.
using PartOf = std::int64_t (*)(std::int64_t seconds, std::int32_t nanos);

Outcome TimePart(Args a, PartOf part) {
  std::int64_t offset = 0;
  if (a.size() > 1) {
    BERTH_ASSIGN(offset, ZoneOffset(a[1].as_string()));
  }
  const Timestamp time = a[0].as_timestamp();
  return Value::Int(part(time.seconds + offset, time.nanos));
}

std::int64_t SecondOfDay(std::int64_t seconds) {
  const std::int64_t rest = seconds % kSecondsPerDay;
  return rest < 0 ? rest + kSecondsPerDay : rest;
}
std::int64_t DayOfYear(std::int64_t seconds, std::int32_t) {
  const auto date = DateOf(seconds);
  return (std::chrono::sys_days(date) - std::chrono::sys_days(date.year() / 1 / 1)).count();
}

Outcome FullYear(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) {
    return std::int64_t{static_cast<int>(DateOf(s).year())};
  });
}
Outcome Month(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) {
    return std::int64_t{static_cast<unsigned>(DateOf(s).month())} - 1;
  });
}
Outcome YearDay(Args a) { return TimePart(a, DayOfYear); }
Outcome MonthDay(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) {
    return std::int64_t{static_cast<unsigned>(DateOf(s).day())} - 1;
  });
}
Outcome Date(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) {
    return std::int64_t{static_cast<unsigned>(DateOf(s).day())};
  });
}
Outcome WeekDay(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) {
    return std::int64_t{std::chrono::weekday(std::chrono::sys_days(DateOf(s))).c_encoding()};
  });
}
Outcome Hours(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) { return SecondOfDay(s) / 3600; });
}
Outcome Minutes(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) { return SecondOfDay(s) / 60 % 60; });
}
Outcome Seconds(Args a) {
  return TimePart(a, [](std::int64_t s, std::int32_t) { return SecondOfDay(s) % 60; });
}
Outcome Milliseconds(Args a) {
  return TimePart(a,
                  [](std::int64_t, std::int32_t nanos) { return std::int64_t{nanos / 1'000'000}; });
}

Outcome DurationHours(Args a) { return Value::Int(a[0].as_duration().nanos / (3600 * kNanos)); }
Outcome DurationMinutes(Args a) { return Value::Int(a[0].as_duration().nanos / (60 * kNanos)); }
Outcome DurationSeconds(Args a) { return Value::Int(a[0].as_duration().nanos / kNanos); }
Outcome DurationMilliseconds(Args a) {
  return Value::Int(a[0].as_duration().nanos / 1'000'000 % 1'000);
}

#define BERTH_TIME_PART(name, function) \
  {name, "timestamp", "", "int", function}, { name, "timestamp", "string", "int", function }

constexpr FunctionRow kRows[] = {
    {"_+_", "", "duration, duration", "duration", AddDurations},
    {"_+_", "", "timestamp, duration", "timestamp", AddToTime},
    {"_+_", "", "duration, timestamp", "timestamp", AddTimeTo},
    {"_-_", "", "duration, duration", "duration", SubtractDurations},
    {"_-_", "", "timestamp, duration", "timestamp", SubtractFromTime},
    {"_-_", "", "timestamp, timestamp", "duration", TimeBetween},
    {"-_", "", "duration", "duration", NegateDuration},
    BERTH_TIME_PART("getFullYear", FullYear),
    BERTH_TIME_PART("getMonth", Month),
    BERTH_TIME_PART("getDayOfYear", YearDay),
    BERTH_TIME_PART("getDayOfMonth", MonthDay),
    BERTH_TIME_PART("getDate", Date),
    BERTH_TIME_PART("getDayOfWeek", WeekDay),
    BERTH_TIME_PART("getHours", Hours),
    BERTH_TIME_PART("getMinutes", Minutes),
    BERTH_TIME_PART("getSeconds", Seconds),
    BERTH_TIME_PART("getMilliseconds", Milliseconds),
    {"getHours", "duration", "", "int", DurationHours},
    {"getMinutes", "duration", "", "int", DurationMinutes},
    {"getSeconds", "duration", "", "int", DurationSeconds},
    {"getMilliseconds", "duration", "", "int", DurationMilliseconds},
};

#undef BERTH_TIME_PART

}  // namespace

std::optional<Timestamp> MakeTimestamp(__int128 nanos_since_epoch) {
  __int128 seconds = nanos_since_epoch / kNanos;
  auto nanos = static_cast<std::int32_t>(nanos_since_epoch % kNanos);
  if (nanos < 0) {
    nanos += static_cast<std::int32_t>(kNanos);
    --seconds;
  }
  if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;
  return Timestamp{static_cast<std::int64_t>(seconds), nanos};
}

Result<Timestamp> ParseTimestamp(std::string_view text) {
  const auto time = ReadTimestamp(text);
  if (!time) return Fail("invalid timestamp \"" + std::string(text.substr(0, 80)) + "\"");
  if (time->seconds < kFirstSecond || time->seconds > kLastSecond) {
    return Fail("timestamp overflow");
  }
  return *time;
}

Result<Duration> ParseDuration(std::string_view text) {
  const auto invalid = [&] {
    return Fail("time: invalid duration \"" + std::string(text.substr(0, 80)) + "\"");
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration{};
  if (rest.empty()) return invalid();
  __int128 nanos = 0;
  while (!rest.empty()) {
    const auto part = TakeDurationPart(rest);
    if (!part) return invalid();
    nanos = std::min(nanos + *part, static_cast<__int128>(1) << 90);
  }
  if (negative) nanos = -nanos;
  if (nanos > std::numeric_limits<std::int64_t>::max() ||
      nanos < std::numeric_limits<std::int64_t>::min()) {
    return invalid();
  }
  return Duration{static_cast<std::int64_t>(nanos)};
}

std::string DurationToString(Duration duration) {
  const bool negative = duration.nanos < 0;
  const __int128 nanos = negative ? -static_cast<__int128>(duration.nanos) : duration.nanos;
  std::string text =
      (negative ? "-" : "") + std::to_string(static_cast<std::int64_t>(nanos / kNanos));
  if (nanos % kNanos != 0) {
    const std::string digits = std::to_string(static_cast<std::int64_t>(nanos % kNanos));
    text += "." + TrimmedZeros(std::string(9 - digits.size(), '0') + digits);
  }
  return text + "s";
}

std::string TimestampToString(Timestamp time) {
  const auto date = DateOf(time.seconds);
  const std::int64_t second = SecondOfDay(time.seconds);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(second / 3600),
                static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  std::string text = buffer;
  if (time.nanos != 0) {
    const std::string digits = std::to_string(time.nanos);
    text += "." + TrimmedZeros(std::string(9 - digits.size(), '0') + digits);
  }
  return text + "Z";
}

std::span<const FunctionRow> TimeFunctions() { return kRows; }

}  // namespace berth::cel

#include "scheduler/api/rfc3339.h"

#include <chrono>
#include <cstdio>

namespace berth::api {
namespace {

constexpr int kMinYear = 1678;  // int64 nanoseconds reach a little further on both sides
constexpr int kMaxYear = 2261;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// Takes what it expects from the front of a text; once something is missing, ok() stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!AtDigit()) return Fail();
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  void Expect(char c) {
    if (!Accept(c)) Fail();
  }
  bool Accept(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Digits behind a decimal point, in nanoseconds; places beyond the ninth are cut off.
  std::int64_t Fraction() {
    std::int64_t nanos = 0;
    std::int64_t unit = kNanosPerSecond / 10;
    if (!AtDigit()) return Fail();
    for (; AtDigit(); text_.remove_prefix(1), unit /= 10) nanos += (text_.front() - '0') * unit;
    return nanos;
  }
  int Fail() {
    ok_ = false;
    return 0;
  }
  bool AtEnd() const { return ok_ && text_.empty(); }

 private:
  bool AtDigit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }

  std::string_view text_;
  bool ok_ = true;
};

// Seconds east of Greenwich.
std::int64_t Offset(Scanner& scanner) {
  if (scanner.Accept('Z') || scanner.Accept('z')) return 0;
  const int sign = scanner.Accept('-') ? -1 : 1;
  if (sign == 1) scanner.Expect('+');
  const int hours = scanner.Digits(2);
  scanner.Expect(':');
  const int minutes = scanner.Digits(2);
  if (hours > 23 || minutes > 59) scanner.Fail();
  return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::optional<std::int64_t> ParseRfc3339(std::string_view text) {
  Scanner scanner(text);
  const int year = scanner.Digits(4);
  scanner.Expect('-');
  const int month = scanner.Digits(2);
  scanner.Expect('-');
  const int day = scanner.Digits(2);
  if (!scanner.Accept('t')) scanner.Expect('T');
  const int hour = scanner.Digits(2);
  scanner.Expect(':');
  const int minute = scanner.Digits(2);
  scanner.Expect(':');
  const int second = scanner.Digits(2);
  const std::int64_t nanos = scanner.Accept('.') ? scanner.Fraction() : 0;
  const std::int64_t offset = Offset(scanner);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!scanner.AtEnd() || !date.ok() || year < kMinYear || year > kMaxYear || hour > 23 ||
      minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset;
  return seconds * kNanosPerSecond + nanos;
}

std::string FormatRfc3339(std::int64_t nanoseconds) {
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::nanoseconds> at{std::chrono::nanoseconds(nanoseconds)};
  const auto day = floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::seconds>(at - day));
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace berth::api

#include "scheduler/kube/event_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace berth::kube {
namespace {

using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;

// "2026-01-02T03:04:05", without a zone.
std::string DateAndTime(Nanoseconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace

std::string MicroTime(std::int64_t nanoseconds) {
  const Nanoseconds time{std::chrono::nanoseconds(nanoseconds)};
  const auto part = time - std::chrono::floor<std::chrono::seconds>(time);
  std::string micros = std::to_string(part.count() / 1000);
  micros.insert(0, 6 - micros.size(), '0');
  return DateAndTime(time) + "." + micros + "Z";
}

std::string SecondTime(std::int64_t nanoseconds) {
  return DateAndTime(Nanoseconds(std::chrono::nanoseconds(nanoseconds))) + "Z";
}

}  // namespace berth::kube

#include "scheduler/config/duration.h"

#include <gtest/gtest.h>

namespace berth::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsGoDurations) {
  const auto parse = [](const char* text) { return ParseDuration(text).value(); };
  EXPECT_EQ(parse("15s"), 15s);
  EXPECT_EQ(parse("1m30s"), 90s);
  EXPECT_EQ(parse("1.5h"), 90min);
  EXPECT_EQ(parse("300ms"), 300ms);
  EXPECT_EQ(parse("7us"), 7us);
  EXPECT_EQ(parse("7\u00b5s"), 7us);
  EXPECT_EQ(parse("7\u03bcs"), 7us);
  EXPECT_EQ(parse("9ns"), 9ns);
  EXPECT_EQ(parse("0"), 0s);
  EXPECT_EQ(parse("-2s"), -2s);
  EXPECT_EQ(parse("+2s"), 2s);
  EXPECT_EQ(parse(".5s"), 500ms);
  EXPECT_EQ(parse("1.s"), 1s);
  EXPECT_EQ(parse("1.00000000000000000000001s"), 1s);
}

TEST(Duration, RefusesAnythingElse) {
  for (const char* text : {"", "s", "5", "5 s", "5x", "1s2", ".s", "-", "--1s", "1e3s", " 1s",
                           "9223372036854775808ns", "999999999999999999999h", "3000000h"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

TEST(Duration, WritesAsGoDoes) {
  EXPECT_EQ(FormatDuration(0s), "0s");
  EXPECT_EQ(FormatDuration(15s), "15s");
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(1h), "1h0m0s");
  EXPECT_EQ(FormatDuration(2500ms), "2.5s");
  EXPECT_EQ(FormatDuration(300ms), "300ms");
  EXPECT_EQ(FormatDuration(1500ns), "1.5\u00b5s");
  EXPECT_EQ(FormatDuration(7ns), "7ns");
  EXPECT_EQ(FormatDuration(-90s), "-1m30s");
}

TEST(Duration, ReadsBackWhatItWrites) {
  for (const std::int64_t nanoseconds :
       {std::int64_t{1}, std::int64_t{999}, std::int64_t{1'000'001}, std::int64_t{59'999'999'999},
        std::int64_t{3'600'000'000'001}, std::int64_t{9223372036854775807},
        std::int64_t{-9223372036854775807}}) {
    const std::chrono::nanoseconds duration(nanoseconds);
    EXPECT_EQ(ParseDuration(FormatDuration(duration)).value(), duration) << nanoseconds;
  }
}

}  // namespace
}  // namespace berth::config

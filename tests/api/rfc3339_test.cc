#include "scheduler/api/rfc3339.h"

#include <gtest/gtest.h>

namespace berth::api {
namespace {

TEST(Rfc3339Test, ReadsTimes) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("2026-01-02T03:04:05Z"), 1767323045'000000000);
  EXPECT_EQ(ParseRfc3339("2026-01-02T03:04:05.25Z"), 1767323045'250000000);
  EXPECT_EQ(ParseRfc3339("2026-01-02T03:04:05.123456789Z"), 1767323045'123456789);
  EXPECT_EQ(ParseRfc3339("2026-01-02T05:04:05+02:00"), 1767323045'000000000);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59Z"), -1'000000000);
}

TEST(Rfc3339Test, RefusesOtherThings) {
  for (const char* text :
       {"", "now", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z",
        "2026-01-02T24:00:00Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05Zx", "9999-01-02T03:04:05Z", "2026-01-02 03:04:05Z"}) {
    EXPECT_FALSE(ParseRfc3339(text)) << text;
  }
}

TEST(Rfc3339, WritesToTheSecond) {
  EXPECT_EQ(FormatRfc3339(1'700'000'000'999'999'999), "2023-11-14T22:13:20Z");
  EXPECT_EQ(FormatRfc3339(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(ParseRfc3339(FormatRfc3339(0)), 0);
}

}  // namespace
}  // namespace berth::api

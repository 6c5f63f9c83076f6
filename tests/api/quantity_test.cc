#include "scheduler/api/quantity.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "scheduler/base/random.h"

namespace berth::api {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Case {
  const char* text;
  std::int64_t value;
  std::int64_t milli;
};

// Recorded from apimachinery 0.36 (ParseQuantity, Value, MilliValue).
TEST(QuantityTest, ReadsWhatApimachineryReads) {
  const Case cases[] = {
      {"0", 0, 0},
      {"1", 1, 1000},
      {"100m", 1, 100},
      {"0.1", 1, 100},
      {"1.5Gi", 1610612736, 1610612736000},
      {"128974848", 128974848, 128974848000},
      {"129e6", 129000000, 129000000000},
      {"129M", 129000000, 129000000000},
      {"123Mi", 128974848, 128974848000},
      {"2E3", 2000, 2000000},
      {"2E", 2000000000000000000, kMax},
      {"5e-1", 1, 500},
      {"1u", 1, 1},
      {"1n", 1, 1},
      {"0.1n", 1, 1},
      {"1e-400", 1, 1},
      {"1.G", 1000000000, 1000000000000},
      {".5", 1, 500},
      {"+1k", 1000, 1000000},
      {"007", 7, 7000},
      {"0.0001", 1, 1},
      {"0.3Ki", 308, 307200},
      {"m", 0, 0},
      {"e3", 0, 0},
      {"0e9999", 0, 0},
      {"1e00003", 1000, 1000000},
  };
  for (const Case& c : cases) {
    const auto quantity = Quantity::Parse(c.text);
    ASSERT_TRUE(quantity) << c.text;
    EXPECT_EQ(quantity->Value(), c.value) << c.text;
    EXPECT_EQ(quantity->MilliValue(), c.milli) << c.text;
  }
}

TEST(QuantityTest, RefusesWhatApimachineryRefuses) {
  for (const char* text : {"",      "1.2.3Gi",
                           "1i",    "1mi",
                           "0.1am", "aoeu",
                           ".5i",   "1+1.0M",
                           "1.1.M", "--1",
                           "1 ",    " 1",
                           "1e",    "1e+",
                           "1e1.0", "1kk",
                           "1KiB",  "0x10",
                           "1,5",   "Pi",
                           "e-12",  "1e99999999999999999999"}) {
    EXPECT_FALSE(Quantity::Parse(text)) << text;
  }
}

TEST(QuantityTest, IsHeldWithinInt64) {
  EXPECT_EQ(Quantity::Parse("1e400")->Value(), kMax);
  EXPECT_EQ(Quantity::Parse("100Ei")->Value(), kMax);
  EXPECT_EQ(Quantity::Parse("-100Ei")->Value(), -kMax);
  EXPECT_EQ(Quantity::Parse(std::string(100'000, '9'))->Value(), kMax);
}

TEST(QuantityTest, IsExactForAnyNumberOfDigits) {
  const auto quantity = Quantity::Parse("0." + std::string(50, '9') + "Ei");
  ASSERT_TRUE(quantity);
  EXPECT_EQ(quantity->Value(), std::int64_t{1} << 60);
  EXPECT_EQ(Quantity::Parse("1." + std::string(1000, '0') + "1")->MilliValue(), 1001);
}

TEST(QuantityTest, SumsAreExactAndRoundOnlyAtTheEnd) {
  const Quantity tenth = *Quantity::Parse("0.1");
  Quantity sum;
  for (int i = 0; i < 10; ++i) sum += tenth;
  EXPECT_EQ(sum.Value(), 1);
  EXPECT_EQ(Quantity::FromNanos(-1).Value(), -1);
}

TEST(QuantityTest, WritesWhatItReadsBack) {
  EXPECT_EQ(Quantity::Parse("1.5")->ToString(), "1500m");
  EXPECT_EQ(Quantity::Parse("1Gi")->ToString(), "1073741824");
  EXPECT_EQ(Quantity::Parse("-2")->ToString(), "-2");
  EXPECT_EQ(Quantity().ToString(), "0");
  base::Random random(2026);
  for (int i = 0; i < 10'000; ++i) {
    const auto nanos = static_cast<__int128>(static_cast<std::int64_t>(random.Next()));
    const Quantity quantity = Quantity::FromNanos(nanos * (i % 7 == 0 ? 1'000'000'000 : 1));
    EXPECT_EQ(Quantity::Parse(quantity.ToString()), quantity) << quantity.ToString();
  }
}

}  // namespace
}  // namespace berth::api

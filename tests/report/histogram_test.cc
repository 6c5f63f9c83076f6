#include "scheduler/report/histogram.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace berth::report {
namespace {

TEST(LogHistogram, IsEmptyWithoutSamples) { EXPECT_TRUE(LogHistogram({}).empty()); }

TEST(LogHistogram, HasEverySampleInItsBin) {
  const std::vector<std::int64_t> samples = {1000, 1000, 1258, 1300, 10'000, 99'999};
  const auto bins = LogHistogram(samples);
  ASSERT_EQ(bins.size(), 20u);  // 10^3 up to 10^5
  EXPECT_EQ(bins[0].count, 3);
  EXPECT_EQ(bins[1].count, 1);
  EXPECT_EQ(bins[10].count, 1);
  EXPECT_EQ(bins[19].count, 1);
  for (const auto sample : samples) {
    int holders = 0;
    for (const Bin& bin : bins) {
      const auto value = static_cast<double>(sample);
      holders += bin.from <= value && value < bin.to && bin.count > 0 ? 1 : 0;
    }
    EXPECT_EQ(holders, 1) << sample;
  }
}

TEST(LogHistogram, StaysSmallForAnySamples) {
  const std::vector<std::int64_t> samples = {-5, 0, 1, std::numeric_limits<std::int64_t>::max()};
  const auto bins = LogHistogram(samples);
  EXPECT_EQ(bins.size(), 190u);
  EXPECT_EQ(bins.front().count, 3);
  EXPECT_EQ(bins.back().count, 1);
}

}  // namespace
}  // namespace berth::report

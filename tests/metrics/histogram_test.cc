#include "scheduler/metrics/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "scheduler/metrics/counter.h"
#include "scheduler/metrics/gauge.h"

namespace berth::metrics {
namespace {

using testing::ElementsAre;

TEST(Histogram, ABoundBelongsToTheRangeBelowIt) {
  Histogram histogram({1, 2, 4});
  for (const double value : {0.0, -1.0, 1.0, 1.5, 2.0, 4.0, 4.5, 100.0}) histogram.Observe(value);
  EXPECT_THAT(histogram.Counts(), ElementsAre(3, 2, 1, 2));
  EXPECT_EQ(histogram.sum(), 112.0);
}

TEST(Histogram, PutsWhatIsNoNumberIntoTheLastRange) {
  Histogram histogram({1});
  histogram.Observe(std::numeric_limits<double>::quiet_NaN());
  histogram.Observe(std::numeric_limits<double>::infinity());
  EXPECT_THAT(histogram.Counts(), ElementsAre(0, 2));
}

TEST(Histogram, TakesDurationsInSeconds) {
  Histogram histogram({0.001, 1});
  histogram.Observe(std::chrono::milliseconds(500));
  EXPECT_THAT(histogram.Counts(), ElementsAre(0, 1, 0));
  EXPECT_EQ(histogram.sum(), 0.5);
}

TEST(Histogram, WorksWithoutBounds) {
  Histogram histogram({});
  histogram.Observe(3);
  EXPECT_THAT(histogram.Counts(), ElementsAre(1));
}

TEST(Histogram, StartsAgainAfterAReset) {
  Histogram histogram({1});
  histogram.Observe(3);
  histogram.Reset();
  EXPECT_THAT(histogram.Counts(), ElementsAre(0, 0));
  EXPECT_EQ(histogram.sum(), 0);
}

TEST(Buckets, GrowByAFactorRoundedAsInGo) {
  EXPECT_THAT(ExponentialBuckets(1, 2, 4), ElementsAre(1, 2, 4, 8));
  EXPECT_EQ(ExponentialBuckets(0.00001, 1.5, 20).back(), 0.02216837820053101);
  EXPECT_TRUE(ExponentialBuckets(1, 2, 0).empty());
}

TEST(Metrics, LoseNothingBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 10'000;
  Histogram histogram({1, 2});
  Counter counter;
  Gauge gauge;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          histogram.Observe(round % 3 + 0.5);
          counter.Increment();
          gauge.Increment();
          gauge.Add(1);
          gauge.Decrement();
        }
      });
    }
    // Reads while others write.
    for (int i = 0; i < 100; ++i) EXPECT_LE(histogram.Counts()[0], kThreads * kRounds);
  }
  EXPECT_EQ(counter.value(), kThreads * kRounds);
  EXPECT_EQ(gauge.value(), kThreads * kRounds);
  const auto counts = histogram.Counts();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], kThreads * kRounds);
  EXPECT_EQ(counts[0], kThreads * 3334);
  EXPECT_EQ(histogram.sum(), kThreads * (3334 * 0.5 + 3333 * 1.5 + 3333 * 2.5));
}

}  // namespace
}  // namespace berth::metrics

#include "scheduler/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

namespace berth::base {
namespace {

class ExecutorTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ExecutorTest, CoversEveryIndexOnce) {
  const auto executor = MakeExecutor(GetParam());
  for (const std::size_t count : {0u, 1u, 7u, 64u, 1000u}) {
    for (const std::size_t grain : {0u, 1u, 10u, 5000u}) {
      std::vector<int> visits(count);
      executor->ParallelFor(count, grain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      EXPECT_EQ(visits, std::vector<int>(count, 1)) << count << " by " << grain;
    }
  }
}

TEST_P(ExecutorTest, RangesAreAtLeastAsLongAsTheGrain) {
  const auto executor = MakeExecutor(GetParam());
  constexpr std::size_t kCount = 103;
  constexpr std::size_t kGrain = 10;
  std::atomic<bool> any_call = false;
  std::mutex mutex;
  std::vector<std::size_t> too_short;
  executor->ParallelFor(kCount, kGrain, [&](std::size_t begin, std::size_t end) {
    any_call = true;
    if (end - begin >= kGrain || end == kCount) return;
    const std::scoped_lock lock(mutex);
    too_short.push_back(begin);
  });
  EXPECT_TRUE(any_call);
  EXPECT_TRUE(too_short.empty());
}

TEST_P(ExecutorTest, KnowsItsThreads) {
  EXPECT_EQ(MakeExecutor(GetParam())->threads(), GetParam());
  EXPECT_GE(MakeExecutor(0)->threads(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Threads, ExecutorTest, ::testing::Values(1, 2, 4));

}  // namespace
}  // namespace berth::base

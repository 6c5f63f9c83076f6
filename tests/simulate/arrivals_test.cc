#include "scheduler/simulate/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "tests/support/builders.h"

namespace berth::simulate {
namespace {

using support::PodBuilder;
using ::testing::ElementsAre;

// Pods p0, p1, ... that ask for 1, 2, 3 ...
std::vector<SharedPod> Pods(int count) {
  std::vector<SharedPod> pods;
  for (int i = 0; i < count; ++i) {
    PodBuilder pod("p" + std::to_string(i));
    pod.pod().meta.uid = "u" + std::to_string(i);
    pods.push_back(pod.Label("amount", std::to_string(i + 1)).Build());
  }
  return pods;
}

std::int64_t AmountOf(const api::Pod& pod) { return std::stoll(*pod.meta.labels.Find("amount")); }

ArrivalGoal Goal(std::int64_t capacity, double ratio = 1.0) { return {capacity, ratio, AmountOf}; }

std::int64_t SumOf(const std::vector<SharedPod>& pods) {
  return std::accumulate(
      pods.begin(), pods.end(), std::int64_t{0},
      [](std::int64_t sum, const SharedPod& pod) { return sum + AmountOf(*pod); });
}

std::vector<std::string> NamesOf(const std::vector<SharedPod>& pods) {
  std::vector<std::string> names;
  for (const SharedPod& pod : pods) names.push_back(pod->meta.name);
  return names;
}

TEST(ShuffledPositions, FollowFromTheSeed) {
  EXPECT_EQ(ShuffledPositions(50, 7), ShuffledPositions(50, 7));
  EXPECT_NE(ShuffledPositions(50, 7), ShuffledPositions(50, 8));
  auto positions = ShuffledPositions(50, 7);
  std::ranges::sort(positions);
  for (std::size_t i = 0; i < positions.size(); ++i) EXPECT_EQ(positions[i], i);
  EXPECT_THAT(ShuffledPositions(1, 3), ElementsAre(0u));
  EXPECT_TRUE(ShuffledPositions(0, 3).empty());
}

TEST(Arrivals, AreTheSameOnEveryMachine) {
  const auto arrivals = MakeArrivals(Pods(5), Goal(15), 42);
  ASSERT_TRUE(arrivals.has_value());
  auto names = NamesOf(*arrivals);
  EXPECT_EQ(names, NamesOf(*MakeArrivals(Pods(5), Goal(15), 42)));
  std::ranges::sort(names);
  EXPECT_THAT(names, ElementsAre("p0", "p1", "p2", "p3", "p4"));
}

TEST(Arrivals, AreRepeatedUntilTheNextWouldPassTheGoal) {
  const auto pods = Pods(4);  // 10 together
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto arrivals = MakeArrivals(pods, Goal(50, 1.3), seed);
    ASSERT_TRUE(arrivals.has_value());
    EXPECT_LE(SumOf(*arrivals), 65);
    EXPECT_GT(SumOf(*arrivals), 65 - 4);
    std::set<std::string> keys;
    std::set<std::string> uids;
    for (const SharedPod& pod : *arrivals) {
      EXPECT_TRUE(keys.insert(pod->Key()).second) << pod->Key();
      EXPECT_TRUE(uids.insert(pod->meta.uid).second) << pod->meta.uid;
    }
    auto first = NamesOf(*arrivals);
    first.resize(4);
    std::ranges::sort(first);
    EXPECT_THAT(first, ElementsAre("p0", "p1", "p2", "p3"));
  }
}

TEST(Arrivals, CopiesPassOverNamesThatAreTaken) {
  auto pods = Pods(1);
  pods.push_back(PodBuilder("p0-again-1").Label("amount", "1").Build());
  const auto arrivals = MakeArrivals(pods, Goal(8), 1);
  ASSERT_TRUE(arrivals.has_value());
  auto names = NamesOf(*arrivals);
  EXPECT_EQ(names.size(), 8u);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::unique(names).begin(), names.end());
}

TEST(Arrivals, AreLeftOutAtRandomWhereThereAreTooMany) {
  std::set<std::vector<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto arrivals = MakeArrivals(Pods(20), Goal(100), seed);  // of 210
    ASSERT_TRUE(arrivals.has_value());
    EXPECT_LE(SumOf(*arrivals), 100);
    EXPECT_GT(SumOf(*arrivals), 100 - 20);
    auto names = NamesOf(*arrivals);
    std::ranges::sort(names);
    seen.insert(names);
  }
  EXPECT_GT(seen.size(), 15u);
}

TEST(Arrivals, FailWhereNobodyAsksForAnything) {
  const std::vector<SharedPod> pods = {PodBuilder("p").Label("amount", "0").Build()};
  const auto arrivals = MakeArrivals(pods, Goal(10), 1);
  ASSERT_FALSE(arrivals.has_value());
  EXPECT_EQ(arrivals.error().message(), "no pod asks for any of the resource that is to be filled");
}

}  // namespace
}  // namespace berth::simulate

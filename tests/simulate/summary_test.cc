// The figures that follow from the rows.
#include <gtest/gtest.h>

#include <numeric>

#include "scheduler/simulate/statistics.h"
#include "tests/simulate/sample_summary.h"

namespace berth::simulate {
namespace {

TEST(Summary, UtilizationIsOverNodesThatHaveTheResource) {
  const auto utilization = UtilizationOf(SampleSummary());
  ASSERT_EQ(utilization.size(), 3u);
  const Utilization& cpu = utilization[0];  // 0.75, 0.25, 0
  EXPECT_EQ(cpu.resource, "cpu");
  EXPECT_EQ(cpu.requested, 2000);
  EXPECT_EQ(cpu.allocatable, 8000);
  EXPECT_EQ(cpu.nodes, 3);
  EXPECT_DOUBLE_EQ(cpu.mean, 0.333333);
  EXPECT_DOUBLE_EQ(cpu.min, 0);
  EXPECT_DOUBLE_EQ(cpu.max, 0.75);
  EXPECT_DOUBLE_EQ(cpu.standard_deviation, 0.311805);  // sqrt(7 / 72)
  const Utilization& gpu = utilization[2];
  EXPECT_EQ(gpu.nodes, 1);
  EXPECT_DOUBLE_EQ(gpu.mean, 0.25);
  EXPECT_DOUBLE_EQ(gpu.standard_deviation, 0);
}

TEST(Summary, NoNodesGiveZeros) {
  Summary summary;
  summary.resources = {"cpu"};
  const auto utilization = UtilizationOf(summary);
  ASSERT_EQ(utilization.size(), 1u);
  EXPECT_EQ(utilization[0].nodes, 0);
  EXPECT_EQ(utilization[0].mean, 0);
  EXPECT_EQ(UsedNodes(summary), 0);
}

TEST(Summary, SumsSaturate) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  Summary summary;
  summary.resources = {"memory"};
  summary.nodes = {{"a", 0, {{kMax, kMax}}}, {"b", 0, {{kMax, kMax}}}};
  const auto utilization = UtilizationOf(summary);
  EXPECT_EQ(utilization[0].requested, kMax);
  EXPECT_EQ(utilization[0].allocatable, kMax);
  EXPECT_EQ(utilization[0].mean, 1);
}

TEST(Summary, CountsUsedNodesAndPods) {
  EXPECT_EQ(UsedNodes(SampleSummary()), 2);
  EXPECT_EQ(SampleSummary().counts.Total(), 6);
}

TEST(Summary, MostFrequentFailureComesFirst) {
  const auto counts = SortedFailureCounts(SampleSummary());
  ASSERT_EQ(counts.size(), 3u);
  EXPECT_EQ(counts[0].reason, "Insufficient cpu");
  EXPECT_EQ(counts[1].reason, "Insufficient memory");
  EXPECT_EQ(counts[2].plugin, "NodeName");
}

TEST(Summary, PercentilesAreByNearestRank) {
  std::vector<std::int64_t> samples(1000);
  std::iota(samples.rbegin(), samples.rend(), 1);
  const Latency latency = LatencyOf(samples);
  EXPECT_EQ(latency.p50_nanoseconds, 500);
  EXPECT_EQ(latency.p90_nanoseconds, 900);
  EXPECT_EQ(latency.p99_nanoseconds, 990);
  EXPECT_EQ(latency.max_nanoseconds, 1000);
  const Latency one = LatencyOf({7});
  EXPECT_EQ(one.p50_nanoseconds, 7);
  EXPECT_EQ(one.p99_nanoseconds, 7);
  EXPECT_EQ(LatencyOf({}).max_nanoseconds, 0);
}

TEST(Summary, RateNeedsTime) {
  EXPECT_DOUBLE_EQ(SampleSummary().timings.PodsPerSecond(), 2500);
  EXPECT_DOUBLE_EQ(Timings().PodsPerSecond(), 0);
}

TEST(Summary, UnitsFollowFromTheName) {
  EXPECT_EQ(UnitOf("cpu"), "millicores");
  EXPECT_EQ(UnitOf("memory"), "bytes");
  EXPECT_EQ(UnitOf("ephemeral-storage"), "bytes");
  EXPECT_EQ(UnitOf("hugepages-2Mi"), "bytes");
  EXPECT_EQ(UnitOf("pods"), "count");
  EXPECT_EQ(UnitOf("example.com/gpu"), "count");
}

}  // namespace
}  // namespace berth::simulate

// Runs of experiments in virtual time.
#include "scheduler/simulate/timed_run.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/api/time_names.h"
#include "scheduler/base/random.h"
#include "tests/simulate/timed_yaml.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::simulate {
namespace {

using support::NodeBuilder;
using support::PodBuilder;

SharedPod PodAt(const std::string& name, const std::string& arrival, const std::string& duration,
                const std::string& cpu) {
  PodBuilder pod(name);
  pod.Requests({{"cpu", cpu}});
  pod.pod().meta.annotations[api::kArrivalAnnotation] = arrival;
  pod.pod().meta.annotations[api::kDurationAnnotation] = duration;
  pod.spec().scheduler_name = "of-somebody-else";
  return pod.Build();
}

Lifetimes LifetimesOf(const std::vector<SharedPod>& pods) {
  api::ClusterObjects objects;
  objects.sources = {"test"};
  for (const SharedPod& pod : pods) {
    objects.pods.push_back(*pod);
    objects.pod_origins.push_back({0, 0});
  }
  return *ReadLifetimes(objects);
}

TimedRun RunOf(const std::vector<SharedNode>& nodes, const std::vector<SharedPod>& pods,
               const Lifetimes& lifetimes, std::uint64_t seed) {
  TimedRun run{ArrivalRun{nodes, pods, config::DefaultConfiguration().profiles.front(), seed},
               &lifetimes};
  run.arrivals.resources = {"cpu"};
  return run;
}

TEST(TimedRun, FollowsWhatIsAllocatedAsPodsArrive) {
  const std::vector<SharedNode> nodes = {
      NodeBuilder("a").Allocatable({{"cpu", "2"}, {"memory", "8Gi"}, {"pods", "10"}}).Build(),
      NodeBuilder("b").Allocatable({{"cpu", "2"}, {"memory", "8Gi"}, {"pods", "10"}}).Build()};
  const std::vector<SharedPod> pods = {PodAt("p", "0", "10", "2"), PodAt("q", "1", "10", "2"),
                                       PodAt("r", "2", "1", "2"), PodAt("big", "3", "1", "3")};
  const Lifetimes lifetimes = LifetimesOf(pods);
  const auto outcome = RunInTime(RunOf(nodes, pods, lifetimes, 1), plugins::MakeRegistry());
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_TRUE(outcome->arrivals.complete);
  EXPECT_EQ(outcome->arrivals.placed, 3);
  EXPECT_EQ(outcome->arrivals.not_placed, 1);
  EXPECT_EQ(outcome->arrivals.nodes_used, 2);
  EXPECT_FALSE(outcome->arrivals.decision_nanoseconds.empty());
  ASSERT_EQ(outcome->arrivals.allocation.size(), 1u);
  const AllocationCurve& cpu = outcome->arrivals.allocation[0];
  EXPECT_EQ(cpu.At(50), 50.0);
  EXPECT_EQ(cpu.At(100), 100.0);
  EXPECT_EQ(cpu.At(150), 100.0);
  EXPECT_EQ(outcome->time.timeline.back().finished, 3);
  EXPECT_EQ(outcome->gpu_capacity, 0);
  EXPECT_FALSE(outcome->arrivals.gpu_fragmentation.has_value());
}

TEST(TimedRun, FailsWithoutAnyOfAResource) {
  const std::vector<SharedNode> nodes = {NodeBuilder("a").Build()};
  const std::vector<SharedPod> pods = {PodAt("p", "0", "10", "2")};
  const Lifetimes lifetimes = LifetimesOf(pods);
  TimedRun run = RunOf(nodes, pods, lifetimes, 1);
  run.arrivals.resources = {"gpu"};
  const auto outcome = RunInTime(run, plugins::MakeRegistry());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().message(), "no node has any gpu");
}

class TimedRunTest : public support::RandomTest {};

// Shares of GPUs on devices that are accounted for one by one, come and go.
TEST_F(TimedRunTest, ComesOutTheSameWhateverIsKept) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  const auto config = config::LoadFile(std::string(BERTH_OPENB_PROFILES) + "/fgd.yaml");
  ASSERT_TRUE(config) << config.error().message();
  std::vector<SharedNode> nodes;
  for (int i = 0; i < 10; ++i) {
    nodes.push_back(NodeBuilder("n" + std::to_string(i))
                        .Allocatable({{"cpu", "64"},
                                      {"memory", "256Gi"},
                                      {"pods", "1001"},
                                      {"nvidia.com/gpu", "2"},
                                      {"alibabacloud.com/gpu-milli", "2000"}})
                        .Build());
  }
  std::vector<SharedPod> pods;
  for (int i = 0; i < 300; ++i) {
    PodBuilder pod(*PodAt("p" + std::to_string(i), std::to_string(random.Below(500)),
                          std::to_string(1 + random.Below(100)), "1"));
    const auto milli = 100 * (1 + random.Below(10));
    pod.pod().meta.annotations["alibabacloud.com/gpu-count"] = "1";
    pod.pod().meta.annotations["alibabacloud.com/gpu-milli"] = std::to_string(milli);
    pods.push_back(pod.Build());
  }
  const Lifetimes lifetimes = LifetimesOf(pods);
  TimedRun run{ArrivalRun{nodes, pods, config->profiles.front(), 7}, &lifetimes};
  const auto warm = RunInTime(run, plugins::MakeRegistry());
  run.arrivals.caching = framework::ColumnCaching::kOff;
  const auto cold = RunInTime(run, plugins::MakeRegistry());
  ASSERT_TRUE(warm) << warm.error().message();
  ASSERT_TRUE(cold) << cold.error().message();
  EXPECT_EQ(TimelineCsv(warm->time), TimelineCsv(cold->time));
  EXPECT_EQ(PodTimesCsv(warm->time), PodTimesCsv(cold->time));
  EXPECT_EQ(warm->gpu_fragmentation, cold->gpu_fragmentation);
  EXPECT_EQ(warm->gpu_fragmentation.size(), warm->time.timeline.size());
  EXPECT_EQ(warm->arrivals.placed, 300);
  EXPECT_EQ(warm->gpu_capacity, 20'000);
  for (const Instant& instant : warm->time.timeline) {
    EXPECT_GE(instant.used[0], 0);
    EXPECT_LE(instant.used[0], 20'000);
  }
  EXPECT_EQ(warm->time.timeline.back().used[0], 0);
}

}  // namespace
}  // namespace berth::simulate

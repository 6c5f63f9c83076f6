// Runs of GPU sharing policies on small random clusters, and on the openb tables where they are.
#include "scheduler/simulate/arrival_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugins/registry.h"
#include "scheduler/api/gpu_names.h"
#include "scheduler/base/executor.h"
#include "scheduler/base/random.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::simulate {
namespace {

using support::NodeBuilder;
using support::PodBuilder;

const std::vector<std::string> kPolicies = {"random",  "dotprod", "clustering",
                                            "packing", "bestfit", "fgd"};

config::Profile ProfileOf(const std::string& policy) {
  auto config = config::LoadFile(std::string(BERTH_OPENB_PROFILES) + "/" + policy + ".yaml");
  if (!config) {
    ADD_FAILURE() << config.error().message();
    return {};
  }
  return config->profiles.front();
}

std::vector<SharedNode> RandomNodes(base::Random& random) {
  std::vector<SharedNode> nodes;
  for (int i = 0; i < 70; ++i) {
    const auto gpus = std::to_string(1 + random.Below(8));
    nodes.push_back(NodeBuilder("n" + std::to_string(i))
                        .Allocatable({{"cpu", std::to_string(16 + random.Below(80))},
                                      {"memory", "256Gi"},
                                      {"pods", "1001"},
                                      {"nvidia.com/gpu", gpus},
                                      {"alibabacloud.com/gpu-milli", gpus + "000"}})
                        .Label(std::string(api::kGpuModelLabel), random.Chance(1, 2) ? "T4" : "G2")
                        .Build());
  }
  return nodes;
}

// Of a few shapes, so that what is kept for one of them is used again.
std::vector<SharedPod> RandomPods(base::Random& random) {
  std::vector<SharedPod> shapes;
  for (int i = 0; i < 12; ++i) {
    PodBuilder pod("shape");
    const auto gpus = random.Below(4);
    const auto milli = gpus == 1 ? 1 + random.Below(1000) : 1000;
    pod.Requests({{"cpu", std::to_string(1 + random.Below(12))}, {"memory", "1Gi"}});
    pod.pod().meta.annotations[api::kGpuCountAnnotation] = std::to_string(gpus);
    pod.pod().meta.annotations[api::kGpuMilliAnnotation] = std::to_string(milli);
    if (random.Chance(1, 4)) pod.NodeSelector(std::string(api::kGpuModelLabel), "T4");
    shapes.push_back(pod.Build());
  }
  std::vector<SharedPod> pods;
  for (int i = 0; i < 600; ++i) {
    api::Pod pod = *shapes[random.Below(shapes.size())];
    pod.meta.name = "p" + std::to_string(i);
    pods.push_back(std::make_shared<const api::Pod>(std::move(pod)));
  }
  return pods;
}

class ArrivalRunTest : public support::RandomTest {};

TEST_F(ArrivalRunTest, ComesOutTheSameWhateverIsKept) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  const auto nodes = RandomNodes(random);
  const auto pods = RandomPods(random);
  for (const std::string& policy : kPolicies) {
    ArrivalRun run{nodes, pods, ProfileOf(policy), 7};
    const auto warm = RunArrivals(run, plugins::MakeRegistry());
    run.caching = framework::ColumnCaching::kOff;
    const auto cold = RunArrivals(run, plugins::MakeRegistry());
    ASSERT_TRUE(warm.has_value()) << warm.error().message();
    ASSERT_TRUE(cold.has_value());
    EXPECT_EQ(warm->placed, cold->placed) << policy;
    EXPECT_EQ(warm->placed + warm->not_placed, 600) << policy;
    ASSERT_EQ(warm->allocation[0].last(), cold->allocation[0].last());
    for (std::int64_t percent = 0; percent <= warm->allocation[0].last(); ++percent) {
      EXPECT_EQ(warm->allocation[0].At(percent), cold->allocation[0].At(percent))
          << policy << " at " << percent;
      EXPECT_EQ(warm->gpu_fragmentation->At(percent), cold->gpu_fragmentation->At(percent))
          << policy << " at " << percent;
    }
  }
}

TEST_F(ArrivalRunTest, FailsWithoutGpus) {
  const std::vector<SharedNode> nodes = {NodeBuilder("n").Build()};
  const auto outcome = RunArrivals({nodes, {}, ProfileOf("fgd"), 1}, plugins::MakeRegistry());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().message(), "no node has any gpu");
}

// Means over ten seeds, published with "Beware of Fragmentation" (USENIX ATC 2023); one seed has to
// come near them.
TEST(OpenbPolicies, ComeNearThePublishedMeans) {
  const char* folder = std::getenv("BERTH_OPENB_DATA");
  if (folder == nullptr || *folder == '\0') {
    GTEST_SKIP() << "BERTH_OPENB_DATA does not name the folder of the openb tables";
  }
  const auto executor = base::MakeExecutor(1);
  auto objects = ReadInput({std::string(folder) + "/openb_node_list_gpu_node.csv",
                            std::string(folder) + "/openb_pod_list_default.csv"},
                           InputFormat::kOpenb, *executor);
  ASSERT_TRUE(objects.has_value()) << objects.error().message();
  std::vector<SharedNode> nodes;
  for (auto& node : objects->nodes) nodes.push_back(std::make_shared<const api::Node>(node));
  std::vector<SharedPod> pods;
  for (auto& pod : objects->pods) pods.push_back(std::make_shared<const api::Pod>(pod));
  const ArrivalGoal goal{CapacityOf(nodes, kAllGpus), 1.3,
                         [](const api::Pod& pod) { return AmountOf(pod, kAllGpus); }};
  const auto arrivals = MakeArrivals(pods, goal, 42);
  ASSERT_TRUE(arrivals.has_value());
  const std::vector<std::pair<std::string, double>> published = {
      {"random", 13.70}, {"bestfit", 7.14}, {"fgd", 4.77}};
  for (const auto& [policy, unallocated] : published) {
    const auto outcome =
        RunArrivals({nodes, *arrivals, ProfileOf(policy), 42}, plugins::MakeRegistry());
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
    EXPECT_NEAR(100 - outcome->allocation[0].At(100).value(), unallocated, 3) << policy;
  }
}

}  // namespace
}  // namespace berth::simulate

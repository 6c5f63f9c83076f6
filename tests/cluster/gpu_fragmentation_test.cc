#include "scheduler/cluster/gpu_fragmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/api/gpu_names.h"
#include "scheduler/base/random.h"
#include "scheduler/cluster/cluster.h"
#include "tests/support/builders.h"
#include "tests/support/seed.h"

namespace berth::cluster {
namespace {

using support::NodeBuilder;
using support::PodBuilder;

PodBuilder GpuPod(const std::string& name, const std::string& cpu, int count, int milli) {
  PodBuilder pod(name);
  pod.Requests({{"cpu", cpu}});
  if (count > 0) {
    pod.pod().meta.annotations[api::kGpuCountAnnotation] = std::to_string(count);
    pod.pod().meta.annotations[api::kGpuMilliAnnotation] = std::to_string(milli);
  }
  return pod;
}

// The rule, shape by shape.
std::int64_t NaiveFragmentation(const std::vector<GpuShape>& shapes, base::Symbol model,
                                const std::vector<std::int32_t>& free, std::int64_t cpu_free) {
  std::int64_t all = 0;
  for (const auto left : free) all += std::max(left, 0);
  std::int64_t sum = 0;
  for (const GpuShape& shape : shapes) {
    std::int64_t enough = 0;
    std::int64_t useless = 0;
    for (const auto left : free) {
      if (left >= shape.gpu.milli) {
        ++enough;
      } else {
        useless += std::max(left, 0);
      }
    }
    const bool wanted = shape.models.empty() || std::ranges::count(shape.models, model) > 0;
    const bool fits =
        shape.gpu.any() && wanted && enough >= shape.gpu.devices && cpu_free >= shape.milli_cpu;
    sum += shape.weight * (fits ? useless : all);
  }
  return sum;
}

class GpuFragmentationPropertyTest : public support::RandomTest {};

TEST_F(GpuFragmentationPropertyTest, IsTheRuleShapeByShape) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  Cluster cluster;
  const std::vector<std::string> names = {"T4", "P100", "A10"};
  std::vector<base::Symbol> models;
  for (const auto& name : names) models.push_back(cluster.symbols.Intern(name));
  std::vector<GpuShape> shapes;
  for (int i = 0; i < 30; ++i) {
    GpuShape& shape = shapes.emplace_back();
    shape.milli_cpu = static_cast<std::int64_t>(random.Below(40)) * 1000;
    shape.weight = static_cast<std::int64_t>(1 + random.Below(100));
    const auto count = static_cast<std::uint16_t>(random.Below(5));
    if (count == 1) shape.gpu = {1, static_cast<std::uint16_t>(1 + random.Below(1000))};
    if (count > 1) shape.gpu = {count, 1000};
    for (const auto model : models) {
      if (random.Chance(1, 4)) shape.models.push_back(model);
    }
  }
  const GpuFragmentation fragmentation(shapes);
  for (int i = 0; i < 200; ++i) {
    const std::string model = names[random.Below(3)];
    const NodeIndex row =
        cluster.AddNode(NodeBuilder("n" + std::to_string(i))
                            .Allocatable({{"cpu", std::to_string(8 + random.Below(60))},
                                          {"pods", "100"},
                                          {"nvidia.com/gpu", std::to_string(random.Below(9))}})
                            .Label(std::string(api::kGpuModelLabel), model)
                            .Build());
    for (auto left = random.Below(10); left > 0; --left) {
      const int count = static_cast<int>(1 + random.Below(3));
      const int milli = count > 1 ? 1000 : static_cast<int>(1 + random.Below(1000));
      cluster.AddPod(GpuPod("p", std::to_string(random.Below(8)), count, milli).Build(), row);
    }
    const auto span = cluster.gpus.FreeOn(row);
    const std::vector<std::int32_t> free(span.begin(), span.end());
    const std::int64_t cpu =
        cluster.nodes.allocatable(kCpu)[row] - cluster.nodes.requested(kCpu)[row];
    const base::Symbol symbol = cluster.symbols.Intern(model);
    const std::int64_t before = NaiveFragmentation(shapes, symbol, free, cpu);
    ASSERT_EQ(fragmentation.Of(cluster.gpus, cluster.nodes, row), before);

    const GpuRequest share{1, static_cast<std::uint16_t>(1 + random.Below(999))};
    std::optional<std::int64_t> least;
    for (std::size_t device = 0; device < free.size(); ++device) {
      if (free[device] < share.milli) continue;
      auto later = free;
      later[device] -= share.milli;
      const std::int64_t after = NaiveFragmentation(shapes, symbol, later, cpu - 2000);
      least = std::min(least.value_or(after), after);
    }
    if (!least) continue;
    const auto change = fragmentation.Placing(cluster.gpus, cluster.nodes, row, 2000, share);
    ASSERT_EQ(change.before, before);
    ASSERT_EQ(change.after, *least);
    auto later = free;
    later[static_cast<std::size_t>(std::countr_zero(change.devices))] -= share.milli;
    ASSERT_EQ(NaiveFragmentation(shapes, symbol, later, cpu - 2000), *least);
  }
}

TEST(LearnGpuShapes, TakesTheMostFrequentUntilNearlyAllAreCovered) {
  Cluster cluster;
  const auto ask = [&](const PodBuilder& pod, int times) {
    const auto built = pod.Build();
    for (int i = 0; i < times; ++i) cluster.classes.ClassOfPending(*built);
  };
  ask(GpuPod("a", "1", 1, 500), 60);
  ask(GpuPod("b", "1", 2, 1000).NodeSelector(std::string(api::kGpuModelLabel), "T4"), 36);
  ask(GpuPod("c", "2", 0, 0), 3);
  ask(GpuPod("d", "3", 0, 0), 1);
  const auto shapes = LearnGpuShapes(cluster.classes, cluster.symbols);
  ASSERT_EQ(shapes.size(), 2u);
  EXPECT_EQ(shapes[0].weight, 60);
  EXPECT_EQ(shapes[0].gpu, (GpuRequest{1, 500}));
  EXPECT_EQ(shapes[0].milli_cpu, 1000);
  EXPECT_EQ(shapes[1].gpu, (GpuRequest{2, 1000}));
  EXPECT_EQ(shapes[1].models, (std::vector<base::Symbol>{cluster.symbols.Intern("T4")}));
}

TEST(TypicalGpuPods, AreLearnedAgainWhenTwiceAsManyPodsAreKnown) {
  Cluster cluster;
  const NodeIndex row =
      cluster.AddNode(NodeBuilder("n").Allocatable({{"nvidia.com/gpu", "2"}}).Build());
  const auto ask = [&](int times) {
    const auto pod = GpuPod("a", "1", 1, 500).Build();
    for (int i = 0; i < times; ++i) cluster.classes.ClassOfPending(*pod);
  };
  ask(4);
  cluster.BeginCycle();
  EXPECT_EQ(cluster.typical_gpu_pods.fragmentation().weight(), 4);
  ask(3);
  auto seen = cluster.log.end();
  cluster.BeginCycle();
  EXPECT_EQ(cluster.typical_gpu_pods.fragmentation().weight(), 4);
  EXPECT_FALSE(cluster.log.AnySince(seen, kGpuChange));
  ask(1);
  seen = cluster.log.end();
  cluster.BeginCycle();
  EXPECT_EQ(cluster.typical_gpu_pods.fragmentation().weight(), 8);
  std::vector<NodeIndex> changed;
  cluster.log.ForEachSince(
      seen, [&](const ChangeLog::Change& change) { changed.push_back(change.node); });
  EXPECT_EQ(changed, std::vector<NodeIndex>{row});
}

TEST(GpuModels, AreThoseThatEveryConditionLeaves) {
  base::Interner symbols;
  const auto models = [&](const PodBuilder& pod) {
    std::vector<std::string> names;
    for (const auto symbol : GpuModelsOf(*pod.Build()->spec, symbols)) {
      names.emplace_back(symbol + 1 == base::kNoSymbol ? "-" : symbols.Text(symbol));
    }
    std::ranges::sort(names);
    return names;
  };
  const auto in = [](std::vector<std::string> values) {
    api::NodeSelectorTerm term;
    term.match_expressions.push_back(support::Require(
        std::string(api::kGpuModelLabel), api::SelectorOperator::kIn, std::move(values)));
    return term;
  };
  EXPECT_THAT(models(PodBuilder("a")), ::testing::IsEmpty());
  EXPECT_THAT(models(PodBuilder("a").RequireNodes(in({"T4", "A10"}))),
              ::testing::ElementsAre("A10", "T4"));
  EXPECT_THAT(models(PodBuilder("a").RequireNodes(in({"T4"})).RequireNodes({})),
              ::testing::IsEmpty());
  EXPECT_THAT(models(PodBuilder("a")
                         .RequireNodes(in({"T4", "A10"}))
                         .NodeSelector(std::string(api::kGpuModelLabel), "T4")),
              ::testing::ElementsAre("T4"));
  EXPECT_THAT(models(PodBuilder("a")
                         .RequireNodes(in({"T4"}))
                         .NodeSelector(std::string(api::kGpuModelLabel), "A10")),
              ::testing::ElementsAre("-"));
}

}  // namespace
}  // namespace berth::cluster

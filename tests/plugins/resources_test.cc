// NodeResourcesFit and NodeResourcesBalancedAllocation.
#include <gmock/gmock.h>

#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Resources;
using ::testing::ElementsAre;

PodBuilder Pod() { return PodBuilder("pod"); }

TEST(Fit, KeepsNodesWithRoomForEveryResource) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("large"));
  fit.AddNode(NodeBuilder("small").Allocatable({{"cpu", "1"}}));
  fit.AddNode(NodeBuilder("gpu").Allocatable({{"example.com/gpu", "2"}}));
  EXPECT_THAT(fit.Passing(Pod()), ElementsAre("gpu", "large", "small"));
  EXPECT_THAT(fit.Passing(Pod().Requests({{"cpu", "2"}})), ElementsAre("gpu", "large"));
  EXPECT_THAT(fit.Passing(Pod().Requests({{"example.com/gpu", "1"}})), ElementsAre("gpu"));
  EXPECT_THAT(fit.Passing(Pod().Requests({{"cpu", "4"}})), ElementsAre("gpu", "large"));
  EXPECT_THAT(fit.Passing(Pod().Requests({{"storage", "1"}})),
              ElementsAre("gpu", "large", "small"));
}

TEST(Fit, TellsEveryShortageInItsOrder) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n").Allocatable({{"cpu", "1"}, {"memory", "1Gi"}, {"pods", "1"}}));
  fit.Place(PodBuilder("there").Requests({{"cpu", "600m"}, {"memory", "600Mi"}}), "n");
  EXPECT_EQ(fit.Explain(Pod().Requests({{"cpu", "500m"}, {"memory", "500Mi"}}), "n"),
            "Unschedulable: Too many pods, Insufficient cpu, Insufficient memory");
  EXPECT_EQ(fit.Explain(Pod(), "n"), "Unschedulable: Too many pods");
}

TEST(Fit, CannotBeResolvedWhereTheWholeNodeIsTooSmall) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));
  EXPECT_EQ(fit.Explain(Pod().Requests({{"cpu", "5"}}), "n"),
            "UnschedulableAndUnresolvable: Insufficient cpu");
  fit.Place(PodBuilder("there").Requests({{"cpu", "3"}}), "n");
  EXPECT_EQ(fit.Explain(Pod().Requests({{"cpu", "2"}}), "n"), "Unschedulable: Insufficient cpu");
  EXPECT_EQ(fit.Explain(Pod().Requests({{"cpu", "2"}, {"example.com/gpu", "1"}}), "n"),
            "UnschedulableAndUnresolvable: Insufficient cpu, Insufficient example.com/gpu");
}

TEST(Fit, OvercommittedNodesStillTakeWhatAsksForNothing) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));
  fit.Place(PodBuilder("there").Requests({{"cpu", "9"}}), "n");
  EXPECT_THAT(fit.Passing(Pod().Requests({{"cpu", "0"}, {"memory", "1Gi"}})), ElementsAre("n"));
  EXPECT_TRUE(fit.Passing(Pod().Requests({{"cpu", "1m"}})).empty());
}

TEST(Fit, SaysTheSameInWordsWhereTheSumOfRequestsHasWrapped) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));
  fit.Place(PodBuilder("most").Requests({{"memory", "9223372036854775807"}}), "n");
  fit.Place(PodBuilder("one").Requests({{"memory", "1"}}), "n");
  EXPECT_TRUE(fit.Passing(Pod().Requests({{"memory", "1Gi"}})).empty());
  EXPECT_EQ(fit.Explain(Pod().Requests({{"memory", "1Gi"}}), "n"),
            "Unschedulable: Insufficient memory");
}

TEST(Fit, IgnoresConfiguredExtendedResourcesOnly) {
  config::NodeResourcesFitArgs args;
  args.ignored_resources = {"example.com/one", "cpu"};
  args.ignored_resource_groups = {"example.org"};
  PluginHarness fit("NodeResourcesFit", args);
  fit.AddNode(NodeBuilder("n"));
  EXPECT_THAT(fit.Passing(Pod().Requests({{"example.com/one", "1"}, {"example.org/any", "9"}})),
              ElementsAre("n"));
  EXPECT_TRUE(fit.Passing(Pod().Requests({{"example.com/two", "1"}})).empty());
  EXPECT_TRUE(fit.Passing(Pod().Requests({{"cpu", "9"}})).empty());
}

TEST(Fit, LeastAllocatedTakesDefaultsForContainersWithoutRequests) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));
  fit.Place(PodBuilder("there").Requests({{"cpu", "1500m"}, {"memory", "2Gi"}}), "n");
  EXPECT_THAT(fit.RawScores(Pod().Requests({{"cpu", "250m"}, {"memory", "512Mi"}})),
              ElementsAre(std::pair("n", 62)));
  // 100m and 200 MiB: (4000 - 1600) / 4000 = 60 %, (8192 - 2248) / 8192 = 72 %.
  EXPECT_THAT(fit.RawScores(Pod()), ElementsAre(std::pair("n", 66)));
}

TEST(Fit, ScoreDoesNotSeePodLevelRequests) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));
  PodBuilder pod = Pod();
  pod.spec().resources.emplace();
  pod.spec().resources->requests = Resources({{"cpu", "4"}});
  EXPECT_EQ(fit.RawScores(pod), fit.RawScores(Pod()));
  EXPECT_THAT(fit.Passing(pod), ElementsAre("n"));
  pod.spec().resources->requests = Resources({{"cpu", "5"}});
  EXPECT_TRUE(fit.Passing(pod).empty());
}

config::NodeResourcesFitArgs Strategy(config::ScoringStrategyType type,
                                      std::vector<config::UtilizationShapePoint> shape = {}) {
  config::NodeResourcesFitArgs args;
  args.scoring_strategy.type = type;
  args.scoring_strategy.resources = {{"cpu", 1}};
  args.scoring_strategy.shape = std::move(shape);
  return args;
}

TEST(Fit, MostAllocatedPrefersFullNodes) {
  PluginHarness fit("NodeResourcesFit", Strategy(config::ScoringStrategyType::kMostAllocated));
  fit.AddNode(NodeBuilder("n"));
  EXPECT_THAT(fit.RawScores(Pod().Requests({{"cpu", "1"}})), ElementsAre(std::pair("n", 25)));
}

TEST(Fit, RatioFollowsItsShape) {
  const auto args = Strategy(config::ScoringStrategyType::kRequestedToCapacityRatio,
                             {{7, 0}, {33, 10}, {61, 3}, {95, 0}});
  const std::pair<std::string, std::int64_t> expected[] = {{"20", 50}, {"47", 65}, {"50", 58},
                                                           {"96", 0},  {"7", 0},   {"61", 30}};
  for (const auto& [cpu, score] : expected) {
    PluginHarness fit("NodeResourcesFit", args);
    fit.AddNode(NodeBuilder("n").Allocatable({{"cpu", "100"}}));
    EXPECT_THAT(fit.RawScores(Pod().Requests({{"cpu", cpu}})), ElementsAre(std::pair("n", score)))
        << cpu;
  }
}

TEST(BalancedAllocation, PrefersBalance) {
  PluginHarness balanced("NodeResourcesBalancedAllocation");
  balanced.AddNode(NodeBuilder("n"));
  balanced.Place(PodBuilder("there").Requests({{"cpu", "1"}, {"memory", "4Gi"}}), "n");
  EXPECT_THAT(balanced.RawScores(Pod().Requests({{"cpu", "500m"}, {"memory", "512Mi"}})),
              ElementsAre(std::pair("n", 76)));
}

TEST(BalancedAllocation, SkipsPodsThatAskForNothing) {
  PluginHarness balanced("NodeResourcesBalancedAllocation");
  balanced.AddNode(NodeBuilder("n"));
  EXPECT_EQ(balanced.PreScore(Pod()).code, framework::Code::kSkip);
  EXPECT_EQ(balanced.PreScore(Pod().Requests({{"cpu", "0"}})).code, framework::Code::kSkip);
  EXPECT_TRUE(balanced.PreScore(Pod().Requests({{"cpu", "1m"}})).ok());
  PodBuilder overhead = Pod();
  overhead.spec().overhead = Resources({{"cpu", "10m"}});
  EXPECT_TRUE(balanced.PreScore(overhead).ok());
}

}  // namespace
}  // namespace berth::plugins

// What is collected for the page of a report, and that collecting it decides nothing.
#include "scheduler/simulate/insight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Ran {
  Summary summary;
  Insight insight;
  std::vector<std::string> decisions;
};

Ran Simulate(const std::string& yaml, bool insight) {
  const TemporaryFolder folder;
  const auto executor = base::MakeExecutor(1);
  auto objects = ReadInput({folder.Write("c.yaml", yaml)}, InputFormat::kAuto, *executor);
  EXPECT_TRUE(objects) << objects.error().message();
  Ran ran;
  SimulationOptions options;
  options.insight = insight;
  options.write_decision = [&](std::string_view line) { ran.decisions.emplace_back(line); };
  const auto simulation = Simulation::Make(*std::move(objects), config::DefaultConfiguration(),
                                           plugins::MakeRegistry(), std::move(options));
  EXPECT_TRUE(simulation) << simulation.error().message();
  while ((*simulation)->done() < (*simulation)->pending_count()) (*simulation)->Step();
  ran.summary = (*simulation)->TakeSummary(false);
  ran.insight = (*simulation)->TakeInsight(ran.summary);
  return ran;
}

std::string Nodes(int count) {
  std::string yaml;
  for (int i = 0; i < count; ++i) {
    const std::string name = "node-" + std::to_string(i);
    yaml += "---\nkind: Node\nmetadata: {name: " + name +
            ", labels: {kubernetes.io/hostname: " + name +
            "}}\nstatus: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}\n";
  }
  return yaml;
}

std::string Pod(const std::string& name, const std::string& cpu, const std::string& more = "") {
  return "---\nkind: Pod\nmetadata: {name: " + name +
         "}\nspec: {containers: [{name: c, image: i, resources: {requests: {cpu: " + cpu + "}}}]" +
         (more.empty() ? "" : ", " + more) + "}\n";
}

// Eight nodes, a pod that runs, forty that fit and one that does not.
std::string Cluster() {
  std::string yaml = Nodes(8) + Pod("runs", "500m", "nodeName: node-3");
  for (int i = 0; i < 40; ++i) {
    yaml += Pod("p" + std::to_string(i), std::to_string(100 + i * 7) + "m");
  }
  return yaml + Pod("big", "64");
}

TEST(Insight, IsEmptyUnlessAskedFor) {
  const Ran ran = Simulate(Cluster(), false);
  EXPECT_EQ(ran.summary.placements.size(), 40u);
  EXPECT_THAT(ran.insight.latencies_nanoseconds, IsEmpty());
  EXPECT_THAT(ran.insight.explanations, IsEmpty());
  EXPECT_THAT(ran.insight.pods, IsEmpty());
}

TEST(Insight, DecidesNothing) {
  EXPECT_EQ(Simulate(Cluster(), true).decisions, Simulate(Cluster(), false).decisions);
}

TEST(Insight, HasEveryPodOnItsNode) {
  const Ran ran = Simulate(Cluster(), true);
  EXPECT_EQ(ran.insight.pods.size(), 41u);
  const auto runs = std::ranges::find(ran.insight.pods, "default/runs", &PodOnNode::pod);
  ASSERT_NE(runs, ran.insight.pods.end());
  EXPECT_EQ(runs->node, "node-3");
  EXPECT_THAT(runs->requests, ElementsAre(500, 0));  // cpu and memory
}

TEST(Insight, ExplainsPlacedPodsWithTheChosenNodeFirst) {
  const Ran ran = Simulate(Cluster(), true);
  ASSERT_EQ(ran.insight.explanations.size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) {
    const PodExplanation& explanation = ran.insight.explanations[i];
    const Placement& placement = ran.summary.placements[i];
    EXPECT_EQ(explanation.pod, "default/" + placement.pod);
    ASSERT_EQ(explanation.candidates.size(), kExplainedNodes);
    EXPECT_EQ(explanation.candidates[0].node, placement.node);
    EXPECT_EQ(explanation.candidates[0].total, placement.score);
    for (const Candidate& candidate : explanation.candidates) {
      EXPECT_LE(candidate.total, placement.score);
      std::int64_t sum = 0;
      for (const auto score : candidate.scores) sum += score;
      EXPECT_EQ(sum, candidate.total);
      EXPECT_EQ(candidate.scores.size(), explanation.plugins.size());
    }
  }
}

TEST(Insight, TimesPluginsAtFilterAndScore) {
  const Insight insight = Simulate(Cluster(), true).insight;
  EXPECT_EQ(insight.timed_decisions, 41);
  const auto fit = std::ranges::find(insight.plugin_times, "NodeResourcesFit", &PluginTime::plugin);
  ASSERT_NE(fit, insight.plugin_times.end());
  EXPECT_GT(fit->filter_nanoseconds, 0);
  EXPECT_GT(fit->score_nanoseconds, 0);
  EXPECT_EQ(insight.latencies_nanoseconds.size(), 41u);
}

TEST(Insight, HasAPointOfTheTimelineAPod) {
  const Ran ran = Simulate(Cluster(), true);
  const auto& timeline = ran.insight.timeline;
  ASSERT_EQ(timeline.size(), 41u);
  EXPECT_EQ(timeline.front().decided, 1);
  EXPECT_EQ(timeline.back().placed, 40);
  std::int64_t requested = 0;
  for (const NodeRow& node : ran.summary.nodes) requested += node.resources[0].requested;
  EXPECT_EQ(timeline.back().requested[0], requested);
}

TEST(Insight, StaysWithinItsLimits) {
  std::string yaml = Nodes(3);
  for (std::size_t i = 0; i <= kMaxExplainedPods; ++i) yaml += Pod("p" + std::to_string(i), "1u");
  const Insight insight = Simulate(yaml, true).insight;
  EXPECT_LE(insight.explanations.size(), kMaxExplainedPods);
  EXPECT_LE(insight.timeline.size(), kMaxTimelinePoints);
  EXPECT_LE(insight.timed_decisions, static_cast<std::int64_t>(kMaxTimedDecisions));
  EXPECT_GE(insight.timed_decisions, 10);
}

TEST(Insight, OfNoNodesIsEmpty) {
  const Insight insight = Simulate(Pod("alone", "1"), true).insight;
  EXPECT_THAT(insight.explanations, IsEmpty());
  EXPECT_EQ(insight.timed_decisions, 0);
}

}  // namespace
}  // namespace berth::simulate

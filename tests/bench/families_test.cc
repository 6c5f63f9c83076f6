// Every workload at a small size: that it measures what its description says, and that what the
// engine keeps from decision to decision changes none of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "bench/workloads/scenario.h"

namespace berth::bench {
namespace {

using ::testing::Each;
using ::testing::Gt;
using ::testing::StartsWith;

constexpr std::int64_t kNodes = 60;

std::string PathOf(const std::string& name) {
  return std::string(BERTH_WORKLOADS) + "/" + name + ".yaml";
}

Scenario Made(const std::string& name, Deployments deployments = Deployments::kWhole) {
  const auto workload = ReadWorkload(PathOf(name));
  EXPECT_TRUE(workload.has_value()) << workload.error().message();
  if (!workload) return {};
  auto scenario = MakeScenario(*workload, {.nodes = kNodes, .seed = 7, .deployments = deployments});
  EXPECT_TRUE(scenario.has_value()) << scenario.error().message();
  return scenario ? *std::move(scenario) : Scenario{};
}

// What was decided, without the names of the pods.
std::vector<std::string> Decisions(const Scenario& scenario, framework::ColumnCaching caching) {
  std::vector<std::string> lines;
  ScenarioRun run(scenario, {.caching = caching});
  run.Finish([&](const Decided& decided) {
    const auto& decision = decided.decision;
    lines.push_back("feasible " + std::to_string(decision.feasible) + " best " +
                    std::to_string(decision.best_count) + " total " +
                    std::to_string(decision.total) + " node " + decided.node + " " +
                    decided.message);
  });
  return lines;
}

std::vector<std::string> AllNames() {
  std::vector<std::string> names;
  const auto files = ListWorkloads(BERTH_WORKLOADS);
  for (const auto& file : files.value()) {
    names.push_back(std::filesystem::path(file).stem());
  }
  return names;
}

class EveryWorkload : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Workloads, EveryWorkload, ::testing::ValuesIn(AllNames()),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_P(EveryWorkload, IsDecidedTheSameWithAndWithoutCaches) {
  const Scenario scenario = Made(GetParam());
  ASSERT_GT(scenario.arrivals.size(), 10u);
  const auto warm = Decisions(scenario, framework::ColumnCaching::kOn);
  const auto cold = Decisions(scenario, framework::ColumnCaching::kOff);
  ASSERT_EQ(warm.size(), scenario.arrivals.size());
  for (std::size_t i = 0; i < warm.size(); ++i) {
    ASSERT_EQ(warm[i], cold[i]) << "decision " << i << ", " << scenario.arrivals[i]->Key();
  }
}

TEST_P(EveryWorkload, IsDecidedTheSameWithDeploymentsAsPods) {
  EXPECT_EQ(Decisions(Made(GetParam()), framework::ColumnCaching::kOn),
            Decisions(Made(GetParam(), Deployments::kAsPods), framework::ColumnCaching::kOn));
}

// ---- What each family is about ----

struct Outcome {
  std::map<std::string, std::vector<std::string>> pods_on;  // arrivals, by node
  std::map<std::string, std::string> messages;              // of pods that fit nowhere
  std::map<std::string, const api::Pod*> placed;
  std::size_t arrivals = 0;
  std::int64_t scored_nodes = 0;
};

Outcome OutcomeOf(const Scenario& scenario) {
  Outcome outcome;
  ScenarioRun run(scenario, {});
  run.Finish([&](const Decided& decided) {
    if (decided.node.empty()) {
      outcome.messages[decided.pod.Key()] = decided.message;
    } else {
      outcome.pods_on[decided.node].push_back(decided.pod.meta.name);
      outcome.placed[decided.pod.Key()] = &decided.pod;
    }
  });
  outcome.arrivals = scenario.arrivals.size();
  outcome.scored_nodes = run.scored_nodes();
  return outcome;
}

std::string LabelOf(const Scenario& scenario, const std::string& node, const std::string& key) {
  const auto it = std::ranges::find_if(
      scenario.nodes, [&](const auto& candidate) { return candidate->meta.name == node; });
  return it == scenario.nodes.end() ? "" : *(*it)->meta.labels.Find(key);
}

std::map<std::string, std::size_t> PodsByZone(const Scenario& scenario, const Outcome& outcome) {
  std::map<std::string, std::size_t> zones;
  for (const auto& [node, pods] : outcome.pods_on) {
    zones[LabelOf(scenario, node, "topology.kubernetes.io/zone")] += pods.size();
  }
  return zones;
}

void ExpectAllPlaced(const Outcome& outcome) {
  EXPECT_EQ(outcome.placed.size(), outcome.arrivals);
  EXPECT_TRUE(outcome.messages.empty()) << outcome.messages.begin()->second;
}

// No host has two of the pods, running ones included.
void ExpectOneAHost(const Scenario& scenario, const Outcome& outcome) {
  ExpectAllPlaced(outcome);
  std::set<std::string> taken;
  for (const auto& pod : scenario.running) EXPECT_TRUE(taken.insert(pod->node_name).second);
  for (const auto& [node, pods] : outcome.pods_on) {
    EXPECT_EQ(pods.size(), 1u) << node;
    EXPECT_TRUE(taken.insert(node).second) << node;
  }
}

TEST(Families, BasicPutsPodsOnEveryNode) {
  const auto outcome = OutcomeOf(Made("basic"));
  ExpectAllPlaced(outcome);
  EXPECT_EQ(outcome.pods_on.size(), static_cast<std::size_t>(kNodes));
  EXPECT_EQ(outcome.scored_nodes, kNodes * 2 * kNodes);
}

TEST(Families, DaemonsetPinUsesOneNode) {
  const auto outcome = OutcomeOf(Made("daemonset-pin"));
  ExpectAllPlaced(outcome);
  EXPECT_EQ(outcome.pods_on.at("target-00000").size(), outcome.arrivals);
  EXPECT_EQ(outcome.scored_nodes, 0);
}

TEST(Families, AntiAffinityHostPutsOneAHost) {
  const auto scenario = Made("anti-affinity-host");
  ExpectOneAHost(scenario, OutcomeOf(scenario));
}

TEST(Families, NamespaceSelectorPutsOneAHost) {
  const auto scenario = Made("namespace-selector");
  std::set<std::string> namespaces;
  for (const auto& pod : scenario.running) namespaces.insert(pod->meta.namespace_name);
  EXPECT_THAT(namespaces.size(), Gt(25u));
  ExpectOneAHost(scenario, OutcomeOf(scenario));
}

TEST(Families, SpreadTaintsPutsOneAHostThatIsInReach) {
  const auto scenario = Made("spread-taints");
  const auto outcome = OutcomeOf(scenario);
  ExpectOneAHost(scenario, outcome);
  for (const auto& [node, pods] : outcome.pods_on) EXPECT_THAT(node, StartsWith("node-"));
}

TEST(Families, AffinityZoneStaysWithItsKind) {
  const auto outcome = OutcomeOf(Made("affinity-zone"));
  ExpectAllPlaced(outcome);
  EXPECT_EQ(outcome.scored_nodes, kNodes * kNodes);  // there are pods of the kind in every zone
  // Without any pod of the kind, the first one may go anywhere, and the rest must follow it.
  Scenario alone = Made("affinity-zone");
  alone.running.clear();
  EXPECT_EQ(PodsByZone(alone, OutcomeOf(alone)).size(), 1u);
}

TEST(Families, PreferredAffinityCountsTheOthers) {
  // All hosts have one at the start; whoever gets a second one draws the rest until it is full.
  const auto outcome = OutcomeOf(Made("preferred-affinity"));
  ExpectAllPlaced(outcome);
  EXPECT_LT(outcome.pods_on.size(), static_cast<std::size_t>(kNodes) / 2);
}

TEST(Families, NodeAffinityKeepsToTwoZones) {
  const auto scenario = Made("node-affinity");
  const auto outcome = OutcomeOf(scenario);
  ExpectAllPlaced(outcome);
  const auto zones = PodsByZone(scenario, outcome);
  EXPECT_EQ(zones.size(), 2u);
  EXPECT_FALSE(zones.contains("zone-3"));
}

TEST(Families, MixedAffinityPlacesPlainPodsAmongThem) {
  const auto scenario = Made("mixed-affinity");
  EXPECT_EQ(scenario.running.size(), 5 * 24u);
  ExpectAllPlaced(OutcomeOf(scenario));
}

TEST(Families, SpreadHardKeepsTheSkew) {
  const auto scenario = Made("spread-hard");
  const auto outcome = OutcomeOf(scenario);
  ExpectAllPlaced(outcome);
  std::vector<std::size_t> counts;
  for (const auto& [zone, count] : PodsByZone(scenario, outcome)) counts.push_back(count);
  ASSERT_EQ(counts.size(), 3u);
  EXPECT_LE(std::ranges::max(counts) - std::ranges::min(counts), 5u);
}

TEST(Families, SpreadSoftReachesEveryZone) {
  const auto scenario = Made("spread-soft");
  const auto outcome = OutcomeOf(scenario);
  ExpectAllPlaced(outcome);
  for (const auto& [zone, count] : PodsByZone(scenario, outcome)) EXPECT_GE(count, 10u) << zone;
}

TEST(Families, SpreadDefaultReachesEveryZone) {
  const auto scenario = Made("spread-default");
  const auto outcome = OutcomeOf(scenario);
  ExpectAllPlaced(outcome);
  for (const auto& [zone, count] : PodsByZone(scenario, outcome)) EXPECT_GE(count, 30u) << zone;
  // Nothing but the Service spreads them over the zones.
  EXPECT_EQ(scenario.objects.services.size(), 1u);
}

TEST(Families, UnschedulableStreamLeavesTheLargePods) {
  const auto outcome = OutcomeOf(Made("unschedulable-stream"));
  EXPECT_EQ(outcome.messages.size(), outcome.arrivals / 3);
  std::vector<std::string> messages;
  for (const auto& [pod, message] : outcome.messages) messages.push_back(message);
  EXPECT_THAT(messages, Each(std::string("0/60 nodes are available: 60 Insufficient cpu.")));
  EXPECT_TRUE(outcome.messages.contains("default/pod-00002"));
}

TEST(Families, ChurnHasNodesComeAndGo) {
  const auto scenario = Made("churn");
  std::map<OperationRule::Kind, int> operations;
  for (const auto& operation : scenario.operations) ++operations[operation.kind];
  EXPECT_EQ(operations.size(), 3u);
  ScenarioRun run(scenario, {});
  run.Finish();
  const auto& added = scenario.added_nodes.front()->meta.name;
  EXPECT_TRUE(run.cluster().nodes.Find(added).has_value());
  EXPECT_LT(run.cluster().pod_count(),
            scenario.running.size() + static_cast<std::size_t>(run.placed()));
}

TEST(Families, ExtendedHasOneNodeForEachPod) {
  const auto outcome = OutcomeOf(Made("extended-1to1"));
  ExpectAllPlaced(outcome);
  EXPECT_EQ(outcome.pods_on.at("node-00042"), std::vector<std::string>{"pod-00042"});
}

TEST(Families, TemplatesHaveFiftyDifferentPods) {
  for (const char* name : {"templates-50", "templates-50-rollout"}) {
    const auto scenario = Made(name);
    std::set<const api::PodSpec*> specs;
    std::set<std::string> owners;
    for (const auto& pod : scenario.arrivals) {
      specs.insert(pod->spec.get());
      owners.insert(pod->meta.Controller()->name);
    }
    EXPECT_GE(specs.size(), 40u) << name;
    EXPECT_EQ(owners.size(), 50u) << name;
    ExpectAllPlaced(OutcomeOf(scenario));
  }
}

TEST(Families, AllDifferentHasNoTwoEqualPods) {
  const auto scenario = Made("all-different");
  std::set<const api::PodSpec*> specs;
  for (const auto& pod : scenario.arrivals) specs.insert(pod->spec.get());
  EXPECT_EQ(specs.size(), scenario.arrivals.size());
  ExpectAllPlaced(OutcomeOf(scenario));
}

TEST(Families, UnfitFitsNowhere) {
  const auto scenario = Made("unfit");
  const auto outcome = OutcomeOf(scenario);
  EXPECT_EQ(outcome.messages.size(), outcome.arrivals);
  EXPECT_EQ(outcome.messages.begin()->second,
            "0/60 nodes are available: 54 Insufficient cpu, 6 node(s) had untolerated taint(s).");
}

TEST(Families, MillionIsAMillion) {
  const auto workload = ReadWorkload(PathOf("million"));
  ASSERT_TRUE(workload.has_value());
  ASSERT_EQ(workload->sizes, std::vector<std::int64_t>{100'000});
  const Group& group = workload->arrivals.front();
  EXPECT_EQ(group.count.For(100'000) * group.replicas->For(100'000), 1'000'000);
}

}  // namespace
}  // namespace berth::bench

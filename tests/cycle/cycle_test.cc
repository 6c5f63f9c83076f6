// Sampling, ties and the sentence of a pod that fits nowhere.
#include <gmock/gmock.h>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/sampling.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "tests/support/builders.h"

namespace berth::cycle {
namespace {

using framework::Code;
using support::NodeBuilder;
using support::PodBuilder;
using support::Require;

TEST(Sampling, FindsAsManyNodesAsKubeScheduler) {
  const std::pair<std::size_t, std::size_t> adaptive[] = {
      {0, 0},      {99, 99},    {100, 100},   {125, 100},  {200, 100},  {300, 144},
      {500, 230},  {1000, 420}, {2000, 680},  {2500, 750}, {3000, 780}, {4000, 720},
      {5000, 500}, {6000, 300}, {10000, 500}, {15000, 750}};
  for (const auto& [nodes, found] : adaptive) EXPECT_EQ(FeasibleNodesToFind(0, nodes), found);
  EXPECT_EQ(FeasibleNodesToFind(30, 1000), 300u);
  EXPECT_EQ(FeasibleNodesToFind(5, 1000), 100u);
  EXPECT_EQ(FeasibleNodesToFind(100, 1000), 1000u);
  EXPECT_EQ(FeasibleNodesToFind(1, 50), 50u);
}

scoring::Column<NodeIndex> InOrder(std::size_t rows) {
  scoring::Column<NodeIndex> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = static_cast<NodeIndex>(i);
  return order;
}

NodeMask MaskOf(std::size_t rows, std::initializer_list<NodeIndex> set) {
  NodeMask mask(rows);
  for (const NodeIndex row : set) mask.Set(row);
  return mask;
}

TEST(Sampling, StopsAtTheOneAfterTheLastWanted) {
  const auto order = InOrder(8);
  NodeMask all(8);
  all.SetAll();
  NodeMask feasible = MaskOf(8, {1, 2, 5, 7});
  const Sample sample = KeepFirstFeasible(order, all, 0, 2, feasible);
  EXPECT_EQ(feasible, MaskOf(8, {1, 2}));
  EXPECT_EQ(sample.feasible, 2u);
  EXPECT_EQ(sample.rejected, 3u);  // 0, and 3 and 4 on the way to 5
}

TEST(Sampling, WrapsAroundAndSeesAllWhereTooFewFit) {
  const auto order = InOrder(8);
  NodeMask all(8);
  all.SetAll();
  NodeMask feasible = MaskOf(8, {1, 2, 7});
  Sample sample = KeepFirstFeasible(order, all, 6, 2, feasible);
  EXPECT_EQ(feasible, MaskOf(8, {1, 7}));
  EXPECT_EQ(sample.rejected, 2u);  // 6 and 0
  feasible = MaskOf(8, {3});
  sample = KeepFirstFeasible(order, all, 6, 2, feasible);
  EXPECT_EQ(feasible, MaskOf(8, {3}));
  EXPECT_EQ(sample.feasible + sample.rejected, 8u);
}

TEST(Sampling, LooksAtCandidatesOnly) {
  const auto order = InOrder(8);
  const NodeMask candidates = MaskOf(8, {2, 4, 6});
  NodeMask feasible = MaskOf(8, {4});
  const Sample sample = KeepFirstFeasible(order, candidates, 0, 2, feasible);
  EXPECT_EQ(sample.feasible, 1u);
  EXPECT_EQ(sample.rejected, 2u);
  EXPECT_EQ(PositionOfCandidate(order, candidates, 0), 2u);
  EXPECT_EQ(PositionOfCandidate(order, candidates, 1), 4u);
  EXPECT_EQ(PositionOfCandidate(order, candidates, 5), 6u);  // number 2 of 3
  EXPECT_EQ(PositionOfCandidate(order, NodeMask(8), 5), 0u);
}

// ---- Whole cycles ----

class CycleTest : public ::testing::Test {
 protected:
  CycleTest() : CycleTest("") {}
  explicit CycleTest(const std::string& profiles) {
    const auto configuration = config::LoadText(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + profiles,
        "test");
    auto runtime = framework::ProfileRuntime::Make(
        configuration->profiles.front(), plugins::MakeRegistry(), framework::ColumnCaching::kOn);
    runtime_ = *std::move(runtime);
  }

  void AddNodes(int count) {
    for (int i = 0; i < count; ++i) AddNode(NodeBuilder("n" + std::to_string(i)));
  }
  void AddNode(const NodeBuilder& node) { cluster_.AddNode(node.Build()); }
  const cluster::PodClass& ClassOf(const PodBuilder& pod) {
    return cluster_.classes.ClassOfPending(*pod.Build());
  }
  // The rows that the first pods of one kind are sent to; they are not placed.
  std::vector<NodeIndex> Chosen(SchedulingAlgorithm& algorithm, const PodBuilder& pod, int times) {
    const auto& pod_class = ClassOf(pod);
    std::vector<NodeIndex> rows;
    for (int i = 0; i < times; ++i) rows.push_back(algorithm.Schedule(*runtime_, pod_class).node);
    return rows;
  }
  std::string MessageOf(const PodBuilder& pod) {
    SchedulingAlgorithm algorithm(cluster_, {});
    const auto& pod_class = ClassOf(pod);
    EXPECT_EQ(algorithm.Schedule(*runtime_, pod_class).outcome, Outcome::kUnschedulable);
    return algorithm.Diagnose(*runtime_, pod_class).Message();
  }

  cluster::Cluster cluster_;
  std::unique_ptr<framework::ProfileRuntime> runtime_;
};

TEST_F(CycleTest, TieRulesChooseAmongEquals) {
  AddNodes(4);
  const auto chosen = [&](TieBreak rule, std::uint64_t seed = 0) {
    AlgorithmOptions options;
    options.tie_break = rule;
    options.seed = seed;
    SchedulingAlgorithm algorithm(cluster_, options);
    return Chosen(algorithm, PodBuilder("p"), 6);
  };
  using Rows = std::vector<NodeIndex>;
  EXPECT_EQ(chosen(TieBreak::kFirst), Rows({0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(chosen(TieBreak::kRoundRobin), Rows({0, 1, 2, 3, 0, 1}));
  EXPECT_EQ(chosen(TieBreak::kRandom, 7), chosen(TieBreak::kRandom, 7));
  bool differs = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    differs |= chosen(TieBreak::kRandom, seed) != chosen(TieBreak::kRandom, 7);
  }
  EXPECT_TRUE(differs);
}

TEST_F(CycleTest, KubeTakesTheFirstInHeapPreorder) {
  // Equal but for n0 and n1, which are worse: of [0, 0, 1, 1] position 3 wins.
  AddNode(NodeBuilder("n0").Taint("a", "", api::TaintEffect::kPreferNoSchedule));
  AddNode(NodeBuilder("n1").Taint("a", "", api::TaintEffect::kPreferNoSchedule));
  AddNode(NodeBuilder("n2"));
  AddNode(NodeBuilder("n3"));
  SchedulingAlgorithm algorithm(cluster_, {});
  EXPECT_EQ(Chosen(algorithm, PodBuilder("p"), 1), std::vector<NodeIndex>({3}));
}

TEST_F(CycleTest, SearchGoesOnWhereTheLastOneEnded) {
  constexpr int kNodes = 300;  // of which 144 are enough
  AddNodes(kNodes);
  AlgorithmOptions options;
  options.percentage_of_nodes_to_score = 0;
  SchedulingAlgorithm algorithm(cluster_, options);
  EXPECT_EQ(Chosen(algorithm, PodBuilder("p"), 4), std::vector<NodeIndex>({0, 144, 288, 132}));
}

class CycleWithoutScoresTest : public CycleTest {
 protected:
  CycleWithoutScoresTest()
      : CycleTest("profiles: [{schedulerName: s, plugins: {score: {disabled: [{name: '*'}]}}}]\n") {
  }
};

TEST_F(CycleWithoutScoresTest, SamplingTakesTheFirstNodeThatFits) {
  AddNodes(300);
  AlgorithmOptions options;
  options.percentage_of_nodes_to_score = 100;
  SchedulingAlgorithm algorithm(cluster_, options);
  EXPECT_EQ(Chosen(algorithm, PodBuilder("p"), 4), std::vector<NodeIndex>({0, 1, 2, 3}));
}

TEST_F(CycleTest, OneFeasibleNodeIsTakenWithoutAScore) {
  AddNodes(3);
  SchedulingAlgorithm algorithm(cluster_, {});
  const auto decision = algorithm.Schedule(
      *runtime_, ClassOf(PodBuilder("p").NodeSelector("kubernetes.io/hostname", "n1")));
  EXPECT_EQ(decision.outcome, Outcome::kChosen);
  EXPECT_EQ(decision.node, 1u);
  EXPECT_EQ(decision.feasible, 1u);
  EXPECT_EQ(decision.total, 0);
}

TEST_F(CycleTest, PreferenceThatCannotBeParsedIsAnError) {
  AddNodes(2);
  SchedulingAlgorithm algorithm(cluster_, {});
  const auto decision = algorithm.Schedule(
      *runtime_, ClassOf(PodBuilder("p").PreferNodes(
                     1, {{Require("a", api::SelectorOperator::kGt, {"x"})}, {}})));
  EXPECT_EQ(decision.outcome, Outcome::kError);
  EXPECT_THAT(decision.error, ::testing::StartsWith("running PreScore plugin \"NodeAffinity\": "));
}

TEST_F(CycleTest, MessageCountsReasonsInTheOrderOfTheirText) {
  const auto full = [](const std::string& name) {
    return NodeBuilder(name).Allocatable({{"cpu", "1"}, {"pods", "0"}});
  };
  AddNode(full("a"));
  AddNode(full("b"));
  AddNode(NodeBuilder("c").Taint("t", "", api::TaintEffect::kNoSchedule));
  EXPECT_EQ(MessageOf(PodBuilder("p").Requests({{"cpu", "2"}})),
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu, "
            "2 Too many pods.");
}

TEST_F(CycleTest, MessageSortsCountsAsText) {
  for (int i = 0; i < 10; ++i) AddNode(NodeBuilder("c" + std::to_string(i)).Cordoned());
  AddNode(NodeBuilder("t1").Taint("t", "", api::TaintEffect::kNoSchedule));
  AddNode(NodeBuilder("t2").Taint("t", "", api::TaintEffect::kNoSchedule));
  EXPECT_EQ(MessageOf(PodBuilder("p")),
            "0/12 nodes are available: 10 node(s) were unschedulable, "
            "2 node(s) had untolerated taint(s).");
}

TEST_F(CycleTest, MessageOfAClusterWithoutNodes) {
  EXPECT_EQ(MessageOf(PodBuilder("p")), "no nodes available to schedule pods");
}

TEST_F(CycleTest, MessageOfNarrowedNodesCountsTheOthersToo) {
  AddNodes(3);
  const auto named = [](std::vector<std::string> names) {
    api::NodeSelectorTerm term;
    for (auto& name : names) {
      term.match_fields.push_back(
          Require("metadata.name", api::SelectorOperator::kIn, {std::move(name)}));
    }
    return term;
  };
  EXPECT_EQ(MessageOf(PodBuilder("p").RequireNodes(named({"n1"})).Requests({{"cpu", "9"}})),
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) "
            "[NodeAffinity].");
  EXPECT_EQ(MessageOf(PodBuilder("p").RequireNodes(named({"n1", "n2"}))),
            "0/3 nodes are available: pod affinity terms conflict.");
}

TEST_F(CycleTest, DiagnosisOwnsItsWords) {
  AddNodes(1);
  SchedulingAlgorithm algorithm(cluster_, {});
  const PodBuilder pod = PodBuilder("p").Requests({{"example.com/a-device-of-many-letters", "1"}});
  const auto shared = pod.Build();
  const auto& pod_class = cluster_.classes.ClassOfPending(*shared);
  algorithm.Schedule(*runtime_, pod_class);
  const Diagnosis diagnosis = algorithm.Diagnose(*runtime_, pod_class);
  runtime_.reset();
  EXPECT_EQ(diagnosis.Message(),
            "0/1 nodes are available: 1 Insufficient example.com/a-device-of-many-letters.");
}

}  // namespace
}  // namespace berth::cycle

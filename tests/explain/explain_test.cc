// What an explanation says of small clusters.
#include "scheduler/explain/explain.h"

#include <gmock/gmock.h>

#include <numeric>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "tests/support/builders.h"

namespace berth::explain {
namespace {

using api::TaintEffect;
using framework::Code;
using support::NodeBuilder;
using support::PodBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SharedPod = std::shared_ptr<const api::Pod>;

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    profile_ =
        *framework::ProfileRuntime::Make(config::DefaultConfiguration().profiles[0],
                                         plugins::MakeRegistry(), framework::ColumnCaching::kOn);
  }

  void AddNode(const NodeBuilder& node) { cluster_.AddNode(node.Build()); }
  cluster::PodIndex Place(PodBuilder pod, const std::string& node) {
    pod.pod().node_name = node;
    return cluster_.AddPod(pod.Build(), *cluster_.nodes.Find(node));
  }
  void Nominate(const SharedPod& pod, const std::string& node) {
    cluster_.nominated.Set({pod, &cluster_.classes.ClassOfPending(*pod)}, node);
  }
  Explanation Ask(const SharedPod& pod) { return Ask(Question{pod, {}, {}, algorithm_}); }
  Explanation Ask(const Question& question) { return Explain(question, cluster_, *profile_); }
  Explanation AskAbout(const SharedPod& pod, const std::string& node) {
    return Ask(Question{pod, {}, cluster_.nodes.Find(node), algorithm_});
  }

  cluster::Cluster cluster_;
  std::unique_ptr<framework::ProfileRuntime> profile_;
  cycle::AlgorithmOptions algorithm_;
};

PodBuilder Cpu(const std::string& name, const std::string& amount) {
  return PodBuilder(name).Requests({{"cpu", amount}});
}

PodBuilder WithPriority(PodBuilder pod, std::int32_t priority) {
  pod.spec().priority = priority;
  return pod;
}

std::int64_t SumOf(const ScoredNode& scored) {
  return std::accumulate(scored.scores.begin(), scored.scores.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& score) { return sum + score.weighted; });
}

TEST_F(ExplainTest, TellsByWhichMarginTheBestNodeWins) {
  AddNode(NodeBuilder("full"));
  AddNode(NodeBuilder("empty"));
  AddNode(NodeBuilder("half"));
  Place(Cpu("a", "3"), "full");
  Place(Cpu("b", "1"), "half");
  const Explanation out = Ask(Cpu("pod", "500m").Build());
  EXPECT_EQ(out.feasible, 3u);
  ASSERT_TRUE(out.choice);
  EXPECT_EQ(out.choice->node, "empty");
  EXPECT_EQ(out.choice->by, DecidedBy::kScore);
  ASSERT_THAT(out.ranking, SizeIs(3));
  EXPECT_EQ(out.ranking[0].node, "empty");
  EXPECT_EQ(out.ranking[1].node, "half");
  ASSERT_TRUE(out.choice->runner_up);
  EXPECT_EQ(out.choice->runner_up->node, "half");
  std::int64_t margin = 0;
  for (const auto& [plugin, part] : out.choice->margins) margin += part;
  EXPECT_EQ(margin, out.ranking[0].total - out.ranking[1].total);
  EXPECT_GT(margin, 0);
  for (const ScoredNode& scored : out.ranking) EXPECT_EQ(SumOf(scored), scored.total);
}

TEST_F(ExplainTest, WeightsAndNormalisesAsThePluginsSay) {
  AddNode(NodeBuilder("clean"));
  AddNode(NodeBuilder("soft").Taint("a", "", TaintEffect::kPreferNoSchedule));
  const Explanation out = Ask(PodBuilder("pod").Build());
  const auto score_on = [&](std::size_t rank) { return out.ranking[rank].scores[0]; };
  EXPECT_EQ(score_on(0).plugin, "TaintToleration");
  EXPECT_EQ(score_on(0).raw, 0);
  EXPECT_EQ(score_on(0).normalized, 100);
  EXPECT_EQ(score_on(0).weighted, 300);
  EXPECT_EQ(score_on(1).raw, 1);
  EXPECT_EQ(score_on(1).normalized, 0);
  EXPECT_EQ(score_on(1).weighted, 0);
  EXPECT_THAT(out.scorers, Contains(testing::AllOf(Field(&Scorer::plugin, "NodeAffinity"),
                                                   Field(&Scorer::skipped, true))));
}

TEST_F(ExplainTest, NamesTheNodesOfATie) {
  for (const char* name : {"a", "b", "c"}) AddNode(NodeBuilder(name));
  algorithm_.tie_break = cycle::TieBreak::kFirst;
  const Explanation out = Ask(PodBuilder("pod").Build());
  ASSERT_TRUE(out.choice);
  EXPECT_EQ(out.choice->by, DecidedBy::kTie);
  EXPECT_EQ(out.choice->node, "a");
  EXPECT_THAT(out.choice->tied, ElementsAre("a", "b", "c"));
  for (const ScoredNode& scored : out.ranking) EXPECT_EQ(scored.rank, 1u);
}

TEST_F(ExplainTest, SaysWhereOnlyOneNodeIsLeft) {
  AddNode(NodeBuilder("a").Cordoned());
  AddNode(NodeBuilder("b"));
  const Explanation out = Ask(PodBuilder("pod").Build());
  ASSERT_TRUE(out.choice);
  EXPECT_EQ(out.choice->by, DecidedBy::kOnlyNode);
  EXPECT_EQ(out.choice->node, "b");
}

TEST_F(ExplainTest, GroupsRejectedNodesByPluginAndReason) {
  AddNode(NodeBuilder("t1").Taint("gpu", "yes", TaintEffect::kNoSchedule));
  AddNode(NodeBuilder("full"));
  AddNode(NodeBuilder("t2").Taint("gpu", "yes", TaintEffect::kNoSchedule));
  Place(Cpu("a", "3"), "full");
  const Explanation out = Ask(Cpu("pod", "2").Build());
  EXPECT_FALSE(out.choice);
  EXPECT_EQ(out.message,
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).");
  ASSERT_THAT(out.rejected, SizeIs(2));
  EXPECT_EQ(out.rejected[0].verdict.plugin, "TaintToleration");
  EXPECT_EQ(out.rejected[0].verdict.code, Code::kUnschedulableAndUnresolvable);
  EXPECT_THAT(out.rejected[0].nodes, ElementsAre("t1", "t2"));
  ASSERT_THAT(out.rejected[0].remedies, SizeIs(1));
  EXPECT_EQ(out.rejected[0].remedies[0].obstacles[0].text,
            "untolerated taint {gpu=yes:NoSchedule}");
  EXPECT_EQ(out.rejected[1].verdict.plugin, "NodeResourcesFit");
  EXPECT_THAT(out.rejected[1].verdict.reasons, ElementsAre("Insufficient cpu"));
  EXPECT_EQ(out.rejected[1].remedies[0].obstacles[0].text, "cpu: 2 requested, 1 free: 1 missing");
}

TEST_F(ExplainTest, TellsWhomPreemptionWouldEvict) {
  AddNode(NodeBuilder("n"));
  Place(WithPriority(Cpu("low", "3"), 1).Label("app", "low"), "n");
  api::PodDisruptionBudget budget;
  budget.meta.namespace_name = "default";
  budget.selector = support::TermForApp("low", "").label_selector;
  cluster_.disruption_budgets = {budget};
  const Explanation out = Ask(WithPriority(Cpu("pod", "2"), 10).Build());
  ASSERT_TRUE(out.preemption);
  EXPECT_EQ(out.preemption->node, "n");
  ASSERT_THAT(out.preemption->victims, SizeIs(1));
  EXPECT_EQ(out.preemption->victims[0].pod, "default/low");
  EXPECT_EQ(out.preemption->victims[0].priority, 1);
  EXPECT_TRUE(out.preemption->victims[0].violates_budget);
  EXPECT_EQ(cluster_.pod_count(), 1u);
}

TEST_F(ExplainTest, TellsWhyPreemptionWouldNotHelp) {
  AddNode(NodeBuilder("n"));
  Place(WithPriority(Cpu("same", "3"), 10), "n");
  const Explanation out = Ask(WithPriority(Cpu("pod", "2"), 10).Build());
  ASSERT_TRUE(out.preemption);
  EXPECT_EQ(out.preemption->node, "");
  EXPECT_THAT(out.preemption->message, HasSubstr("preemption: 0/1 nodes are available"));
  PodBuilder never = WithPriority(Cpu("never", "2"), 20);
  never.spec().preemption_policy = api::PreemptionPolicy::kNever;
  EXPECT_THAT(Ask(never.Build()).preemption->message,
              HasSubstr("not eligible due to preemptionPolicy=Never."));
}

TEST_F(ExplainTest, TakesARunningPodOffItsNodeAndPutsItBack) {
  AddNode(NodeBuilder("a"));
  AddNode(NodeBuilder("b"));
  const auto index = Place(Cpu("pod", "3").HostPort(80), "a");
  Place(Cpu("other", "2"), "b");
  const auto requested = cluster_.nodes.requested(cluster::kCpu)[0];
  const Explanation out = Ask({cluster_.SharedPod(index), index, {}, algorithm_});
  ASSERT_TRUE(out.choice);
  EXPECT_EQ(out.choice->node, "a");
  EXPECT_EQ(out.choice->by, DecidedBy::kOnlyNode);
  ASSERT_TRUE(out.current);
  EXPECT_EQ(out.current->node, "a");
  ASSERT_TRUE(out.current->scores);
  EXPECT_EQ(out.current->scores->rank, 1u);
  EXPECT_EQ(cluster_.nodes.requested(cluster::kCpu)[0], requested);
  EXPECT_EQ(cluster_.pod_count(), 2u);
  EXPECT_THAT(cluster_.PodsOn(0), SizeIs(1));
  EXPECT_TRUE(cluster_.host_ports.nodes().Test(0));
}

TEST_F(ExplainTest, TellsWhyTheNodeOfARunningPodWouldBeRejectedNow) {
  AddNode(NodeBuilder("a").Cordoned());
  AddNode(NodeBuilder("b"));
  const auto index = Place(PodBuilder("pod"), "a");
  const Explanation out = Ask({cluster_.SharedPod(index), index, {}, algorithm_});
  ASSERT_TRUE(out.current);
  EXPECT_FALSE(out.current->scores);
  EXPECT_EQ(out.current->rejection.plugin, "NodeUnschedulable");
  EXPECT_EQ(out.choice->node, "b");
}

TEST_F(ExplainTest, ExplainsAPodBehindItsGates) {
  AddNode(NodeBuilder("a"));
  PodBuilder pod("pod");
  pod.spec().scheduling_gates = {"example.com/quota"};
  const Explanation out = Ask(pod.Build());
  ASSERT_TRUE(out.held_back);
  EXPECT_EQ(out.held_back->plugin, "SchedulingGates");
  EXPECT_THAT(out.held_back->reasons,
              ElementsAre("waiting for scheduling gates: [example.com/quota]"));
  EXPECT_EQ(out.choice->node, "a");
}

TEST_F(ExplainTest, NamesThePreFilterThatRejectsThePod) {
  AddNode(NodeBuilder("a"));
  const auto named = [](const char* name) {
    return support::Require("metadata.name", api::SelectorOperator::kIn, {name});
  };
  const SharedPod pod = PodBuilder("pod").RequireNodes({{}, {named("a"), named("b")}}).Build();
  const Explanation out = AskAbout(pod, "a");
  ASSERT_TRUE(out.prefilter);
  EXPECT_EQ(out.prefilter->plugin, "NodeAffinity");
  EXPECT_THAT(out.prefilter->reasons, ElementsAre("pod affinity terms conflict"));
  EXPECT_EQ(out.message, "0/1 nodes are available: pod affinity terms conflict.");
  EXPECT_THAT(out.rejected, IsEmpty());
  ASSERT_TRUE(out.node);
  EXPECT_THAT(out.node->filters, IsEmpty());
  EXPECT_FALSE(out.node->scores);
}

TEST_F(ExplainTest, CountsNodesThatPreFilterLeavesOut) {
  for (const char* name : {"a", "b", "c"}) AddNode(NodeBuilder(name));
  const auto only_b = support::Require("metadata.name", api::SelectorOperator::kIn, {"b"});
  const Explanation out = AskAbout(PodBuilder("pod").RequireNodes({{}, {only_b}}).Build(), "c");
  EXPECT_EQ(out.choice->node, "b");
  ASSERT_THAT(out.rejected, SizeIs(1));
  EXPECT_EQ(out.rejected[0].verdict.plugin, "NodeAffinity");
  EXPECT_THAT(out.rejected[0].nodes, ElementsAre("a", "c"));
  EXPECT_THAT(out.node->narrowed_by, ElementsAre("NodeAffinity"));
}

TEST_F(ExplainTest, AsksEveryFilterAboutANode) {
  AddNode(NodeBuilder("bad").Cordoned().Taint("a", "", TaintEffect::kNoExecute));
  AddNode(NodeBuilder("good"));
  const Explanation out = AskAbout(Cpu("pod", "16").Build(), "bad");
  ASSERT_TRUE(out.node);
  std::vector<std::string> rejecting;
  for (const auto& filter : out.node->filters) {
    if (filter.verdict.code == Code::kSuccess) continue;
    rejecting.push_back(filter.verdict.plugin);
    EXPECT_THAT(filter.remedies, SizeIs(1)) << filter.verdict.plugin;
  }
  EXPECT_THAT(rejecting, ElementsAre("NodeUnschedulable", "TaintToleration", "NodeResourcesFit"));
  EXPECT_FALSE(out.node->feasible);
  ASSERT_TRUE(out.node->scores);
  EXPECT_EQ(out.node->scores->node, "bad");
}

TEST_F(ExplainTest, ScoresARejectedNodeAsIfItWereFeasible) {
  AddNode(NodeBuilder("cordoned").Cordoned());
  AddNode(NodeBuilder("busy"));
  AddNode(NodeBuilder("busier"));
  Place(Cpu("a", "1"), "busy");
  Place(Cpu("b", "2"), "busier");
  const Explanation out = AskAbout(Cpu("pod", "1").Build(), "cordoned");
  EXPECT_EQ(out.choice->node, "busy");
  ASSERT_TRUE(out.node->scores);
  EXPECT_EQ(out.node->scores->rank, 1u);
  EXPECT_GT(out.node->scores->total, out.choice->total);
  const Explanation feasible = AskAbout(Cpu("pod", "1").Build(), "busier");
  EXPECT_EQ(feasible.node->scores->total, feasible.ranking[1].total);
  EXPECT_EQ(feasible.node->scores->rank, 2u);
}

TEST_F(ExplainTest, KeepsRoomForNominatedPods) {
  AddNode(NodeBuilder("n"));
  Nominate(WithPriority(Cpu("first", "3"), 5).Build(), "n");
  const Explanation out = AskAbout(Cpu("pod", "2").Build(), "n");
  ASSERT_THAT(out.rejected, SizeIs(1));
  EXPECT_EQ(out.rejected[0].verdict.plugin, "NodeResourcesFit");
  ASSERT_THAT(out.rejected[0].remedies, SizeIs(1));
  EXPECT_EQ(out.rejected[0].remedies[0].obstacles[0].text,
            "room is kept for pods nominated to the node: default/first");
  ASSERT_TRUE(out.node->with_nominated);
  EXPECT_EQ(out.node->with_nominated->plugin, "NodeResourcesFit");
}

TEST_F(ExplainTest, GoesToItsOwnNominatedNodeAndShowsTheOthers) {
  AddNode(NodeBuilder("a"));
  AddNode(NodeBuilder("b"));
  Place(Cpu("x", "2"), "b");
  const SharedPod pod = Cpu("pod", "1").Build();
  Nominate(pod, "b");
  const Explanation out = Ask(pod);
  EXPECT_EQ(out.nominated_node, "b");
  EXPECT_EQ(out.choice->node, "b");
  EXPECT_EQ(out.choice->by, DecidedBy::kNomination);
  ASSERT_THAT(out.ranking, SizeIs(2));
  EXPECT_EQ(out.ranking[0].node, "a");
  EXPECT_EQ(cluster_.nominated.NodeOf(*pod), "b");
}

TEST_F(ExplainTest, HonoursTheSample) {
  for (int i = 0; i < 150; ++i) AddNode(NodeBuilder("n" + std::to_string(i)));
  algorithm_.percentage_of_nodes_to_score = 10;
  const Explanation out = AskAbout(PodBuilder("pod").Build(), "n149");
  EXPECT_EQ(out.feasible, 150u);
  EXPECT_EQ(out.scored, 100u);
  EXPECT_EQ(out.percentage_of_nodes_to_score, 10);
  EXPECT_THAT(out.ranking, SizeIs(100));
  EXPECT_THAT(out.choice->tied, SizeIs(100));
  EXPECT_TRUE(out.node->feasible);
  EXPECT_TRUE(out.node->sampled_out);
}

TEST_F(ExplainTest, HasAnAnswerForAClusterWithoutNodes) {
  const Explanation out = Ask(PodBuilder("pod").Build());
  EXPECT_EQ(out.message, "no nodes available to schedule pods");
  EXPECT_FALSE(out.choice);
  EXPECT_FALSE(out.preemption);
  EXPECT_THAT(out.rejected, IsEmpty());
}

}  // namespace
}  // namespace berth::explain

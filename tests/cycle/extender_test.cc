// What extenders change in a decision, in kube-scheduler's order.
#include <gmock/gmock.h>

#include <set>

#include "plugins/registry.h"
#include "scheduler/config/load.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "tests/cycle/scripted_extender.h"
#include "tests/support/builders.h"

namespace berth::cycle {
namespace {

using framework::Code;
using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExtenderTest : public ::testing::Test {
 protected:
  ExtenderTest() { UseProfiles(""); }

  void UseProfiles(const std::string& profiles,
                   framework::ColumnCaching caching = framework::ColumnCaching::kOn) {
    const auto configuration = config::LoadText(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + profiles,
        "test");
    runtime_ = *framework::ProfileRuntime::Make(configuration->profiles.front(),
                                                plugins::MakeRegistry(), caching);
  }
  void AddNodes(int count) {
    for (int i = 0; i < count; ++i) AddNode(NodeBuilder("n" + std::to_string(i)));
  }
  void AddNode(const NodeBuilder& node) { cluster_.AddNode(node.Build()); }
  void Place(const PodBuilder& pod, const std::string& node) {
    cluster_.AddPod(pod.Build(), *cluster_.nodes.Find(node));
  }
  ScriptedExtender& Add(const std::string& name = "http://one") {
    auto extender = std::make_unique<ScriptedExtender>(name);
    ScriptedExtender& added = *extender;
    extenders_.push_back(std::move(extender));
    return added;
  }
  SchedulingAlgorithm& Algorithm(AlgorithmOptions options = {}) {
    options.extenders = &extenders_;
    algorithm_ = std::make_unique<SchedulingAlgorithm>(cluster_, options);
    return *algorithm_;
  }
  Decision Decide(const PodBuilder& pod, AlgorithmOptions options = {}) {
    pod_ = pod.Build();
    return Algorithm(options).Schedule(*runtime_, ClassOf(), pod_.get());
  }
  std::string NodeOf(const PodBuilder& pod, AlgorithmOptions options = {}) {
    const Decision decision = Decide(pod, options);
    EXPECT_EQ(decision.outcome, Outcome::kChosen) << decision.error;
    return decision.outcome == Outcome::kChosen ? cluster_.nodes.Name(decision.node) : "";
  }
  // Of the pod that was decided last.
  Diagnosis Diagnose() { return algorithm_->Diagnose(*runtime_, ClassOf(), pod_.get()); }
  const cluster::PodClass& ClassOf() { return cluster_.classes.ClassOfPending(*pod_); }

  cluster::Cluster cluster_;
  std::unique_ptr<framework::ProfileRuntime> runtime_;
  Extenders extenders_;
  std::unique_ptr<SchedulingAlgorithm> algorithm_;
  std::shared_ptr<const api::Pod> pod_;
};

TEST_F(ExtenderTest, EachFiltersWhatTheOneBeforeHasLeft) {
  AddNodes(4);
  auto& first = Add("http://first");
  auto& second = Add("http://second");
  first.filters = second.filters = true;
  first.dropped = {"n0", "n2"};
  second.dropped = {"n1"};
  const Decision decision = Decide(PodBuilder("p"));
  ASSERT_EQ(decision.outcome, Outcome::kChosen);
  EXPECT_EQ(cluster_.nodes.Name(decision.node), "n3");
  EXPECT_EQ(decision.feasible, 1u);
  EXPECT_THAT(first.asked, ElementsAre(ElementsAre("n0", "n1", "n2", "n3")));
  EXPECT_THAT(second.asked, ElementsAre(ElementsAre("n1", "n3")));
}

TEST_F(ExtenderTest, SeesOnlyWhatThePluginsLeave) {
  AddNodes(2);
  AddNode(NodeBuilder("closed").Cordoned());
  auto& extender = Add();
  extender.filters = true;
  Decide(PodBuilder("p"));
  EXPECT_THAT(extender.asked, ElementsAre(ElementsAre("n0", "n1")));
}

TEST_F(ExtenderTest, NobodyIsAskedAboutNoNode) {
  AddNodes(2);
  auto& first = Add("http://first");
  auto& second = Add("http://second");
  first.filters = second.filters = true;
  first.dropped = {"n0", "n1"};
  EXPECT_EQ(Decide(PodBuilder("p")).outcome, Outcome::kUnschedulable);
  EXPECT_THAT(second.asked, IsEmpty());
}

TEST_F(ExtenderTest, TheirReasonsStandInTheDiagnosisWithoutAPlugin) {
  AddNodes(4);
  AddNode(NodeBuilder("closed").Cordoned());
  auto& extender = Add();
  extender.filters = true;
  extender.failed = {{"n0", "no quota"}, {"n1", "no licence"}, {"nowhere", "unknown"}};
  extender.unresolvable = {{"n1", "gone for good"}};
  extender.dropped = {"n2", "n3"};
  ASSERT_EQ(Decide(PodBuilder("p")).outcome, Outcome::kUnschedulable);
  const Diagnosis diagnosis = Diagnose();
  EXPECT_EQ(diagnosis.Message(),
            "0/5 nodes are available: 1 gone for good, 1 no quota, 1 node(s) were unschedulable.");
  EXPECT_TRUE(diagnosis.extenders_dropped_nodes);
  std::map<std::string, std::pair<std::string, Code>> said;
  diagnosis.ForEachRejected(
      [&](NodeIndex node, std::string_view plugin, const framework::NodeStatus& status) {
        said[cluster_.nodes.Name(node)] = {std::string(plugin), status.code};
      });
  EXPECT_THAT(said, SizeIs(3));
  EXPECT_EQ(said["n0"], std::pair(std::string(), Code::kUnschedulable));
  EXPECT_EQ(said["n1"], std::pair(std::string(), Code::kUnschedulableAndUnresolvable));
  EXPECT_EQ(said["closed"].first, "NodeUnschedulable");
  EXPECT_THAT(extender.asked, SizeIs(1)) << "a diagnosis asks nobody again";
}

TEST_F(ExtenderTest, TheirWordGoesBeforeThatOfAPlugin) {
  AddNodes(1);
  AddNode(NodeBuilder("closed").Cordoned());
  auto& extender = Add();
  extender.filters = true;
  extender.failed = {{"n0", "no"}, {"closed", "no"}};
  Decide(PodBuilder("p"));
  EXPECT_EQ(Diagnose().Message(), "0/2 nodes are available: 2 no.");
}

TEST_F(ExtenderTest, WhoTakesNothingAwayIsNoRejector) {
  AddNodes(1);
  AddNode(NodeBuilder("closed").Cordoned());
  Add().filters = true;
  Decide(PodBuilder("p").NodeSelector("disk", "ssd"));
  EXPECT_FALSE(Diagnose().extenders_dropped_nodes);
}

TEST_F(ExtenderTest, AFailureEndsTheAttemptUnlessItMayBeIgnored) {
  AddNodes(3);
  auto& first = Add("http://first");
  auto& second = Add("http://second");
  first.filters = second.filters = true;
  second.dropped = {"n0", "n1"};
  first.error = "connection refused";
  const Decision failed = Decide(PodBuilder("p"));
  EXPECT_EQ(failed.outcome, Outcome::kError);
  EXPECT_EQ(failed.error, "connection refused");
  EXPECT_THAT(second.asked, IsEmpty());
  first.ignorable = true;
  EXPECT_EQ(NodeOf(PodBuilder("p")), "n2");
}

TEST_F(ExtenderTest, WhoIsNotInterestedIsNotAsked) {
  AddNodes(3);
  auto& extender = Add();
  extender.filters = extender.prioritizes = true;
  extender.only_pod = "other";
  extender.error = "must not be asked";
  const std::string chosen = NodeOf(PodBuilder("p"));
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    AlgorithmOptions options;
    options.seed = seed;
    EXPECT_EQ(NodeOf(PodBuilder("p"), options), chosen) << "no tie is drawn for such a pod";
  }
  EXPECT_THAT(extender.asked, IsEmpty());
  EXPECT_EQ(extender.scored, 0);
}

TEST_F(ExtenderTest, ScoresCountTenTimesTheWeight) {
  AddNodes(3);
  auto& first = Add("http://first");
  auto& second = Add("http://second");
  first.prioritizes = second.prioritizes = true;
  first.weight = 2;
  second.weight = 3;
  first.scores = {{"n0", 1}, {"n1", 4}, {"nowhere", 9}};
  second.scores = {{"n1", 1}, {"n2", 5}};
  const Decision decision = Decide(PodBuilder("p"));
  EXPECT_EQ(cluster_.nodes.Name(decision.node), "n2");
  extenders_.clear();
  EXPECT_EQ(decision.total, Decide(PodBuilder("p")).total + 5 * 3 * 10);
  EXPECT_EQ(decision.best_count, 1u);
}

TEST_F(ExtenderTest, OneThatCannotScoreIsPassedOver) {
  AddNodes(3);
  auto& first = Add("http://first");
  auto& second = Add("http://second");
  first.prioritizes = second.prioritizes = true;
  first.error = "broken";
  second.scores = {{"n1", 1}};
  EXPECT_EQ(NodeOf(PodBuilder("p")), "n1");
}

TEST_F(ExtenderTest, ALoneNodeIsNotScored) {
  AddNodes(3);
  auto& extender = Add();
  extender.filters = extender.prioritizes = true;
  extender.dropped = {"n0", "n2"};
  EXPECT_EQ(NodeOf(PodBuilder("p")), "n1");
  EXPECT_EQ(extender.scored, 0);
}

TEST_F(ExtenderTest, TiesAreDrawnByTheSeed) {
  AddNodes(4);
  auto& extender = Add();
  extender.filters = true;  // scores nothing, and yet ties are drawn
  std::set<std::string> chosen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    AlgorithmOptions options;
    options.seed = seed;
    const std::string once = NodeOf(PodBuilder("p"), options);
    EXPECT_EQ(NodeOf(PodBuilder("p"), options), once);
    chosen.insert(once);
  }
  EXPECT_THAT(chosen, SizeIs(4));
}

TEST_F(ExtenderTest, OnlyNodesThatWereScoredDrawLots) {
  AddNodes(4);
  auto& extender = Add();
  extender.prioritizes = true;
  extender.scores = {{"n2", 0}};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    AlgorithmOptions options;
    options.seed = seed;
    EXPECT_EQ(NodeOf(PodBuilder("p"), options), "n2") << "all others have the lot 0";
  }
  extender.scores.clear();
  std::set<std::string> chosen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    AlgorithmOptions options;
    options.seed = seed;
    chosen.insert(NodeOf(PodBuilder("p"), options));
  }
  EXPECT_THAT(chosen, ElementsAre("n0")) << "as without extenders";
}

TEST_F(ExtenderTest, OtherTieRulesStay) {
  AddNodes(4);
  Add().filters = true;
  AlgorithmOptions options;
  options.tie_break = TieBreak::kFirst;
  for (options.seed = 0; options.seed < 10; ++options.seed) {
    EXPECT_EQ(NodeOf(PodBuilder("p"), options), "n0");
  }
}

TEST_F(ExtenderTest, ANominatedNodeNeedsTheirConsent) {
  AddNodes(3);
  auto& extender = Add();
  extender.filters = extender.prioritizes = true;
  extender.scores = {{"n2", 10}};
  const auto pod = PodBuilder("p").Build();
  cluster_.nominated.Set({pod, &cluster_.classes.ClassOfPending(*pod)}, "n1");
  pod_ = pod;
  const Decision taken = Algorithm().Schedule(*runtime_, ClassOf(), pod.get());
  EXPECT_TRUE(taken.by_nomination);
  EXPECT_EQ(cluster_.nodes.Name(taken.node), "n1");
  EXPECT_THAT(extender.asked, ElementsAre(ElementsAre("n1")));
  EXPECT_EQ(extender.scored, 0);
  extender.failed = {{"n1", "taken"}};
  const Decision other = Algorithm().Schedule(*runtime_, ClassOf(), pod.get());
  EXPECT_FALSE(other.by_nomination);
  EXPECT_EQ(cluster_.nodes.Name(other.node), "n2");
  extender.dropped = {"n0", "n2"};
  EXPECT_EQ(Algorithm().Schedule(*runtime_, ClassOf(), pod.get()).outcome, Outcome::kUnschedulable);
  EXPECT_EQ(Diagnose().Message(), "0/3 nodes are available: 1 taken.");
}

TEST_F(ExtenderTest, WholeNodesThatComeBackHaveNoPodsAndNoImages) {
  // The large node is half full, the small one empty but smaller.
  AddNode(NodeBuilder("large").Allocatable({{"cpu", "16"}, {"memory", "32Gi"}, {"pods", "20"}}));
  AddNode(NodeBuilder("small").Allocatable({{"cpu", "8"}, {"memory", "16Gi"}, {"pods", "20"}}));
  Place(PodBuilder("old").Requests({{"cpu", "12"}, {"memory", "24Gi"}}), "large");
  const PodBuilder pod = PodBuilder("p").Requests({{"cpu", "1"}, {"memory", "2Gi"}});
  auto& extender = Add();
  extender.filters = true;
  EXPECT_EQ(NodeOf(pod), "small");
  extender.returns_nodes = true;
  EXPECT_EQ(NodeOf(pod), "large");
  EXPECT_EQ(cluster_.nodes.requested(cluster::kCpu)[0], 12'000) << "the cluster is as it was";
  EXPECT_EQ(cluster_.nodes.pod_count()[0], 1);
}

TEST_F(ExtenderTest, ZonesAreCountedWherePodsAre) {
  AddNode(NodeBuilder("a").Zone("za"));
  AddNode(NodeBuilder("b").Zone("zb"));
  Place(PodBuilder("old").Label("app", "web"), "a");
  PodBuilder pod("p");
  pod.Label("app", "web")
      .PreferAntiAffinity(100, support::TermForApp("web", "topology.kubernetes.io/zone"));
  auto& extender = Add();
  extender.filters = extender.returns_nodes = true;
  EXPECT_EQ(NodeOf(pod), "b");
}

TEST_F(ExtenderTest, AllNodesAreLookedAtWhereOnlyAnExtenderChooses) {
  UseProfiles(R"(
percentageOfNodesToScore: 0
profiles:
- schedulerName: default-scheduler
  plugins:
    preScore: {disabled: [{name: "*"}]}
    score: {disabled: [{name: "*"}]}
)");
  AddNodes(3);
  auto& extender = Add();
  AlgorithmOptions options;
  options.percentage_of_nodes_to_score = 0;
  EXPECT_EQ(Decide(PodBuilder("p"), options).feasible, 1u);
  extender.filters = true;
  EXPECT_EQ(Decide(PodBuilder("p"), options).feasible, 3u);
}

TEST_F(ExtenderTest, ADiagnosisEndsWhereTheSampleDid) {
  for (int i = 0; i < 150; ++i) AddNode(NodeBuilder("n" + std::to_string(i)));
  for (int i = 150; i < 160; ++i) AddNode(NodeBuilder("n" + std::to_string(i)).Cordoned());
  auto& extender = Add();
  extender.filters = true;
  for (int i = 0; i < 160; ++i) extender.dropped.push_back("n" + std::to_string(i));
  AlgorithmOptions options;
  options.percentage_of_nodes_to_score = 10;
  EXPECT_EQ(Decide(PodBuilder("p"), options).outcome, Outcome::kUnschedulable);
  EXPECT_THAT(extender.asked.back(), SizeIs(100));
  EXPECT_EQ(Diagnose().Message(), "0/160 nodes are available:");
}

TEST_F(ExtenderTest, WhatIsCachedOfPluginsStaysRight) {
  const auto run = [&](framework::ColumnCaching caching) {
    cluster::Cluster cluster;
    for (int i = 0; i < 70; ++i) cluster.AddNode(NodeBuilder("n" + std::to_string(i)).Build());
    UseProfiles("", caching);
    extenders_.clear();
    auto& extender = Add();
    extender.filters = extender.prioritizes = true;
    extender.dropped = {"n3", "n5"};
    extender.scores = {{"n7", 1}, {"n60", 1}};
    AlgorithmOptions options;
    options.seed = 3;
    options.extenders = &extenders_;
    SchedulingAlgorithm algorithm(cluster, options);
    std::vector<NodeIndex> chosen;
    for (int i = 0; i < 60; ++i) {
      // Of the same class, and every other one is none of the extender's business.
      extender.only_pod = i % 2 == 0 ? "p" : "nobody";
      const auto pod = PodBuilder("p").Requests({{"cpu", "300m"}}).Build();
      const auto& pod_class = cluster.classes.ClassOfPending(*pod);
      const Decision decision = algorithm.Schedule(*runtime_, pod_class, pod.get());
      EXPECT_EQ(decision.outcome, Outcome::kChosen);
      chosen.push_back(decision.node);
      cluster.AddPod(pod, pod_class, decision.node);
    }
    return chosen;
  };
  EXPECT_EQ(run(framework::ColumnCaching::kOn), run(framework::ColumnCaching::kOff));
}

TEST_F(ExtenderTest, ScoresAreExplained) {
  AddNodes(3);
  auto& extender = Add("http://one");
  extender.filters = extender.prioritizes = true;
  extender.weight = 2;
  extender.scores = {{"n1", 3}};
  extender.dropped = {"n2"};
  const Decision decision = Decide(PodBuilder("p"));
  const Scores scores = algorithm_->ExplainScores(*runtime_, ClassOf(), pod_.get());
  EXPECT_EQ(scores.feasible.Count(), 2u);
  EXPECT_EQ(scores.totals[1], decision.total);
  ASSERT_FALSE(scores.plugins.empty());
  EXPECT_EQ(scores.plugins.back().plugin, "http://one");
  EXPECT_EQ(scores.plugins.back().raw[1], 3);
  EXPECT_EQ(scores.plugins.back().scores[1], 60);
  EXPECT_EQ(scores.plugins.back().scores[0], 0);
  EXPECT_TRUE(scores.best.Test(1));
  EXPECT_EQ(scores.best.Count(), 1u);
}

// ---- Preemption ----

class ExtenderPreemptionTest : public ExtenderTest {
 protected:
  ExtenderPreemptionTest() {
    AddNodes(2);
    for (const char* node : {"n0", "n1"}) {
      PodBuilder low(std::string("low-") + node);
      low.Requests({{"cpu", "3"}});
      low.spec().priority = 1;
      Place(low, node);
    }
  }

  PostFilterResult Preempt() {
    PodBuilder high("high");
    high.Requests({{"cpu", "3"}});
    high.spec().priority = 10;
    EXPECT_EQ(Decide(high).outcome, Outcome::kUnschedulable);
    return algorithm_->PostFilter(*runtime_, ClassOf(), *pod_, Diagnose());
  }
};

TEST_F(ExtenderPreemptionTest, AnExtenderChoosesAmongTheCandidates) {
  auto& extender = Add();
  extender.preempts = true;
  for (const std::string wanted : {"n0", "n1"}) {
    extender.preempt = [&](const ExtenderVictimsByNode& victims) {
      EXPECT_THAT(victims, SizeIs(2));
      return ExtenderVictimsByNode{{wanted, victims.at(wanted)}};
    };
    const PostFilterResult result = Preempt();
    ASSERT_TRUE(result.node.has_value()) << result.message;
    EXPECT_EQ(cluster_.nodes.Name(*result.node), wanted);
    ASSERT_THAT(result.victims, SizeIs(1));
    EXPECT_EQ(cluster_.pod(result.victims[0]).meta.name, "low-" + wanted);
  }
}

TEST_F(ExtenderPreemptionTest, NoCandidateIsLeft) {
  auto& extender = Add();
  extender.preempts = true;
  extender.preempt = [](const ExtenderVictimsByNode&) { return ExtenderVictimsByNode(); };
  const PostFilterResult result = Preempt();
  EXPECT_FALSE(result.node.has_value());
  EXPECT_THAT(result.message, ::testing::EndsWith("preemption: no candidate node for preemption"));
}

TEST_F(ExtenderPreemptionTest, ANodeWithoutVictimsIsAnErrorOrDropped) {
  auto& extender = Add();
  extender.preempts = true;
  extender.preempt = [](const ExtenderVictimsByNode& victims) {
    return ExtenderVictimsByNode{{"n0", {}}, {"n1", victims.at("n1")}};
  };
  EXPECT_THAT(Preempt().message,
              ::testing::EndsWith("expected at least one victim pod on node \"n0\""));
  extender.ignorable = true;
  const PostFilterResult result = Preempt();
  ASSERT_TRUE(result.node.has_value());
  EXPECT_EQ(cluster_.nodes.Name(*result.node), "n1");
}

TEST_F(ExtenderPreemptionTest, AFailureEndsItUnlessItMayBeIgnored) {
  auto& extender = Add();
  extender.preempts = true;
  extender.error = "broken";
  EXPECT_THAT(Preempt().message, ::testing::EndsWith("preemption: broken"));
  extender.ignorable = true;
  EXPECT_TRUE(Preempt().node.has_value());
}

TEST_F(ExtenderPreemptionTest, NodesThatAnExtenderRefusedForGoodAreNoCandidates) {
  cluster_.RemovePod(cluster_.PodsOn(0).front());
  cluster_.RemovePod(cluster_.PodsOn(1).front());
  for (const char* node : {"n0", "n1"}) {
    PodBuilder low(std::string("small-") + node);
    low.spec().priority = 1;
    Place(low, node);
  }
  auto& extender = Add();
  extender.filters = true;
  extender.unresolvable = {{"n0", "never"}};
  extender.failed = {{"n1", "not now"}};
  const PostFilterResult result = Preempt();
  EXPECT_THAT(result.message,
              ::testing::HasSubstr("expected at least one victim pod on node \"n1\""))
      << "only n1 is tried, where all plugins let the pod in anyway";
}

}  // namespace
}  // namespace berth::cycle

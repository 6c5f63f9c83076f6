// PodTopologySpread and InterPodAffinity.
#include <gmock/gmock.h>

#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using api::TaintEffect;
using api::UnsatisfiableAction;
using framework::Code;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Require;
using support::TermForApp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kZone = "topology.kubernetes.io/zone";
constexpr const char* kHostname = "kubernetes.io/hostname";
constexpr const char* kOtherPodsBar =
    "Unschedulable: node(s) didn't satisfy existing pods anti-affinity rules";

PodBuilder App(const std::string& app) { return PodBuilder("pod-" + app).Label("app", app); }

api::TopologySpreadConstraint Constraint(const std::string& key, const std::string& app,
                                         UnsatisfiableAction action, std::int32_t max_skew = 1) {
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = key;
  constraint.max_skew = max_skew;
  constraint.when_unsatisfiable = action;
  constraint.label_selector.emplace();
  if (!app.empty()) constraint.label_selector->match_labels["app"] = app;
  return constraint;
}
api::TopologySpreadConstraint Hard(const std::string& key, const std::string& app = "web") {
  return Constraint(key, app, UnsatisfiableAction::kDoNotSchedule);
}

// Nodes a1 and a2 in zone a, b1 in zone b, x without zone.
void AddZones(PluginHarness& harness) {
  harness.AddNode(NodeBuilder("a1").Zone("a"));
  harness.AddNode(NodeBuilder("a2").Zone("a"));
  harness.AddNode(NodeBuilder("b1").Zone("b"));
  harness.AddNode(NodeBuilder("x"));
}

class Spread : public ::testing::Test {
 protected:
  Spread() { AddZones(spread_); }
  PluginHarness spread_{"PodTopologySpread"};
};

TEST_F(Spread, KeepsDomainsWithinTheSkew) {
  EXPECT_EQ(spread_.PreFilter(App("web")).status.code, Code::kSkip);
  spread_.Place(App("web"), "a1");
  const PodBuilder pod = App("web").Spread(Hard(kZone));
  EXPECT_THAT(spread_.Passing(pod), ElementsAre("b1"));
  EXPECT_EQ(spread_.Explain(pod, "a2"),
            "Unschedulable: node(s) didn't match pod topology spread constraints");
  EXPECT_EQ(spread_.Explain(pod, "x"),
            "UnschedulableAndUnresolvable: node(s) didn't match pod topology spread constraints "
            "(missing required label)");
  // A pod that does not match its own selector does not add to the skew.
  EXPECT_THAT(spread_.Passing(App("db").Spread(Hard(kZone))), ElementsAre("a1", "a2", "b1"));
}

TEST_F(Spread, CountsNeitherOtherNamespacesNorTerminatingPods) {
  spread_.Place(App("web").Namespace("other"), "a1");
  PodBuilder terminating = App("web");
  terminating.pod().meta.deletion_timestamp = 1;
  spread_.Place(terminating, "a2");
  EXPECT_THAT(spread_.Passing(App("web").Spread(Hard(kZone))), ElementsAre("a1", "a2", "b1"));
}

TEST_F(Spread, FewerDomainsThanMinDomainsCountAsEmpty) {
  spread_.Place(App("web"), "a1");
  spread_.Place(App("web"), "b1");
  api::TopologySpreadConstraint constraint = Hard(kZone);
  EXPECT_THAT(spread_.Passing(App("web").Spread(constraint)), ElementsAre("a1", "a2", "b1"));
  constraint.min_domains = 3;
  EXPECT_THAT(spread_.Passing(App("web").Spread(constraint)), IsEmpty());
}

TEST_F(Spread, SelectorThatTakesEverythingCountsOnlyThePodItself) {
  spread_.Place(App("web"), "a1");
  spread_.Place(App("web"), "a1");
  EXPECT_THAT(spread_.Passing(App("web").Spread(Hard(kZone, ""))), ElementsAre("a1", "a2", "b1"));
}

TEST_F(Spread, MatchLabelKeysNarrowTheSelectorToOwnValues) {
  spread_.Place(App("web").Label("version", "1"), "a1");
  api::TopologySpreadConstraint constraint = Hard(kZone);
  constraint.match_label_keys = {"version", "absent"};
  EXPECT_THAT(spread_.Passing(App("web").Label("version", "2").Spread(constraint)),
              ElementsAre("a1", "a2", "b1"));
  EXPECT_THAT(spread_.Passing(App("web").Label("version", "1").Spread(constraint)),
              ElementsAre("b1"));
}

TEST(SpreadGates, MatchLabelKeysCountOnlyBehindTheirGate) {
  config::FeatureGates gates;
  gates.Set(config::Gate::kMatchLabelKeysInPodTopologySpread, false);
  PluginHarness spread("PodTopologySpread", {}, gates);
  AddZones(spread);
  spread.Place(App("web").Label("version", "1"), "a1");
  api::TopologySpreadConstraint constraint = Hard(kZone);
  constraint.match_label_keys = {"version"};
  EXPECT_THAT(spread.Passing(App("web").Label("version", "2").Spread(constraint)),
              ElementsAre("b1"));
}

TEST(SpreadGates, TaintsAreComparedOnlyBehindTheirGate) {
  config::FeatureGates gates;
  gates.Set(config::Gate::kTaintTolerationComparisonOperators, true);
  PluginHarness plain("PodTopologySpread");
  PluginHarness comparing("PodTopologySpread", {}, gates);
  for (PluginHarness* spread : {&plain, &comparing}) {
    AddZones(*spread);
    spread->AddNode(NodeBuilder("c1").Zone("c").Taint("level", "4", TaintEffect::kNoSchedule));
    spread->Place(App("web"), "a1");
    spread->Place(App("web"), "b1");
  }
  api::TopologySpreadConstraint constraint = Hard(kZone);
  constraint.node_taints_policy = api::NodeInclusionPolicy::kHonor;
  const PodBuilder pod =
      App("web").Spread(constraint).Tolerate({"level", api::TolerationOperator::kLt, "5", {}});
  EXPECT_THAT(plain.Passing(pod), ElementsAre("a1", "a2", "b1", "c1"));
  EXPECT_THAT(comparing.Passing(pod), ElementsAre("c1")) << "zone c is an empty domain";
}

TEST_F(Spread, PoliciesSayWhichNodesCount) {
  spread_.AddNode(NodeBuilder("c1").Zone("c").Taint("t", "", TaintEffect::kNoSchedule));
  spread_.Place(App("web"), "a1");
  spread_.Place(App("web"), "b1");
  api::TopologySpreadConstraint constraint = Hard(kZone);
  EXPECT_THAT(spread_.Passing(App("web").Spread(constraint)), ElementsAre("c1"));
  constraint.node_taints_policy = api::NodeInclusionPolicy::kHonor;
  EXPECT_THAT(spread_.Passing(App("web").Spread(constraint)), ElementsAre("a1", "a2", "b1", "c1"));
  // Node affinity is honoured unless told otherwise: only zone b is a domain then.
  constraint = Hard(kZone);
  PodBuilder selective = App("web").NodeSelector(kZone, "b");
  EXPECT_THAT(spread_.Passing(PodBuilder(selective).Spread(constraint)),
              ElementsAre("a1", "a2", "b1", "c1"));
  constraint.node_affinity_policy = api::NodeInclusionPolicy::kIgnore;
  EXPECT_THAT(spread_.Passing(PodBuilder(selective).Spread(constraint)), ElementsAre("c1"));
}

TEST(SpreadScore, SystemDefaultsWeighHostsAndZones) {
  PluginHarness spread("PodTopologySpread");
  spread.AddNode(NodeBuilder("n1").Zone("a"));
  spread.AddNode(NodeBuilder("n2").Zone("a"));
  spread.AddNode(NodeBuilder("n3").Zone("b"));
  api::Service service;
  service.meta.namespace_name = "default";
  service.selector = api::StringMap{{"app", "web"}};
  spread.cluster().owners.SetService(service);
  // Hosts 2, 3 and 1 of web; zones 5 and 1.
  for (const auto* node : {"n1", "n1", "n2", "n2", "n2", "n3"}) spread.Place(App("web"), node);
  // ln 5 * hosts + 2 + ln 4 * zones + 4.
  EXPECT_THAT(spread.RawScores(App("web")),
              ElementsAre(Pair("n1", 16), Pair("n2", 18), Pair("n3", 9)));
  EXPECT_THAT(spread.Scores(App("web")),
              ElementsAre(Pair("n1", 61), Pair("n2", 50), Pair("n3", 100)));
  EXPECT_EQ(spread.PreScore(App("db")).code, Code::kSkip);
}

TEST_F(Spread, NodesWithoutALabelScoreNothing) {
  spread_.Place(App("web"), "a1");
  const PodBuilder pod =
      App("web").Spread(Constraint(kZone, "web", UnsatisfiableAction::kScheduleAnyway));
  const auto scores = spread_.Scores(pod);
  EXPECT_EQ(scores.at("x"), 0);
  EXPECT_EQ(scores.at("b1"), 100);
  EXPECT_LT(scores.at("a1"), 100);
}

class Affinity : public ::testing::Test {
 protected:
  Affinity() { AddZones(affinity_); }
  PluginHarness affinity_{"InterPodAffinity"};
};

TEST_F(Affinity, WantsAMatchingPodInTheDomain) {
  EXPECT_EQ(affinity_.PreFilter(App("web")).status.code, Code::kSkip);
  const PodBuilder pod = App("web").Affinity(TermForApp("db", kZone));
  EXPECT_THAT(affinity_.Passing(pod), IsEmpty());
  affinity_.Place(App("db"), "a1");
  EXPECT_THAT(affinity_.Passing(pod), ElementsAre("a1", "a2"));
  EXPECT_EQ(affinity_.Explain(pod, "b1"),
            "UnschedulableAndUnresolvable: node(s) didn't match pod affinity rules");
  EXPECT_THAT(affinity_.Passing(App("web").Affinity(TermForApp("db", kHostname))),
              ElementsAre("a1"));
  EXPECT_THAT(affinity_.Passing(PodBuilder(pod).Namespace("other")), IsEmpty());
}

TEST_F(Affinity, TheFirstOfItsKindMayGoWhereTheLabelIs) {
  const PodBuilder pod = App("web").Affinity(TermForApp("web", kZone));
  EXPECT_THAT(affinity_.Passing(pod), ElementsAre("a1", "a2", "b1"));
  affinity_.Place(App("web"), "x");  // in no domain: still the first
  EXPECT_THAT(affinity_.Passing(pod), ElementsAre("a1", "a2", "b1"));
  affinity_.Place(App("web"), "b1");
  EXPECT_THAT(affinity_.Passing(pod), ElementsAre("b1"));
}

TEST_F(Affinity, OnePodMustMatchAllTerms) {
  api::PodAffinityTerm tier = TermForApp("web", kZone);
  tier.label_selector->match_labels["tier"] = "front";
  affinity_.Place(App("web"), "a1");
  affinity_.Place(App("web").Label("tier", "front"), "b1");
  EXPECT_THAT(affinity_.Passing(App("x").Affinity(TermForApp("web", kHostname)).Affinity(tier)),
              ElementsAre("b1"));
}

TEST_F(Affinity, KeepsAwayFromMatchingPods) {
  affinity_.Place(App("db"), "a1");
  const PodBuilder pod = App("web").AntiAffinity(TermForApp("db", kZone));
  EXPECT_THAT(affinity_.Passing(pod), ElementsAre("b1", "x"));
  EXPECT_EQ(affinity_.Explain(pod, "a2"),
            "Unschedulable: node(s) didn't match pod anti-affinity rules");
}

TEST_F(Affinity, PodsOnNodesKeepOthersAway) {
  affinity_.Place(App("db").AntiAffinity(TermForApp("web", kZone)), "a1");
  EXPECT_THAT(affinity_.Passing(App("web")), ElementsAre("b1", "x"));
  EXPECT_EQ(affinity_.Explain(App("web"), "a2"), kOtherPodsBar);
  EXPECT_EQ(affinity_.PreFilter(App("cache")).status.code, Code::kSkip);
}

TEST_F(Affinity, AbsentSelectorMatchesNothing) {
  affinity_.Place(App("db"), "a1");
  api::PodAffinityTerm term;
  term.topology_key = kZone;
  EXPECT_THAT(affinity_.Passing(App("web").AntiAffinity(term)), ElementsAre("a1", "a2", "b1", "x"));
  EXPECT_THAT(affinity_.Passing(App("web").Affinity(term)), IsEmpty());
}

api::Namespace NamespaceOf(const std::string& name, const std::string& team) {
  api::Namespace object;
  object.meta.name = name;
  object.meta.labels["team"] = team;
  return object;
}

TEST_F(Affinity, NamespaceSelectorsTakeNamespacesByLabel) {
  affinity_.cluster().SetNamespace(NamespaceOf("red", "one"));
  affinity_.cluster().SetNamespace(NamespaceOf("blue", "two"));
  affinity_.Place(App("db").Namespace("red"), "a1");
  affinity_.Place(App("db").Namespace("blue"), "b1");
  api::PodAffinityTerm term = TermForApp("db", kZone);
  term.namespace_selector.emplace();
  term.namespace_selector->match_labels["team"] = "one";
  EXPECT_THAT(affinity_.Passing(App("web").AntiAffinity(term)), ElementsAre("b1", "x"));
  // One that takes a namespace without labels takes all of them, whatever their labels are.
  term.namespace_selector->match_labels = {};
  term.namespace_selector->match_expressions = {
      Require("team", SelectorOperator::kNotIn, {"one", "two"})};
  EXPECT_THAT(affinity_.Passing(App("web").AntiAffinity(term)), ElementsAre("x"));
}

TEST_F(Affinity, TermsOfPodsOnNodesSeeTheLabelsOfTheNamespace) {
  api::PodAffinityTerm term = TermForApp("web", kZone);
  term.namespace_selector.emplace();
  term.namespace_selector->match_labels["team"] = "one";
  affinity_.cluster().SetNamespace(NamespaceOf("red", "one"));
  affinity_.Place(App("db").AntiAffinity(term), "a1");
  EXPECT_THAT(affinity_.Passing(App("web").Namespace("red")), ElementsAre("b1", "x"));
  affinity_.cluster().SetNamespace(NamespaceOf("red", "two"));
  EXPECT_THAT(affinity_.Passing(App("web").Namespace("red")), ElementsAre("a1", "a2", "b1", "x"));
}

TEST_F(Affinity, ScoresBothDirections) {
  affinity_.Place(App("db"), "a1");
  affinity_.Place(App("cache").PreferAntiAffinity(30, TermForApp("web", kHostname)), "b1");
  const PodBuilder pod = App("web").PreferAffinity(10, TermForApp("db", kZone));
  EXPECT_THAT(affinity_.RawScores(pod),
              ElementsAre(Pair("a1", 10), Pair("a2", 10), Pair("b1", -30), Pair("x", 0)));
  EXPECT_THAT(affinity_.Scores(pod),
              ElementsAre(Pair("a1", 100), Pair("a2", 100), Pair("b1", 0), Pair("x", 75)));
}

TEST_F(Affinity, RequiredTermsOfPodsOnNodesAttract) {
  affinity_.Place(App("web"), "a1");
  affinity_.Place(App("db").Affinity(TermForApp("web", kZone)), "a2");
  EXPECT_EQ(affinity_.RawScores(App("web")).at("a1"), 1);
  config::InterPodAffinityArgs args;
  args.hard_pod_affinity_weight = 0;
  PluginHarness without("InterPodAffinity", args);
  AddZones(without);
  without.Place(App("db").Affinity(TermForApp("web", kZone)), "a2");
  EXPECT_EQ(without.PreScore(App("web")).code, Code::kSkip);
}

TEST_F(Affinity, SkipsTheScoreWhereNothingCounts) {
  EXPECT_EQ(affinity_.PreScore(App("web").PreferAffinity(10, TermForApp("db", kZone))).code,
            Code::kSkip);
  affinity_.Place(App("db"), "x");  // has no zone: in no domain
  EXPECT_EQ(affinity_.PreScore(App("web").PreferAffinity(10, TermForApp("db", kZone))).code,
            Code::kSkip);
  // Weights that cancel out still count, and every node then scores 0.
  affinity_.Place(App("db"), "a1");
  const PodBuilder both = App("web")
                              .PreferAffinity(10, TermForApp("db", kZone))
                              .PreferAntiAffinity(10, TermForApp("db", kZone));
  EXPECT_TRUE(affinity_.PreScore(both).ok());
  EXPECT_EQ(affinity_.Scores(both).at("a1"), 0);
}

TEST(AffinityArgs, PreferredTermsOfPodsOnNodesCanBeIgnored) {
  config::InterPodAffinityArgs args;
  args.ignore_preferred_terms_of_existing_pods = true;
  PluginHarness affinity("InterPodAffinity", args);
  AddZones(affinity);
  affinity.Place(App("cache").PreferAntiAffinity(30, TermForApp("web", kHostname)), "b1");
  EXPECT_EQ(affinity.PreScore(App("web")).code, Code::kSkip);
}

}  // namespace
}  // namespace berth::plugins

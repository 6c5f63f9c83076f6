// Which events wake pods that InterPodAffinity or PodTopologySpread have turned away.
#include <gmock/gmock.h>

#include "tests/support/events.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using framework::EventResource;
using support::Added;
using support::Deleted;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::TermForApp;
using support::Updated;

constexpr auto kNode = EventResource::kNode;
constexpr auto kAssigned = EventResource::kAssignedPod;
constexpr auto kUnassigned = EventResource::kUnschedulablePod;
constexpr auto kLabels = framework::kUpdatePodLabel;
constexpr const char* kZone = "topology.kubernetes.io/zone";
const api::StorageClass kOddObject;

PodBuilder Pod(const std::string& name = "pod") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  return pod;
}
PodBuilder App(const std::string& app, const std::string& node = "n") {
  PodBuilder pod = Pod("other");
  pod.Label("app", app).pod().node_name = node;
  return pod;
}

class AffinityHintTest : public ::testing::Test {
 protected:
  std::string OnAdd(const PodBuilder& pod, const PodBuilder& other) {
    const auto object = other.Build();
    return plugin_.Hint(pod, Added(kAssigned, *object));
  }
  std::string OnDelete(const PodBuilder& pod, const PodBuilder& other) {
    const auto object = other.Build();
    return plugin_.Hint(pod, Deleted(kAssigned, *object));
  }
  std::string OnLabels(const PodBuilder& pod, const PodBuilder& before, const PodBuilder& after) {
    const auto old_object = before.Build();
    const auto new_object = after.Build();
    return plugin_.Hint(pod, Updated(kAssigned, *old_object, *new_object, kLabels));
  }
  std::string OnNode(const PodBuilder& pod, const NodeBuilder& before, const NodeBuilder& after) {
    const auto old_object = before.Build();
    const auto new_object = after.Build();
    return plugin_.Hint(pod, Updated(kNode, *old_object, *new_object, framework::kUpdateNodeLabel));
  }
  std::string OnNode(const PodBuilder& pod, const NodeBuilder& added) {
    const auto object = added.Build();
    return plugin_.Hint(pod, Added(kNode, *object));
  }

  PluginHarness plugin_{"InterPodAffinity"};
  const PodBuilder drawn_ = Pod().Affinity(TermForApp("db", kZone));
  const PodBuilder kept_off_ = Pod().AntiAffinity(TermForApp("db", kZone));
};

TEST_F(AffinityHintTest, APodThatAttractsWakesWhenItComes) {
  EXPECT_EQ(OnAdd(drawn_, App("db")), "Queue");
  EXPECT_EQ(OnAdd(drawn_, App("web")), "Skip");
  EXPECT_EQ(OnAdd(drawn_, App("db").Namespace("elsewhere")), "Skip");
  EXPECT_EQ(OnAdd(drawn_, App("db", "")), "Skip") << "not on a node";
  EXPECT_EQ(OnAdd(kept_off_, App("db")), "Skip");
  EXPECT_EQ(OnAdd(Pod(), App("db")), "Skip");
}

TEST_F(AffinityHintTest, AllTermsMustMatchAtOnce) {
  PodBuilder pod = drawn_;
  pod.Affinity(TermForApp("web", kZone));
  EXPECT_EQ(OnAdd(pod, App("db")), "Skip");
  EXPECT_EQ(OnAdd(pod, App("web")), "Skip");
}

TEST_F(AffinityHintTest, APodThatRepelsWakesWhenItGoes) {
  EXPECT_EQ(OnDelete(kept_off_, App("db")), "Queue");
  EXPECT_EQ(OnDelete(kept_off_, App("web")), "Skip");
  EXPECT_EQ(OnDelete(drawn_, App("db")), "Skip");
}

TEST_F(AffinityHintTest, APodThatWasRepelledByTheOneThatGoesWakes) {
  const PodBuilder pod = Pod().Label("app", "web");
  EXPECT_EQ(OnDelete(pod, App("db").AntiAffinity(TermForApp("web", kZone))), "Queue");
  EXPECT_EQ(OnDelete(pod, App("db").AntiAffinity(TermForApp("db", kZone))), "Skip");
}

TEST_F(AffinityHintTest, LabelsThatComeToAttractOrCeaseToRepelWake) {
  EXPECT_EQ(OnLabels(drawn_, App("web"), App("db")), "Queue");
  EXPECT_EQ(OnLabels(drawn_, App("db"), App("web")), "Skip");
  EXPECT_EQ(OnLabels(kept_off_, App("db"), App("web")), "Queue");
  EXPECT_EQ(OnLabels(kept_off_, App("web"), App("db")), "Skip");
  EXPECT_EQ(OnLabels(drawn_, App("web", ""), App("db", "")), "Skip");
  const auto own = Pod().Build();
  EXPECT_EQ(plugin_.Hint(Pod(), Updated(kUnassigned, *own, *own, kLabels)), "Queue");
}

TEST_F(AffinityHintTest, NamespaceSelectorsTakeWhatHasNoLabels) {
  api::PodAffinityTerm any = TermForApp("db", kZone);
  any.namespace_selector.emplace();
  api::PodAffinityTerm labelled = TermForApp("db", kZone);
  labelled.namespace_selector.emplace().match_labels["team"] = "one";
  EXPECT_EQ(OnAdd(Pod().Affinity(any), App("db").Namespace("elsewhere")), "Queue");
  EXPECT_EQ(OnAdd(Pod().Affinity(labelled), App("db")), "Skip");
}

TEST_F(AffinityHintTest, ANodeWithTheKeyOfAnAffinityTermWakes) {
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n").Zone("a")), "Queue");
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n")), "Skip");
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n"), NodeBuilder("n").Zone("a")), "Queue");
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n").Zone("b"), NodeBuilder("n").Zone("a")), "Queue");
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n").Zone("a"), NodeBuilder("n").Zone("a")), "Skip");
  EXPECT_EQ(OnNode(drawn_, NodeBuilder("n").Zone("a"), NodeBuilder("n")), "Skip");
}

TEST_F(AffinityHintTest, ANodeThatLeavesTheDomainOfAnAntiAffinityTermWakes) {
  EXPECT_EQ(OnNode(kept_off_, NodeBuilder("n")), "Queue");
  EXPECT_EQ(OnNode(kept_off_, NodeBuilder("n").Zone("a"), NodeBuilder("n")), "Queue");
  EXPECT_EQ(OnNode(kept_off_, NodeBuilder("n").Zone("a"), NodeBuilder("n").Zone("b")), "Queue");
  EXPECT_EQ(OnNode(kept_off_, NodeBuilder("n"), NodeBuilder("n").Zone("a")), "Skip");
  EXPECT_EQ(OnNode(Pod(), NodeBuilder("n").Zone("a")), "Skip") << "it has no terms";
}

TEST_F(AffinityHintTest, AnObjectOfAnotherKindIsAnError) {
  EXPECT_EQ(plugin_.Hint(drawn_, Added(kNode, kOddObject)), "Error");
  EXPECT_EQ(plugin_.Hint(drawn_, Added(kAssigned, kOddObject)), "Error");
}

class SpreadHintTest : public ::testing::Test {
 protected:
  SpreadHintTest() {
    api::TopologySpreadConstraint constraint;
    constraint.topology_key = kZone;
    constraint.label_selector.emplace().match_labels["app"] = "db";
    pod_.Spread(constraint);
    constraint.node_taints_policy = api::NodeInclusionPolicy::kHonor;
    heeds_taints_.Spread(constraint);
    constraint.when_unsatisfiable = api::UnsatisfiableAction::kScheduleAnyway;
    soft_.Spread(constraint);
  }
  std::string OnAdd(const PodBuilder& pod, const PodBuilder& other) {
    const auto object = other.Build();
    return plugin_.Hint(pod, Added(kAssigned, *object));
  }
  std::string OnUpdate(const PodBuilder& pod, const PodBuilder& before, const PodBuilder& after,
                       framework::Actions action = kLabels) {
    const auto old_object = before.Build();
    const auto new_object = after.Build();
    return plugin_.Hint(pod, Updated(kAssigned, *old_object, *new_object, action));
  }
  std::string OnNode(const NodeBuilder& before, const NodeBuilder& after) {
    const auto old_object = before.Build();
    const auto new_object = after.Build();
    return plugin_.Hint(pod_,
                        Updated(kNode, *old_object, *new_object, framework::kUpdateNodeLabel));
  }

  PluginHarness plugin_{"PodTopologySpread"};
  PodBuilder pod_ = Pod();
  PodBuilder heeds_taints_ = Pod();
  PodBuilder soft_ = Pod();
};

TEST_F(SpreadHintTest, APodThatCountsWakesWhenItComesOrGoes) {
  EXPECT_EQ(OnAdd(pod_, App("db")), "Queue");
  EXPECT_EQ(OnAdd(pod_, App("web")), "Skip");
  EXPECT_EQ(OnAdd(pod_, App("db", "")), "Skip");
  EXPECT_EQ(OnAdd(pod_, App("db").Namespace("elsewhere")), "Skip");
  EXPECT_EQ(OnAdd(soft_, App("db")), "Skip") << "only hard constraints turn pods away";
  const auto gone = App("db").Build();
  EXPECT_EQ(plugin_.Hint(pod_, Deleted(kAssigned, *gone)), "Queue");
}

TEST_F(SpreadHintTest, LabelsThatChangeWhatCountsWake) {
  EXPECT_EQ(OnUpdate(pod_, App("db"), App("web")), "Queue");
  EXPECT_EQ(OnUpdate(pod_, App("web"), App("db")), "Queue");
  EXPECT_EQ(OnUpdate(pod_, App("web"), App("front")), "Skip");
  EXPECT_EQ(OnUpdate(pod_, App("db"), App("db")), "Skip");
  EXPECT_EQ(OnUpdate(pod_, App("db", ""), App("web")), "Skip") << "both versions must have a node";
}

TEST_F(SpreadHintTest, ItsOwnTolerationsWakeIfTaintsAreHeeded) {
  PodBuilder after = Pod();
  after.Tolerate({"a", api::TolerationOperator::kExists, "", {}});
  const auto action = framework::kUpdatePodToleration;
  EXPECT_EQ(OnUpdate(heeds_taints_, Pod(), after, action), "Queue");
  EXPECT_EQ(OnUpdate(pod_, Pod(), after, action), "Skip");
}

TEST_F(SpreadHintTest, ANodeWakesIfItHasAllLabels) {
  const auto in_zone = NodeBuilder("n").Zone("a").Build();
  const auto outside = NodeBuilder("n").Build();
  EXPECT_EQ(plugin_.Hint(pod_, Added(kNode, *in_zone)), "Queue");
  EXPECT_EQ(plugin_.Hint(pod_, Added(kNode, *outside)), "Skip");
  EXPECT_EQ(plugin_.Hint(pod_, Deleted(kNode, *in_zone)), "Queue");
  EXPECT_EQ(plugin_.Hint(pod_, Deleted(kNode, *outside)), "Skip");
}

TEST_F(SpreadHintTest, ANodeThatChangesWakesIfItsDomainOrItsTaintsDo) {
  const NodeBuilder in_a = NodeBuilder("n").Zone("a");
  const NodeBuilder in_b = NodeBuilder("n").Zone("b");
  NodeBuilder tainted = in_a;
  tainted.Taint("a", "", api::TaintEffect::kNoSchedule);
  EXPECT_EQ(OnNode(in_a, in_b), "Queue");
  EXPECT_EQ(OnNode(in_a, NodeBuilder("n")), "Queue");
  EXPECT_EQ(OnNode(NodeBuilder("n"), in_a), "Queue");
  EXPECT_EQ(OnNode(in_a, tainted), "Queue");
  NodeBuilder labelled = in_a;
  labelled.Label("disk", "ssd");
  EXPECT_EQ(OnNode(in_a, labelled), "Skip");
  EXPECT_EQ(OnNode(NodeBuilder("n"), NodeBuilder("n").Label("disk", "ssd")), "Skip");
}

TEST_F(SpreadHintTest, DefaultConstraintsCountLikeItsOwn) {
  config::PodTopologySpreadArgs args;
  args.system_defaulting = false;
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = kZone;
  args.default_constraints = {constraint};
  PluginHarness plugin("PodTopologySpread", args);
  api::Service service;
  service.meta.name = "db";
  service.meta.namespace_name = "default";
  service.selector.emplace()["app"] = "db";
  plugin.cluster().owners.SetService(service);
  const auto db = App("db").Build();
  EXPECT_EQ(plugin.Hint(Pod().Label("app", "db"), Added(kAssigned, *db)), "Queue");
  EXPECT_EQ(plugin.Hint(Pod().Label("app", "web"), Added(kAssigned, *db)), "Skip");
}

TEST_F(SpreadHintTest, AnObjectOfAnotherKindIsAnError) {
  EXPECT_EQ(plugin_.Hint(pod_, Added(kNode, kOddObject)), "Error");
  EXPECT_EQ(plugin_.Hint(pod_, Added(kAssigned, kOddObject)), "Error");
}

}  // namespace
}  // namespace berth::plugins

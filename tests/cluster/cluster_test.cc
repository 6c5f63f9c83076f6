// What a Cluster keeps in step as nodes and pods come, change and go.
#include "scheduler/cluster/cluster.h"

#include <gmock/gmock.h>

#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;

constexpr std::int64_t kMib = std::int64_t{1} << 20;

class ClusterTest : public ::testing::Test {
 protected:
  NodeIndex Add(const NodeBuilder& node) { return cluster_.AddNode(node.Build()); }
  void Remove(const std::string& name) { cluster_.RemoveNode(*cluster_.nodes.Find(name)); }
  void Update(const NodeBuilder& node) {
    const auto built = node.Build();
    cluster_.UpdateNode(*cluster_.nodes.Find(built->meta.name), built);
  }
  PodIndex Place(const PodBuilder& pod, NodeIndex row) { return cluster_.AddPod(pod.Build(), row); }

  // Names in the order of the next cycle.
  std::vector<std::string> Order() {
    cluster_.BeginCycle();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < cluster_.order.rows().size(); ++i) {
      names.push_back(cluster_.nodes.Name(cluster_.order.rows()[i]));
    }
    return names;
  }
  static NodeBuilder Zoned(const std::string& name, const std::string& zone) {
    return NodeBuilder(name).Zone(zone);
  }
  // On how many nodes the image is, as remembered for a node.
  std::int32_t RememberedCount(NodeIndex row, const std::string& image) {
    const auto* state = cluster_.images.Find(row, cluster_.symbols.Find(image));
    return state == nullptr ? -1 : state->node_count;
  }

  Cluster cluster_;
};

// ---- Order ----

TEST_F(ClusterTest, OrderTakesOneNodeOfEachZoneInTurn) {
  Add(Zoned("a1", "a"));
  Add(Zoned("a2", "a"));
  Add(Zoned("a3", "a"));
  Add(Zoned("b1", "b"));
  Add(NodeBuilder("none"));
  EXPECT_THAT(Order(), ElementsAre("a1", "b1", "none", "a2", "a3"));
}

TEST_F(ClusterTest, OrderPrefersTheOldZoneLabel) {
  Add(Zoned("x", "a").Label("failure-domain.beta.kubernetes.io/zone", "b"));
  Add(Zoned("y", "a"));
  Add(Zoned("z", "b"));  // in one zone with x
  EXPECT_THAT(Order(), ElementsAre("x", "y", "z"));
}

TEST_F(ClusterTest, ChangedZoneShowsOnlyWhenNodesComeOrGo) {
  Add(Zoned("a1", "a"));
  Add(Zoned("a2", "a"));
  Add(Zoned("b1", "b"));
  EXPECT_THAT(Order(), ElementsAre("a1", "b1", "a2"));
  Update(Zoned("a1", "b"));
  EXPECT_THAT(Order(), ElementsAre("a1", "b1", "a2"));
  Add(Zoned("c1", "c"));
  EXPECT_THAT(Order(), ElementsAre("a2", "b1", "c1", "a1"));
}

TEST_F(ClusterTest, NodeThatComesBackBetweenCyclesKeepsItsPlace) {
  Add(Zoned("a1", "a"));
  Add(Zoned("a2", "a"));
  Add(Zoned("a3", "a"));
  EXPECT_THAT(Order(), ElementsAre("a1", "a2", "a3"));
  Remove("a1");
  Add(Zoned("a1", "a"));
  EXPECT_THAT(Order(), ElementsAre("a1", "a2", "a3"));
  Remove("a2");  // now the list is made anew, and a1 stands where it was added
  EXPECT_THAT(Order(), ElementsAre("a3", "a1"));
}

TEST_F(ClusterTest, AnotherNodeInThePlaceOfOneMakesTheOrderAnew) {
  Add(Zoned("a1", "a"));
  Add(Zoned("b1", "b"));
  EXPECT_THAT(Order(), ElementsAre("a1", "b1"));
  Remove("a1");
  Add(Zoned("a2", "a"));  // zone a went and came back: it is last now
  EXPECT_THAT(Order(), ElementsAre("b1", "a2"));
}

// ---- Images ----

TEST_F(ClusterTest, ImageCountsAreOfTheTimeWhenTheNodeLastChanged) {
  const auto first = Add(NodeBuilder("first").Image("app:v1", 10 * kMib));
  cluster_.BeginCycle();
  const auto second = Add(NodeBuilder("second").Image("app:v1", 99 * kMib));
  cluster_.BeginCycle();
  EXPECT_EQ(RememberedCount(first, "app:v1"), 1);
  EXPECT_EQ(RememberedCount(second, "app:v1"), 2);
  EXPECT_EQ(cluster_.images.Find(second, cluster_.symbols.Find("app:v1"))->size_bytes, 10 * kMib);
  Place(PodBuilder("p"), first);
  cluster_.BeginCycle();
  EXPECT_EQ(RememberedCount(first, "app:v1"), 2);
}

TEST_F(ClusterTest, ImageIsForgottenWithItsLastNode) {
  Add(NodeBuilder("first").Image("app:v1", 10 * kMib));
  const auto second = Add(NodeBuilder("second").Image("app:v1", 99 * kMib));
  Remove("first");
  EXPECT_EQ(cluster_.images.Find(second, cluster_.symbols.Find("app:v1"))->size_bytes, 10 * kMib);
  Update(NodeBuilder("second"));
  EXPECT_FALSE(cluster_.images.Known(cluster_.symbols.Find("app:v1")));
  Update(NodeBuilder("second").Image("app:v1", 20 * kMib));
  EXPECT_EQ(cluster_.images.Find(second, cluster_.symbols.Find("app:v1"))->size_bytes, 20 * kMib);
}

// ---- Usage ----

TEST_F(ClusterTest, UsageFollowsPods) {
  const auto row = Add(NodeBuilder("n"));
  const auto pod = Place(PodBuilder("p").Requests({{"cpu", "1"}, {"example.com/gpu", "2"}}), row);
  const ResourceId gpu = cluster_.resources.Intern("example.com/gpu");
  EXPECT_EQ(cluster_.nodes.requested(kCpu)[row], 1000);
  EXPECT_EQ(cluster_.nodes.requested(gpu)[row], 2);
  EXPECT_EQ(cluster_.nodes.non_zero_memory()[row], 209'715'200);
  EXPECT_EQ(cluster_.nodes.pod_count()[row], 1);
  cluster_.RemovePod(pod);
  EXPECT_EQ(cluster_.nodes.requested(kCpu)[row], 0);
  EXPECT_EQ(cluster_.nodes.requested(gpu)[row], 0);
  EXPECT_EQ(cluster_.nodes.non_zero_memory()[row], 0);
  EXPECT_EQ(cluster_.pod_count(), 0u);
}

TEST_F(ClusterTest, ANodeHasRoomForAsManyPodsAsItAllows) {
  const NodeIndex row = Add(NodeBuilder("node").Allocatable({{"pods", "2"}}));
  const auto has_room = [&] { return cluster_.nodes.with_room().Test(row); };
  EXPECT_TRUE(has_room());
  Place(PodBuilder("a"), row);
  const PodIndex second = Place(PodBuilder("b"), row);
  EXPECT_FALSE(has_room());
  cluster_.Suspend(second);
  EXPECT_TRUE(has_room());
  cluster_.Resume(second);
  Update(NodeBuilder("node").Allocatable({{"pods", "3"}}));
  EXPECT_TRUE(has_room());
  Update(NodeBuilder("node").Allocatable({{"pods", "1"}}));
  EXPECT_FALSE(has_room());
  cluster_.RemovePod(second);
  EXPECT_FALSE(has_room());
  Remove("node");
  EXPECT_FALSE(has_room());
  EXPECT_FALSE(
      cluster_.nodes.with_room().Test(Add(NodeBuilder("none").Allocatable({{"pods", "0"}}))));
}

TEST_F(ClusterTest, PodsWithAStatusOfTheirOwnGiveBackWhatTheyTook) {
  const auto row = Add(NodeBuilder("n"));
  PodBuilder pod = PodBuilder("p").Requests({{"cpu", "1"}});
  pod.pod().status.container_resources = {{"main", support::Resources({{"cpu", "3"}}), {}}};
  const auto resized = Place(pod, row);
  EXPECT_EQ(cluster_.nodes.requested(kCpu)[row], 3000);
  cluster_.RemovePod(resized);
  EXPECT_EQ(cluster_.nodes.requested(kCpu)[row], 0);
}

TEST_F(ClusterTest, RemovingANodeTakesItsPodsAndFreesItsRow) {
  const auto row = Add(NodeBuilder("n").Allocatable({{"example.com/gpu", "4"}}).Cordoned());
  Place(PodBuilder("p").Requests({{"cpu", "1"}}).HostPort(80), row);
  Place(PodBuilder("q"), row);
  Remove("n");
  EXPECT_EQ(cluster_.pod_count(), 0u);
  EXPECT_FALSE(cluster_.nodes.alive().Test(row));
  EXPECT_EQ(Add(NodeBuilder("m")), row);
  EXPECT_EQ(cluster_.nodes.requested(kCpu)[row], 0);
  EXPECT_EQ(cluster_.nodes.allocatable(cluster_.resources.Intern("example.com/gpu"))[row], 0);
  EXPECT_FALSE(cluster_.nodes.unschedulable().Test(row));
  EXPECT_FALSE(cluster_.host_ports.nodes().Test(row));
}

// ---- Ports ----

TEST_F(ClusterTest, TheFirstOfTwoHoldersOfAPortFreesIt) {
  const auto row = Add(NodeBuilder("n"));
  const auto first = Place(PodBuilder("p").HostPort(80), row);
  Place(PodBuilder("q").HostPort(80), row);
  const auto& wanted = cluster_.classes.ClassOfPending(*PodBuilder("r").HostPort(80).Build());
  EXPECT_TRUE(cluster_.host_ports.Conflicts(row, wanted.host_ports));
  cluster_.RemovePod(first);
  EXPECT_FALSE(cluster_.host_ports.Conflicts(row, wanted.host_ports));
}

// ---- Log ----

TEST_F(ClusterTest, LogTellsKindsOfChange) {
  const auto row = Add(NodeBuilder("n"));
  const auto changes = [&](auto change) {
    const auto before = cluster_.log.end();
    change();
    ChangeSet kinds = kNoChange;
    cluster_.log.ForEachSince(before, [&](const ChangeLog::Change& entry) {
      EXPECT_EQ(entry.node, row);
      kinds |= entry.kinds;
    });
    return kinds;
  };
  const NodeBuilder labelled = NodeBuilder("n").Label("a", "1");
  EXPECT_EQ(changes([&] { Update(labelled); }), kLabelChange);
  EXPECT_EQ(changes([&] { Update(labelled); }), kNoChange);
  EXPECT_EQ(changes([&] { Update(NodeBuilder(labelled).Cordoned()); }), kTaintChange);
  EXPECT_EQ(changes([&] { Update(labelled); }), kTaintChange);
  EXPECT_EQ(changes([&] { Update(NodeBuilder(labelled).Allocatable({{"cpu", "9"}})); }),
            kAllocatableChange);
  EXPECT_EQ(changes([&] { Place(PodBuilder("p"), row); }), kPodResourceChange);
  EXPECT_EQ(changes([&] { Place(PodBuilder("q").HostPort(80), row); }),
            kPodResourceChange | kHostPortChange);
}

TEST(ChangeLog, DropsTheOldHalfWhenFull) {
  ChangeLog log;
  log.SetLimit(1);  // the least there is
  const auto start = log.end();
  std::size_t appended = 0;
  while (log.Covers(start)) {
    log.Append(static_cast<NodeIndex>(appended++), kLabelChange);
    ASSERT_LT(appended, 1'000'000u);
  }
  const auto recent = log.end();
  log.Append(7, kTaintChange);
  std::vector<NodeIndex> seen;
  log.ForEachSince(recent, [&](const ChangeLog::Change& change) { seen.push_back(change.node); });
  EXPECT_THAT(seen, ElementsAre(7));
  EXPECT_EQ(log.end(), appended + 1);
}

TEST(ChangeLog, KnowsWhetherAKindCameSince) {
  ChangeLog log;
  log.Append(1, kLabelChange);
  const auto position = log.end();
  EXPECT_FALSE(log.AnySince(position, kLabelChange));
  EXPECT_TRUE(log.AnySince(0, kLabelChange));
  log.Append(2, kTaintChange | kImageChange);
  EXPECT_TRUE(log.AnySince(position, kImageChange | kHostPortChange));
  EXPECT_FALSE(log.AnySince(position, kLabelChange | kHostPortChange));
}

// ---- Classes ----

TEST_F(ClusterTest, PodsOfOneTemplateShareAClass) {
  const auto pod = PodBuilder("p").Label("app", "web").Build();
  api::Pod sibling = *pod;
  sibling.meta.name = "q";
  const PodClass& pod_class = cluster_.classes.ClassOfPending(*pod);
  EXPECT_EQ(&cluster_.classes.ClassOfPending(sibling), &pod_class);
  api::Pod other = sibling;
  other.meta.labels["app"] = "db";
  EXPECT_NE(&cluster_.classes.ClassOfPending(other), &pod_class);
  other = sibling;
  other.meta.namespace_name = "elsewhere";
  EXPECT_NE(&cluster_.classes.ClassOfPending(other), &pod_class);
  other = sibling;
  other.meta.owner_references.push_back({"apps/v1", "ReplicaSet", "r", "", true});
  EXPECT_NE(&cluster_.classes.ClassOfPending(other), &pod_class);
  // The node that a placed pod names says nothing about its class.
  other = sibling;
  other.node_name = "n";
  EXPECT_EQ(&cluster_.classes.ClassOfPlaced(other), &pod_class);
  EXPECT_NE(&cluster_.classes.ClassOfPending(other), &pod_class);
}

// ---- Owners ----

class OwnersTest : public ClusterTest {
 protected:
  bool DefaultSelectorTakes(const api::Pod& owner, const api::StringMap& labels) {
    const PodClass& pod = cluster_.classes.ClassOfPending(owner);
    const auto selector = cluster_.owners.DefaultSelector(pod, cluster_.LabelsOf(pod));
    return selector.Matches(cluster_.label_sets.Get(cluster_.label_sets.Intern(labels)),
                            cluster_.symbols);
  }
  void AddService(const std::string& name, std::optional<api::StringMap> selector) {
    api::Service service;
    service.meta.name = name;
    service.meta.namespace_name = "default";
    service.selector = std::move(selector);
    cluster_.owners.SetService(service);
  }
};

TEST_F(OwnersTest, ServicesThatTakeThePodAreMerged) {
  const auto pod = PodBuilder("p").Label("app", "web").Label("tier", "front").Build();
  EXPECT_TRUE(DefaultSelectorTakes(*pod, {}));  // no owner: everything
  AddService("one", api::StringMap{{"app", "web"}});
  AddService("two", api::StringMap{{"tier", "front"}});
  AddService("other", api::StringMap{{"app", "db"}});
  AddService("all", api::StringMap());
  AddService("headless", std::nullopt);
  EXPECT_TRUE(DefaultSelectorTakes(*pod, {{"app", "web"}, {"tier", "front"}}));
  EXPECT_FALSE(DefaultSelectorTakes(*pod, {{"app", "web"}}));
  const auto elsewhere = PodBuilder("p").Namespace("other").Label("app", "web").Build();
  EXPECT_TRUE(DefaultSelectorTakes(*elsewhere, {}));
}

TEST_F(OwnersTest, ControllersAddTheirSelector) {
  api::LabelSelectorOwner set;
  set.meta.name = "web";
  set.meta.namespace_name = "default";
  set.selector.emplace();
  set.selector->match_labels["app"] = "web";
  cluster_.owners.SetReplicaSet(set);
  const auto owned_by = [&](const std::string& version, const std::string& kind) {
    PodBuilder pod("p");
    pod.pod().meta.owner_references.push_back({version, kind, "web", "", true});
    return pod.Build();
  };
  EXPECT_FALSE(DefaultSelectorTakes(*owned_by("apps/v1", "ReplicaSet"), {}));
  EXPECT_TRUE(DefaultSelectorTakes(*owned_by("apps/v1", "ReplicaSet"), {{"app", "web"}}));
  EXPECT_TRUE(DefaultSelectorTakes(*owned_by("apps/v1", "StatefulSet"), {}));
  EXPECT_TRUE(DefaultSelectorTakes(*owned_by("batch/v1", "Job"), {}));
}

TEST_F(OwnersTest, WhatChangesOrGoesNoLongerCounts) {
  const auto pod = PodBuilder("p").Label("app", "web").Label("tier", "front").Build();
  AddService("one", api::StringMap{{"app", "web"}});
  const auto version = cluster_.owners.version();
  AddService("one", api::StringMap{{"app", "web"}});
  EXPECT_EQ(cluster_.owners.version(), version);  // nothing has changed
  AddService("one", api::StringMap{{"tier", "front"}});
  EXPECT_GT(cluster_.owners.version(), version);
  EXPECT_FALSE(DefaultSelectorTakes(*pod, {{"app", "web"}}));
  api::ObjectMeta one;
  one.name = "one";
  one.namespace_name = "default";
  cluster_.owners.RemoveService(one);
  EXPECT_TRUE(DefaultSelectorTakes(*pod, {}));
  cluster_.owners.RemoveService(one);  // twice does no harm
}

TEST_F(OwnersTest, AControllerThatGoesTakesItsSelectorAlong) {
  api::LabelSelectorOwner set;
  set.meta.name = "web";
  set.meta.namespace_name = "default";
  set.selector.emplace().match_labels["app"] = "web";
  cluster_.owners.SetStatefulSet(set);
  PodBuilder pod("p");
  pod.pod().meta.owner_references.push_back({"apps/v1", "StatefulSet", "web", "", true});
  EXPECT_FALSE(DefaultSelectorTakes(*pod.Build(), {}));
  cluster_.owners.RemoveStatefulSet(set.meta);
  EXPECT_TRUE(DefaultSelectorTakes(*pod.Build(), {}));
}

TEST_F(ClusterTest, ANamespaceThatGoesLosesItsLabels) {
  api::Namespace object;
  object.meta.name = "red";
  object.meta.labels["colour"] = "red";
  cluster_.SetNamespace(object);
  const auto version = cluster_.namespace_version();
  cluster_.RemoveNamespace("red");
  EXPECT_GT(cluster_.namespace_version(), version);
  EXPECT_TRUE(cluster_.namespaces().empty());
  EXPECT_EQ(cluster_.terms.NamespaceLabels(cluster_.symbols.Intern("red")), kNoLabels);
}

}  // namespace
}  // namespace berth::cluster

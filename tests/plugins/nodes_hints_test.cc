// Which events wake pods that were turned away for what nodes are: cordon, taints, labels, ports,
// features; and pods that were gated.
#include <gmock/gmock.h>

#include "tests/support/events.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using api::TaintEffect;
using api::TolerationOperator;
using framework::EventResource;
using support::Added;
using support::Deleted;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Require;
using support::Updated;

constexpr auto kNode = EventResource::kNode;
constexpr auto kOwn = EventResource::kUnschedulablePod;
constexpr auto kAssigned = EventResource::kAssignedPod;

PodBuilder Pod(const std::string& name = "pod") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  return pod;
}

// An event with an object of a kind that it cannot have.
framework::ObjectChange Odd(EventResource resource, const api::StorageClass& object) {
  return Added(resource, object);
}
const api::StorageClass kOddObject;

TEST(SchedulingGatesHint, WakesThePodWhoseGatesAreGone) {
  PluginHarness gates("SchedulingGates");
  const auto before = Pod().Build();
  const auto other = Pod("other").Build();
  const auto action = framework::kUpdatePodSchedulingGatesEliminated;
  EXPECT_EQ(gates.Hint(Pod(), Updated(kOwn, *before, *before, action)), "Queue");
  EXPECT_EQ(gates.Hint(Pod(), Updated(kOwn, *other, *other, action)), "Skip");
  EXPECT_EQ(gates.Hint(Pod(), Deleted(kOwn, *before)), "Error");
  EXPECT_EQ(gates.Hint(Pod(), Odd(kOwn, kOddObject)), "Error");
}

TEST(DefaultPreemptionHint, WakesNobody) {
  PluginHarness preemption("DefaultPreemption");
  const auto gone = Pod("gone").Build();
  EXPECT_EQ(preemption.Hint(Pod(), Deleted(kAssigned, *gone)), "Skip");
}

TEST(NodeNameHint, HearsOfNewNodesWithoutAHint) {
  PluginHarness name("NodeName");
  const auto events = name.plugin().EventsToRegister();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].event, (framework::ClusterEvent{kNode, framework::kAdd}));
  EXPECT_FALSE(events[0].has_hint);
}

TEST(NodeUnschedulableHint, WakesForANodeThatIsOpenNow) {
  PluginHarness cordon("NodeUnschedulable");
  const auto open = NodeBuilder("n").Build();
  const auto cordoned = NodeBuilder("n").Cordoned().Build();
  const auto action = framework::kUpdateNodeTaint;
  EXPECT_EQ(cordon.Hint(Pod(), Added(kNode, *open)), "Queue");
  EXPECT_EQ(cordon.Hint(Pod(), Added(kNode, *cordoned)), "Skip");
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kNode, *cordoned, *open, action)), "Queue");
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kNode, *cordoned, *cordoned, action)), "Skip");
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kNode, *open, *open, action)), "Skip");
  EXPECT_EQ(cordon.Hint(Pod(), Odd(kNode, kOddObject)), "Error");
}

TEST(NodeUnschedulableHint, WakesAPodThatToleratesCordonsNow) {
  PluginHarness cordon("NodeUnschedulable");
  const auto before = Pod().Build();
  const auto tolerant = Pod().Tolerate({"", TolerationOperator::kExists, "", {}}).Build();
  const auto narrow = Pod().Tolerate({"a", TolerationOperator::kExists, "", {}}).Build();
  const auto other = Pod("other").Tolerate({"", TolerationOperator::kExists, "", {}}).Build();
  const auto action = framework::kUpdatePodToleration;
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kOwn, *before, *tolerant, action)), "Queue");
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kOwn, *before, *narrow, action)), "Skip");
  EXPECT_EQ(cordon.Hint(Pod(), Updated(kOwn, *other, *other, action)), "Skip");
  EXPECT_EQ(cordon.Hint(Pod(), Odd(kOwn, kOddObject)), "Error");
}

TEST(TaintTolerationHint, WakesForANodeWhoseTaintsAreToleratedNow) {
  PluginHarness taints("TaintToleration");
  const auto clean = NodeBuilder("n").Build();
  const auto soft = NodeBuilder("n").Taint("a", "1", TaintEffect::kPreferNoSchedule).Build();
  const auto hard = NodeBuilder("n").Taint("a", "1", TaintEffect::kNoSchedule).Build();
  const auto other = NodeBuilder("n").Taint("b", "1", TaintEffect::kNoExecute).Build();
  const auto action = framework::kUpdateNodeTaint;
  EXPECT_EQ(taints.Hint(Pod(), Added(kNode, *clean)), "Queue");
  EXPECT_EQ(taints.Hint(Pod(), Added(kNode, *soft)), "Queue");
  EXPECT_EQ(taints.Hint(Pod(), Added(kNode, *hard)), "Skip");
  EXPECT_EQ(taints.Hint(Pod(), Updated(kNode, *hard, *clean, action)), "Queue");
  EXPECT_EQ(taints.Hint(Pod(), Updated(kNode, *hard, *other, action)), "Skip");
  EXPECT_EQ(taints.Hint(Pod(), Updated(kNode, *soft, *clean, action)), "Skip");
  const PodBuilder tolerant = Pod().Tolerate({"b", TolerationOperator::kExists, "", {}});
  EXPECT_EQ(taints.Hint(tolerant, Updated(kNode, *hard, *other, action)), "Queue");
  EXPECT_EQ(taints.Hint(Pod(), Odd(kNode, kOddObject)), "Error");
}

TEST(TaintTolerationHint, WakesThePodWhoseTolerationsChanged) {
  PluginHarness taints("TaintToleration");
  const auto own = Pod().Build();
  const auto other = Pod("other").Build();
  const auto action = framework::kUpdatePodToleration;
  EXPECT_EQ(taints.Hint(Pod(), Updated(kOwn, *own, *own, action)), "Queue");
  EXPECT_EQ(taints.Hint(Pod(), Updated(kOwn, *other, *other, action)), "Skip");
  EXPECT_EQ(taints.Hint(Pod(), Odd(kAssigned, kOddObject)), "Error");
}

TEST(NodeAffinityHint, WakesForANodeThatMatchesNow) {
  PluginHarness affinity("NodeAffinity");
  const PodBuilder pod = Pod().NodeSelector("disk", "ssd");
  const auto ssd = NodeBuilder("n").Label("disk", "ssd").Build();
  const auto hdd = NodeBuilder("n").Label("disk", "hdd").Build();
  const auto action = framework::kUpdateNodeLabel;
  EXPECT_EQ(affinity.Hint(pod, Added(kNode, *ssd)), "Queue");
  EXPECT_EQ(affinity.Hint(pod, Added(kNode, *hdd)), "Skip");
  EXPECT_EQ(affinity.Hint(pod, Updated(kNode, *hdd, *ssd, action)), "Queue");
  EXPECT_EQ(affinity.Hint(pod, Updated(kNode, *ssd, *ssd, action)), "Skip");
  EXPECT_EQ(affinity.Hint(pod, Updated(kNode, *ssd, *hdd, action)), "Skip");
  EXPECT_EQ(affinity.Hint(pod, Odd(kNode, kOddObject)), "Error");

  const PodBuilder by_term =
      Pod().RequireNodes({{Require("disk", SelectorOperator::kNotIn, {"hdd"})}, {}});
  EXPECT_EQ(affinity.Hint(by_term, Updated(kNode, *hdd, *ssd, action)), "Queue");
  EXPECT_EQ(affinity.Hint(by_term, Updated(kNode, *ssd, *hdd, action)), "Skip");
  const PodBuilder by_name =
      Pod().RequireNodes({{}, {Require("metadata.name", SelectorOperator::kIn, {"n"})}});
  EXPECT_EQ(affinity.Hint(by_name, Added(kNode, *hdd)), "Queue");
  EXPECT_EQ(affinity.Hint(by_name, Added(kNode, *NodeBuilder("m").Build())), "Skip");
}

TEST(NodeAffinityHint, TheAddedAffinityMustMatchToo) {
  config::NodeAffinityArgs args;
  args.added_affinity.emplace().required.emplace().terms.push_back(
      {{Require("pool", SelectorOperator::kIn, {"a"})}, {}});
  PluginHarness affinity("NodeAffinity", args);
  const auto in_pool = NodeBuilder("n").Label("pool", "a").Build();
  const auto outside = NodeBuilder("n").Build();
  EXPECT_EQ(affinity.Hint(Pod(), Added(kNode, *in_pool)), "Queue");
  EXPECT_EQ(affinity.Hint(Pod(), Added(kNode, *outside)), "Skip");
  // Kube-scheduler compares with what the pod itself asked for before.
  EXPECT_EQ(affinity.Hint(Pod(), Updated(kNode, *outside, *in_pool, framework::kUpdateNodeLabel)),
            "Skip");
}

TEST(NodePortsHint, WakesWhenOneOfItsPortsIsFree) {
  PluginHarness ports("NodePorts");
  const PodBuilder pod = Pod().HostPort(80, "", "10.0.0.1");
  const auto on_node = [](PodBuilder gone) {
    gone.pod().node_name = "n";
    return gone.Build();
  };
  const auto gone = [&](const PodBuilder& other) {
    const auto placed = on_node(other);
    return ports.Hint(pod, Deleted(kAssigned, *placed));
  };
  EXPECT_EQ(gone(Pod("o").HostPort(80)), "Queue");
  EXPECT_EQ(gone(Pod("o").HostPort(80, "TCP", "10.0.0.1")), "Queue");
  EXPECT_EQ(gone(Pod("o").HostPort(80, "TCP", "10.0.0.2")), "Skip");
  EXPECT_EQ(gone(Pod("o").HostPort(80, "UDP")), "Skip");
  EXPECT_EQ(gone(Pod("o").HostPort(81)), "Skip");
  EXPECT_EQ(gone(Pod("o")), "Skip");

  PodBuilder nominated = Pod("o").HostPort(80);
  const auto waiting = nominated.Build();
  EXPECT_EQ(ports.Hint(pod, Deleted(kOwn, *waiting)), "Skip");
  nominated.pod().status.nominated_node_name = "n";
  const auto set_aside = nominated.Build();
  EXPECT_EQ(ports.Hint(pod, Deleted(kOwn, *set_aside)), "Queue");
  EXPECT_EQ(ports.Hint(pod, Odd(kAssigned, kOddObject)), "Error");
}

TEST(NodeDeclaredFeaturesHint, WakesForANodeThatDeclaresSomethingElse) {
  PluginHarness features("NodeDeclaredFeatures");
  PodBuilder pod = Pod();
  pod.spec().restart_all_containers_rule = true;
  const auto plain = NodeBuilder("n").Build();
  api::Node declaring = *plain;
  declaring.declared_features = {"Whatever"};
  const auto action = framework::kUpdateNodeDeclaredFeature;
  EXPECT_EQ(features.Hint(pod, Added(kNode, *plain)), "Queue");
  EXPECT_EQ(features.Hint(pod, Updated(kNode, *plain, declaring, action)), "Queue");
  EXPECT_EQ(features.Hint(pod, Updated(kNode, declaring, declaring, action)), "Skip");
  EXPECT_EQ(features.Hint(pod, Odd(kNode, kOddObject)), "Error");
}

TEST(NodeDeclaredFeaturesHint, WakesAPodThatNeedsOtherFeaturesNow) {
  PluginHarness features("NodeDeclaredFeatures");
  const auto plain = Pod().Build();
  PodBuilder needy = Pod();
  needy.spec().host_network = true;
  needy.spec().host_users = false;
  const auto after = needy.Build();
  EXPECT_EQ(features.Hint(Pod(), Updated(kOwn, *plain, *after)), "Queue");
  EXPECT_EQ(features.Hint(Pod(), Updated(kOwn, *after, *after)), "Skip");
  const auto other = Pod("other").Build();
  EXPECT_EQ(features.Hint(Pod(), Updated(kAssigned, *other, *other)), "Skip");
  EXPECT_EQ(features.Hint(Pod(), Odd(kOwn, kOddObject)), "Error");
}

}  // namespace
}  // namespace berth::plugins

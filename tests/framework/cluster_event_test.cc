// Events: their labels, who hears of which, and what an update of an object comes to.
#include "scheduler/framework/cluster_event.h"

#include <gmock/gmock.h>

#include "scheduler/framework/object_change.h"
#include "scheduler/framework/object_events.h"
#include "tests/support/builders.h"

namespace berth::framework {
namespace {

using support::NodeBuilder;
using support::PodBuilder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ClusterEvent, LabelsAreThoseOfKubernetes) {
  EXPECT_EQ(Label({EventResource::kNode, kAdd}), "NodeAdd");
  EXPECT_EQ(Label({EventResource::kNode, kUpdateNodeLabel}), "NodeUpdateNodeLabel");
  EXPECT_EQ(Label({EventResource::kAssignedPod, kDelete}), "AssignedPodDelete");
  EXPECT_EQ(Label({EventResource::kUnschedulablePod, kUpdatePodLabel}),
            "UnschedulablePodUpdatePodLabel");
  EXPECT_EQ(Label({EventResource::kCsiNode, kUpdate}), "storage.k8s.io/CSINodeUpdate");
  EXPECT_EQ(Label({EventResource::kResourceClaim, kAdd}), "resource.k8s.io/ResourceClaimAdd");
  EXPECT_EQ(Label(kUnschedulableTimeout), "UnschedulableTimeout");
  EXPECT_EQ(Label(kForceActivate), "ForceActivate");
}

TEST(ClusterEvent, EveryActionHasItsBit) {
  EXPECT_EQ(kUpdate, 8188u);
  EXPECT_EQ(kAdd | kDelete | kUpdate, kAllActions);
}

TEST(ClusterEvent, MatchesItsOwnResourceAndAction) {
  const ClusterEvent registered{EventResource::kNode, kAdd | kUpdateNodeLabel};
  EXPECT_TRUE(Matches(registered, {EventResource::kNode, kAdd}));
  EXPECT_TRUE(Matches(registered, {EventResource::kNode, kUpdateNodeLabel}));
  EXPECT_FALSE(Matches(registered, {EventResource::kNode, kDelete}));
  EXPECT_FALSE(Matches(registered, {EventResource::kNode, kUpdateNodeTaint}));
  EXPECT_FALSE(Matches(registered, {EventResource::kCsiNode, kAdd}));
}

TEST(ClusterEvent, PodsOfBothKindsArePods) {
  const ClusterEvent registered{EventResource::kPod, kDelete};
  EXPECT_TRUE(Matches(registered, {EventResource::kAssignedPod, kDelete}));
  EXPECT_TRUE(Matches(registered, {EventResource::kUnschedulablePod, kDelete}));
  EXPECT_FALSE(
      Matches({EventResource::kAssignedPod, kDelete}, {EventResource::kUnschedulablePod, kDelete}));
  EXPECT_FALSE(Matches(registered, {EventResource::kNode, kDelete}));
}

TEST(ClusterEvent, AnyResourceIsNotYetAnyAction) {
  EXPECT_TRUE(Matches({EventResource::kAny, kAdd}, {EventResource::kNode, kAdd}));
  EXPECT_FALSE(Matches({EventResource::kAny, kAdd}, {EventResource::kNode, kDelete}));
  EXPECT_TRUE(Matches(ClusterEvent(), {EventResource::kNode, kDelete}));
  EXPECT_TRUE(Matches(ClusterEvent(), kUnschedulableTimeout));
}

TEST(ClusterEvent, AnUpdateOfWhichNoMoreIsSaidIsForThoseWhoWantThemAll) {
  const ClusterEvent generic{EventResource::kAssignedPod, kUpdate};
  EXPECT_FALSE(Matches({EventResource::kPod, kUpdatePodLabel}, generic));
  EXPECT_FALSE(
      Matches({EventResource::kPod, kAdd | kUpdatePodLabel | kUpdatePodToleration}, generic));
  EXPECT_TRUE(Matches({EventResource::kPod, kUpdate}, generic));
  EXPECT_TRUE(Matches({EventResource::kPod, kAllActions}, generic));
}

std::vector<Actions> ActionsOf(const std::vector<ClusterEvent>& events, EventResource resource) {
  std::vector<Actions> actions;
  for (const ClusterEvent& event : events) {
    EXPECT_EQ(event.resource, resource);
    actions.push_back(event.actions);
  }
  return actions;
}

std::vector<Actions> NodeUpdate(const api::Node& before, const api::Node& after) {
  return ActionsOf(EventsOfNodeUpdate(before, after), EventResource::kNode);
}

TEST(NodeUpdate, EachKindOfChangeIsAnEventInOrder) {
  const auto node = NodeBuilder("n").Cordoned().Build();
  api::Node changed = *node;
  EXPECT_THAT(NodeUpdate(*node, changed), IsEmpty());
  changed.unschedulable = false;
  changed.allocatable["cpu"] = api::Quantity::FromValue(64);
  changed.meta.labels["disk"] = "ssd";
  changed.taints.push_back({"a", "", api::TaintEffect::kNoSchedule});
  changed.conditions["Ready"] = "True";
  changed.meta.annotations["a"] = "b";
  changed.declared_features = {"F"};
  EXPECT_THAT(
      NodeUpdate(*node, changed),
      ElementsAre(kUpdateNodeTaint, kUpdateNodeAllocatable, kUpdateNodeLabel, kUpdateNodeTaint,
                  kUpdateNodeCondition, kUpdateNodeAnnotation, kUpdateNodeDeclaredFeature));
}

TEST(NodeUpdate, CordoningMakesNoRoom) {
  EXPECT_THAT(NodeUpdate(*NodeBuilder("n").Build(), *NodeBuilder("n").Cordoned().Build()),
              IsEmpty());
}

TEST(PodUpdate, EachKindOfChangeIsAnEventInOrder) {
  PodBuilder before("p");
  before.Requests({{"cpu", "2"}, {"memory", "1Gi"}});
  before.spec().scheduling_gates = {"g"};
  PodBuilder after("p");
  after.Requests({{"cpu", "1"}, {"memory", "1Gi"}}).Label("a", "b");
  after.Tolerate({"k", api::TolerationOperator::kExists, "", {}});
  after.pod().status.resource_claims.push_back({"c", "made"});
  EXPECT_THAT(ActionsOf(EventsOfPodUpdate(*before.Build(), *after.Build()),
                        EventResource::kUnschedulablePod),
              ElementsAre(kUpdatePodLabel, kUpdatePodScaleDown, kUpdatePodSchedulingGatesEliminated,
                          kUpdatePodToleration, kUpdatePodGeneratedResourceClaim));
}

TEST(PodUpdate, IsOfAnAssignedPodOnceItHasANode) {
  const PodBuilder before("p");
  PodBuilder after("p");
  after.pod().node_name = "n";
  EXPECT_THAT(EventsOfPodUpdate(*before.Build(), *after.Build()),
              ElementsAre(ClusterEvent{EventResource::kAssignedPod, kUpdate}));
}

TEST(PodUpdate, ARequestThatGrowsOrComesIsNoScaleDownButOneThatGoesIs) {
  const auto small = PodBuilder("p").Requests({{"cpu", "1"}}).Build();
  const auto large = PodBuilder("p").Requests({{"cpu", "2"}, {"memory", "1"}}).Build();
  EXPECT_THAT(EventsOfPodUpdate(*small, *large),
              ElementsAre(ClusterEvent{EventResource::kUnschedulablePod, kUpdate}));
  const auto without = PodBuilder("p").Build();
  EXPECT_THAT(EventsOfPodUpdate(*small, *without),
              ElementsAre(ClusterEvent{EventResource::kUnschedulablePod, kUpdatePodScaleDown}));
}

TEST(PodUpdate, ATolerationThatIsReplacedIsNotCounted) {
  const auto one = PodBuilder("p").Tolerate({"a", api::TolerationOperator::kExists, "", {}});
  const auto other = PodBuilder("p").Tolerate({"b", api::TolerationOperator::kExists, "", {}});
  EXPECT_THAT(EventsOfPodUpdate(*one.Build(), *other.Build()),
              ElementsAre(ClusterEvent{EventResource::kUnschedulablePod, kUpdate}));
}

TEST(ObjectChange, GivesVersionsOfTheRightKindOnly) {
  const auto node = NodeBuilder("n").Build();
  const auto pod = PodBuilder("p").Build();
  const ClusterEvent event{EventResource::kNode, kUpdateNodeLabel};
  const auto versions = VersionsOf<api::Node>({event, node.get(), node.get()});
  ASSERT_TRUE(versions.has_value());
  EXPECT_TRUE(versions->IsUpdate());
  EXPECT_FALSE(VersionsOf<api::Node>({event, node.get(), {}})->IsUpdate());
  EXPECT_EQ(VersionsOf<api::Node>({event, pod.get(), node.get()}).error().message(),
            "NodeUpdateNodeLabel: the object is of another kind");
  EXPECT_EQ(VersionsOf<api::Node>({event, {}, {}}).error().message(),
            "NodeUpdateNodeLabel: the event has no object");
  EXPECT_FALSE(VersionAfter<api::Node>({event, node.get(), {}}).has_value());
}

}  // namespace
}  // namespace berth::framework

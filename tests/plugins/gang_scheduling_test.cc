// GangScheduling: what holds a pod of a gang back, and which events wake it.
#include <gmock/gmock.h>

#include "tests/support/events.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::EventResource;
using support::Added;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;

PodBuilder Member(const std::string& name, const std::string& group = "gang") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  pod.spec().pod_group_name = group;
  return pod;
}

api::PodGroup Group(const std::string& name, std::optional<std::int32_t> min_count) {
  api::PodGroup group;
  group.meta.name = name;
  group.meta.namespace_name = "default";
  group.min_count = min_count;
  return group;
}

class GangTest : public ::testing::Test {
 protected:
  framework::Status PreEnqueue(const PodBuilder& pod) {
    return plugin_.plugin().PreEnqueueIn(plugin_.cluster(), *pod.Build());
  }
  // With the pod on the node.
  framework::PermitResult Permit(const PodBuilder& pod) {
    auto& cluster = plugin_.cluster();
    const auto built = pod.Build();
    const framework::PodContext context{cluster, cluster.classes.ClassOfPending(*built)};
    return plugin_.plugin().Permit(context, *built, 0);
  }
  void Wait(int pods) {
    for (int i = 0; i < pods; ++i) {
      plugin_.cluster().groups.CountWaiting(*Member("w" + std::to_string(i)).Build(), 1);
    }
  }

  PluginHarness plugin_{"GangScheduling"};
};

TEST_F(GangTest, LetsPodsWithoutAGroupPass) {
  EXPECT_TRUE(PreEnqueue(PodBuilder("p")).ok());
  EXPECT_TRUE(Permit(PodBuilder("p")).status.ok());
}

TEST_F(GangTest, HoldsPodsBackUntilTheirGroupIsThere) {
  const auto status = PreEnqueue(Member("p"));
  EXPECT_EQ(status.code, Code::kUnschedulableAndUnresolvable);
  EXPECT_EQ(status.Message(),
            "waiting for pods's pod group \"gang\" to appear in scheduling queue");
}

TEST_F(GangTest, HoldsPodsBackUntilEnoughOfThemAreThere) {
  plugin_.cluster().groups.Set(Group("gang", 2));
  Wait(1);
  EXPECT_EQ(PreEnqueue(Member("p")).Message(),
            "waiting for minCount pods from a gang to appear in scheduling queue");
  Wait(1);
  EXPECT_TRUE(PreEnqueue(Member("p")).ok());
}

TEST_F(GangTest, PodsOnNodesCountAmongThoseThatAreThere) {
  plugin_.cluster().groups.Set(Group("gang", 2));
  plugin_.AddNode(NodeBuilder("n"));
  plugin_.Place(Member("placed"), "n");
  Wait(1);
  EXPECT_TRUE(PreEnqueue(Member("p")).ok());
}

TEST_F(GangTest, WaitsUntilEnoughHaveANode) {
  plugin_.cluster().groups.Set(Group("gang", 2));
  plugin_.AddNode(NodeBuilder("n"));
  plugin_.Place(Member("a"), "n");
  const auto waiting = Permit(Member("a"));
  EXPECT_EQ(waiting.status.code, Code::kWait);
  EXPECT_EQ(waiting.status.Message(), "waiting for minCount pods from a gang to be scheduled");
  EXPECT_EQ(waiting.timeout, std::chrono::minutes(5));
  plugin_.Place(Member("b"), "n");
  EXPECT_TRUE(Permit(Member("b")).status.ok());
}

TEST_F(GangTest, ABasicGroupWaitsForNobody) {
  plugin_.cluster().groups.Set(Group("gang", std::nullopt));
  EXPECT_TRUE(PreEnqueue(Member("p")).ok());
  EXPECT_TRUE(Permit(Member("p")).status.ok());
}

TEST_F(GangTest, ItsGroupAndItsOtherPodsWakeIt) {
  const auto hint_of_pod = [&](const PodBuilder& added) {
    const auto pod = added.Build();
    return plugin_.Hint(Member("p"), Added(EventResource::kUnschedulablePod, *pod));
  };
  EXPECT_EQ(hint_of_pod(Member("q")), "Queue");
  EXPECT_EQ(hint_of_pod(Member("q", "other")), "Skip");
  EXPECT_EQ(hint_of_pod(Member("q").Namespace("elsewhere")), "Skip");
  const auto resource = EventResource::kPodGroup;
  EXPECT_EQ(plugin_.Hint(Member("p"), Added(resource, Group("gang", 1))), "Queue");
  EXPECT_EQ(plugin_.Hint(Member("p"), Added(resource, Group("other", 1))), "Skip");
  EXPECT_EQ(plugin_.Hint(Member("p"), Added(resource, *NodeBuilder("n").Build())), "Error");
}

}  // namespace
}  // namespace berth::plugins

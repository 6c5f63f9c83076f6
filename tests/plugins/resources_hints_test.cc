// Which events wake pods that NodeResourcesFit has turned away.
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
using support::Updated;

constexpr auto kNode = EventResource::kNode;
constexpr auto kAssigned = EventResource::kAssignedPod;
constexpr auto kUnassigned = EventResource::kUnschedulablePod;
constexpr auto kClass = EventResource::kDeviceClass;

PodBuilder Pod(const std::string& name = "pod") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  return pod;
}

std::shared_ptr<const api::Pod> On(const std::string& node, PodBuilder pod) {
  pod.pod().node_name = node;
  return pod.Build();
}

TEST(FitHint, WakesWhenAPodLeavesItsNode) {
  PluginHarness fit("NodeResourcesFit");
  const auto placed = On("n", Pod("o"));
  const auto waiting = Pod("o").Build();
  PodBuilder nominated = Pod("o");
  nominated.pod().status.nominated_node_name = "n";
  const auto set_aside = nominated.Build();
  EXPECT_EQ(fit.Hint(Pod(), Deleted(kAssigned, *placed)), "Queue");
  EXPECT_EQ(fit.Hint(Pod(), Deleted(kUnassigned, *waiting)), "Skip");
  EXPECT_EQ(fit.Hint(Pod(), Deleted(kUnassigned, *set_aside)), "Queue");
  EXPECT_EQ(fit.Hint(Pod(), Added(kAssigned, *NodeBuilder("n").Build())), "Error");
}

TEST(FitHint, WakesWhenAPodShrinksInWhatIsWanted) {
  PluginHarness fit("NodeResourcesFit");
  const PodBuilder pod = Pod().Requests({{"cpu", "1"}, {"memory", "0"}});
  const auto action = framework::kUpdatePodScaleDown;
  const auto large = On("n", Pod("o").Requests({{"cpu", "2"}, {"memory", "2Gi"}}));
  const auto less_cpu = On("n", Pod("o").Requests({{"cpu", "1"}, {"memory", "2Gi"}}));
  const auto less_memory = On("n", Pod("o").Requests({{"cpu", "2"}, {"memory", "1Gi"}}));
  EXPECT_EQ(fit.Hint(pod, Updated(kAssigned, *large, *less_cpu, action)), "Queue");
  EXPECT_EQ(fit.Hint(pod, Updated(kAssigned, *large, *less_memory, action)), "Skip");
  const auto before = Pod("o").Requests({{"cpu", "2"}}).Build();
  const auto after = Pod("o").Requests({{"cpu", "1"}}).Build();
  EXPECT_EQ(fit.Hint(pod, Updated(kUnassigned, *before, *after, action)), "Skip");
  const auto own = pod.Build();
  EXPECT_EQ(fit.Hint(pod, Updated(kUnassigned, *own, *own, action)), "Queue");
}

TEST(FitHint, WakesForANodeThatWouldHoldThePodIfItWereEmpty) {
  PluginHarness fit("NodeResourcesFit");
  const PodBuilder pod = Pod().Requests({{"cpu", "2"}});
  const auto node = [](const char* cpu, const char* memory, const char* pods) {
    return NodeBuilder("n").Allocatable({{"cpu", cpu}, {"memory", memory}, {"pods", pods}}).Build();
  };
  const auto small = node("1", "1Gi", "10");
  const auto fitting = node("2", "1Gi", "10");
  const auto more_memory = node("2", "2Gi", "10");
  const auto more_pods = node("2", "1Gi", "11");
  const auto no_pods = node("2", "1Gi", "0");
  const auto action = framework::kUpdateNodeAllocatable;
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *fitting)), "Queue");
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *small)), "Skip");
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *no_pods)), "Skip");
  EXPECT_EQ(fit.Hint(pod, Updated(kNode, *small, *fitting, action)), "Queue");
  EXPECT_EQ(fit.Hint(pod, Updated(kNode, *fitting, *more_memory, action)), "Skip");
  EXPECT_EQ(fit.Hint(pod, Updated(kNode, *fitting, *more_pods, action)), "Queue");
  EXPECT_EQ(fit.Hint(pod, Updated(kNode, *fitting, *small, action)), "Skip");
  const api::DeviceClass odd;
  EXPECT_EQ(fit.Hint(pod, Added(kNode, odd)), "Error");
}

TEST(FitHint, AResourceThatIsIgnoredKeepsNoNodeOut) {
  config::NodeResourcesFitArgs args;
  args.ignored_resources = {"example.com/gpu"};
  PluginHarness fit("NodeResourcesFit", args);
  PluginHarness strict("NodeResourcesFit");
  const PodBuilder pod = Pod().Requests({{"example.com/gpu", "1"}});
  const auto node = NodeBuilder("n").Build();
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *node)), "Queue");
  EXPECT_EQ(strict.Hint(pod, Added(kNode, *node)), "Skip");
}

TEST(FitHint, DevicesStandInForAResourceThatTheNodeLacks) {
  PluginHarness fit("NodeResourcesFit");
  api::DeviceClass gpus;
  gpus.meta.name = "gpus";
  gpus.extended_resource_name = "example.com/gpu";
  const PodBuilder pod = Pod().Requests({{"example.com/gpu", "1"}});
  const auto node = NodeBuilder("n").Build();
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *node)), "Skip");
  fit.cluster().devices.SetClass(gpus);
  EXPECT_EQ(fit.Hint(pod, Added(kNode, *node)), "Queue");
  EXPECT_EQ(fit.Hint(pod, Updated(kNode, *node, *node, framework::kUpdateNodeAllocatable)),
            "Queue");
}

TEST(FitHint, WakesWhenAClassComesToStandForWhatIsRequested) {
  PluginHarness fit("NodeResourcesFit");
  api::DeviceClass gpus;
  gpus.meta.name = "gpus";
  api::DeviceClass named = gpus;
  named.extended_resource_name = "example.com/gpu";
  const PodBuilder by_name = Pod().Requests({{"example.com/gpu", "1"}});
  const PodBuilder implicit = Pod().Requests({{"deviceclass.resource.kubernetes.io/gpus", "1"}});
  EXPECT_EQ(fit.Hint(by_name, Added(kClass, gpus)), "Skip");
  EXPECT_EQ(fit.Hint(by_name, Added(kClass, named)), "Queue");
  EXPECT_EQ(fit.Hint(by_name, Updated(kClass, gpus, named)), "Queue");
  EXPECT_EQ(fit.Hint(by_name, Updated(kClass, named, named)), "Skip");
  EXPECT_EQ(fit.Hint(by_name, Updated(kClass, named, gpus)), "Skip");
  EXPECT_EQ(fit.Hint(implicit, Added(kClass, gpus)), "Queue");
  EXPECT_EQ(fit.Hint(implicit, Updated(kClass, gpus, named)), "Skip");
  EXPECT_EQ(fit.Hint(by_name, Added(kClass, *NodeBuilder("n").Build())), "Error");
}

}  // namespace
}  // namespace berth::plugins

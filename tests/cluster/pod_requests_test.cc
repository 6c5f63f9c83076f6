#include "scheduler/cluster/pod_requests.h"

#include <gtest/gtest.h>

#include "scheduler/cluster/pod_class.h"
#include "tests/support/builders.h"

namespace berth::cluster {
namespace {

using support::PodBuilder;
using support::Resources;

api::Container Container(const std::string& cpu, bool sidecar = false) {
  api::Container container;
  container.resources.requests = Resources({{"cpu", cpu}});
  container.restart_always = sidecar;
  return container;
}

// Milli-cores of a pod.
std::int64_t Cpu(const api::PodSpec& spec, const api::PodStatus* status = nullptr,
                 const PodRequestsOptions& options = {}) {
  const api::ResourceList requests = PodRequests(spec, status, options);
  const auto* cpu = requests.Find("cpu");
  return cpu == nullptr ? -1 : cpu->MilliValue();
}

TEST(PodRequests, AddsContainersAndOverhead) {
  api::PodSpec spec;
  spec.containers = {Container("1"), Container("500m")};
  EXPECT_EQ(Cpu(spec), 1500);
  spec.overhead = Resources({{"cpu", "50m"}, {"memory", "1Mi"}});
  EXPECT_EQ(Cpu(spec), 1550);
  EXPECT_EQ(PodRequests(spec, nullptr, {}).Find("memory")->Value(), 1 << 20);
}

TEST(PodRequests, InitContainersCountWhereTheyNeedMore) {
  api::PodSpec spec;
  spec.containers = {Container("1")};
  spec.init_containers = {Container("800m"), Container("700m")};
  EXPECT_EQ(Cpu(spec), 1000);
  spec.init_containers.push_back(Container("3"));
  EXPECT_EQ(Cpu(spec), 3000);
}

TEST(PodRequests, SidecarsCountForTheContainersAndTheInitContainersAfterThem) {
  api::PodSpec spec;
  spec.containers = {Container("1")};
  spec.init_containers = {Container("2"), Container("500m", true)};
  EXPECT_EQ(Cpu(spec), 2000);  // max(2, 1 + 0.5)
  spec.init_containers = {Container("500m", true), Container("2")};
  EXPECT_EQ(Cpu(spec), 2500);  // the sidecar runs beside the init container
  spec.init_containers = {Container("500m", true), Container("700m", true)};
  EXPECT_EQ(Cpu(spec), 2200);
}

TEST(PodRequests, PodLevelReplacesTheSumOfSupportedResources) {
  api::PodSpec spec;
  spec.containers = {Container("1")};
  spec.containers.front().resources.requests["example.com/gpu"] = api::Quantity::FromValue(1);
  spec.overhead = Resources({{"cpu", "100m"}});
  spec.resources.emplace();
  EXPECT_FALSE(HasPodLevelRequests(spec));
  spec.resources->requests = Resources({{"cpu", "3"}, {"example.com/gpu", "5"}});
  EXPECT_TRUE(HasPodLevelRequests(spec));
  EXPECT_EQ(Cpu(spec), 3100);
  EXPECT_EQ(PodRequests(spec, nullptr, {}).Find("example.com/gpu")->Value(), 1);
  EXPECT_EQ(Cpu(spec, nullptr, {.pod_level = false}), 1100);
}

TEST(PodRequests, DefaultsStepInForAbsentKeysOnly) {
  api::PodSpec spec;
  spec.containers = {Container("0"), api::Container()};
  const PodRequestsOptions defaults{.default_cpu = true, .default_memory = true};
  EXPECT_EQ(Cpu(spec, nullptr, defaults), 100);
  EXPECT_EQ(PodRequests(spec, nullptr, defaults).Find("memory")->Value(), 2 * 209'715'200);
  EXPECT_EQ(Cpu(spec), 0);
  EXPECT_EQ(PodRequests(spec, nullptr, {}).Find("memory"), nullptr);
}

TEST(PodRequests, ResizeCountsTheLargestOfWantedAndGranted) {
  api::PodSpec spec;
  spec.containers = {Container("1")};
  spec.containers.front().name = "main";
  api::PodStatus status;
  status.container_resources = {{"main", Resources({{"cpu", "2"}}), Resources({{"cpu", "3"}})}};
  EXPECT_EQ(Cpu(spec, &status), 3000);
  spec.containers.front().resources.requests = Resources({{"cpu", "4"}});
  EXPECT_EQ(Cpu(spec, &status), 4000);
  status.resize_infeasible = true;  // what is wanted will not come
  EXPECT_EQ(Cpu(spec, &status), 3000);
}

TEST(PodRequests, StatusOfInitContainersCountsForSidecarsOnly) {
  api::PodSpec spec;
  spec.init_containers = {Container("1", true)};
  spec.init_containers.front().name = "init";
  api::PodStatus status;
  status.container_resources = {{"init", Resources({{"cpu", "2"}}), {}}};
  EXPECT_EQ(Cpu(spec, &status), 2000);
  spec.init_containers.front().restart_always = false;
  EXPECT_EQ(Cpu(spec, &status), 1000);
}

TEST(UsageOf, DefaultsWithPodLevelRequestsOnlyWhatIsNamedNowhere) {
  ResourceNames names;
  PodBuilder pod("p");
  EXPECT_EQ(UsageOf(pod.spec(), nullptr, names).non_zero_milli_cpu, 100);
  pod.spec().resources.emplace();
  pod.spec().resources->requests = Resources({{"cpu", "50m"}});
  const NodeUsage usage = UsageOf(pod.spec(), nullptr, names);
  EXPECT_EQ(usage.non_zero_milli_cpu, 50);
  EXPECT_EQ(usage.non_zero_memory, 209'715'200);
  EXPECT_EQ(usage.requested[kCpu], 50);
  EXPECT_EQ(usage.requested[kMemory], 0);
}

}  // namespace
}  // namespace berth::cluster

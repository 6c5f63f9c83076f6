// Fields whose gates are off are as if they had not been given.
#include "scheduler/simulate/disabled_fields.h"

#include <gtest/gtest.h>

namespace berth::simulate {
namespace {

using config::Gate;

api::ClusterObjects TwoPodsOfOneSpec() {
  api::PodSpec spec;
  spec.resources.emplace().requests["cpu"] = api::Quantity::FromValue(1);
  const auto shared = std::make_shared<const api::PodSpec>(spec);
  api::ClusterObjects objects;
  objects.pods.resize(2);
  for (auto& pod : objects.pods) {
    pod.spec = shared;
    pod.status.pod_resources.emplace();
  }
  return objects;
}

TEST(DisabledFields, AreKeptWhereTheGatesAreOn) {
  api::ClusterObjects objects = TwoPodsOfOneSpec();
  DropDisabledFields({}, objects);
  EXPECT_TRUE(objects.pods[0].spec->resources);
  EXPECT_TRUE(objects.pods[0].status.pod_resources);
}

TEST(DisabledFields, PodLevelResourcesGoWithTheirStatus) {
  api::ClusterObjects objects = TwoPodsOfOneSpec();
  config::FeatureGates gates;
  gates.Set(Gate::kPodLevelResources, false);
  DropDisabledFields(gates, objects);
  EXPECT_FALSE(objects.pods[0].spec->resources);
  EXPECT_FALSE(objects.pods[1].status.pod_resources);
  EXPECT_EQ(objects.pods[0].spec, objects.pods[1].spec) << "still one specification";
}

TEST(DisabledFields, AResizeGoesAlone) {
  api::ClusterObjects objects = TwoPodsOfOneSpec();
  config::FeatureGates gates;
  gates.Set(Gate::kInPlacePodLevelResourcesVerticalScaling, false);
  DropDisabledFields(gates, objects);
  EXPECT_TRUE(objects.pods[0].spec->resources);
  EXPECT_FALSE(objects.pods[0].status.pod_resources);
}

}  // namespace
}  // namespace berth::simulate

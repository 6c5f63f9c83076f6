// Which events wake pods that DynamicResources has turned away.
#include <gmock/gmock.h>

#include "tests/support/events.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using framework::EventResource;
using support::Added;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Updated;

constexpr auto kClaim = EventResource::kResourceClaim;
constexpr auto kOwn = EventResource::kUnschedulablePod;

PodBuilder PodWith(const std::string& claim, const std::string& name = "pod") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  pod.spec().resource_claims.push_back({"c", claim, ""});
  return pod;
}

api::ResourceClaim Claim(const std::string& name) {
  api::ResourceClaim claim;
  claim.meta.name = name;
  claim.meta.namespace_name = "default";
  return claim;
}

class DevicesHintTest : public ::testing::Test {
 protected:
  DevicesHintTest() { plugin_.cluster().devices.SetClaim(Claim("own")); }

  PluginHarness plugin_{"DynamicResources"};
  const PodBuilder pod_ = PodWith("own");
};

TEST_F(DevicesHintTest, ItsOwnClaimWakesWhenItComesOrItsStatusChanges) {
  const api::ResourceClaim own = Claim("own");
  api::ResourceClaim reserved = own;
  reserved.reserved_for.push_back({"", "pods", "pod", "uid-pod"});
  EXPECT_EQ(plugin_.Hint(pod_, Added(kClaim, own)), "Queue");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kClaim, own, reserved)), "Queue");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kClaim, own, own)), "Skip");
}

TEST_F(DevicesHintTest, AnotherClaimWakesWhenItGivesItsDevicesBack) {
  const api::ResourceClaim other = Claim("other");
  api::ResourceClaim allocated = other;
  allocated.allocation.emplace();
  EXPECT_EQ(plugin_.Hint(pod_, Added(kClaim, other)), "Skip");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kClaim, other, allocated)), "Skip");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kClaim, allocated, other)), "Queue");
}

TEST_F(DevicesHintTest, NothingWakesAPodWhoseClaimsAreNotThere) {
  api::ResourceClaim allocated = Claim("other");
  allocated.allocation.emplace();
  EXPECT_EQ(plugin_.Hint(PodWith("missing"), Updated(kClaim, allocated, Claim("other"))), "Skip");
}

TEST_F(DevicesHintTest, ClaimsThatWereMadeForItWakeOnceAllAreThere) {
  const auto action = framework::kUpdatePodGeneratedResourceClaim;
  const auto own = pod_.Build();
  const auto missing = PodWith("missing").Build();
  const auto other = PodWith("own", "other").Build();
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kOwn, *own, *own, action)), "Queue");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kOwn, *own, *missing, action)), "Skip");
  EXPECT_EQ(plugin_.Hint(pod_, Updated(kOwn, *other, *other, action)), "Skip");
}

TEST_F(DevicesHintTest, NodesClassesAndSlicesWakeWithoutAHint) {
  for (const auto& [event, has_hint] : plugin_.plugin().EventsToRegister()) {
    const bool hinted = event.resource == kClaim || event.resource == EventResource::kPod;
    EXPECT_EQ(has_hint, hinted);
  }
}

TEST_F(DevicesHintTest, AnObjectOfAnotherKindIsAnError) {
  const auto node = NodeBuilder("n").Build();
  EXPECT_EQ(plugin_.Hint(pod_, Added(kClaim, *node)), "Error");
  EXPECT_EQ(plugin_.Hint(pod_, Added(kOwn, *node)), "Error");
}

}  // namespace
}  // namespace berth::plugins

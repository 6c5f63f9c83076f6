// Which events wake pods that the volume plugins have turned away.
#include <gmock/gmock.h>

#include "tests/support/events.h"
#include "tests/support/plugin_harness.h"

namespace berth::plugins {
namespace {

using api::VolumeKind;
using framework::EventResource;
using support::Added;
using support::Deleted;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Updated;

constexpr auto kAssigned = EventResource::kAssignedPod;
constexpr auto kClaim = EventResource::kPersistentVolumeClaim;
constexpr auto kVolume = EventResource::kPersistentVolume;
constexpr auto kClass = EventResource::kStorageClass;
constexpr auto kCsiNode = EventResource::kCsiNode;
constexpr auto kCapacity = EventResource::kCsiStorageCapacity;

PodBuilder With(api::Volume volume, const std::string& name = "pod") {
  PodBuilder pod(name);
  pod.pod().meta.uid = "uid-" + name;
  pod.spec().volumes.push_back(std::move(volume));
  return pod;
}
PodBuilder WithClaim(const std::string& claim, const std::string& name = "pod") {
  return With({"data", VolumeKind::kPersistentVolumeClaim, claim}, name);
}
PodBuilder WithDisk(const std::string& disk, const std::string& name = "pod") {
  return With({"data", VolumeKind::kGcePersistentDisk, disk}, name);
}

api::PersistentVolumeClaim Claim(const std::string& name,
                                 const std::string& namespace_name = "default") {
  api::PersistentVolumeClaim claim;
  claim.meta.name = name;
  claim.meta.namespace_name = namespace_name;
  return claim;
}

// Asks about an object that no event of the resource can have.
std::string OnOddObject(PluginHarness& plugin, EventResource resource) {
  const api::DeviceClass odd;
  return plugin.Hint(WithClaim("c"), Added(resource, odd));
}

TEST(VolumeBindingHint, ItsOwnClaimsWake) {
  PluginHarness plugin("VolumeBinding");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("c"))), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kClaim, Claim("c"), Claim("c"))), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("d"))), "Skip");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("c", "elsewhere"))), "Skip");
  const PodBuilder ephemeral = With({"data", VolumeKind::kEphemeral, ""});
  EXPECT_EQ(plugin.Hint(ephemeral, Added(kClaim, Claim("pod-data"))), "Queue");
  EXPECT_EQ(plugin.Hint(ephemeral, Added(kClaim, Claim("data"))), "Skip");
}

TEST(VolumeBindingHint, AClassThatReachesElsewhereWakes) {
  PluginHarness plugin("VolumeBinding");
  api::StorageClass before;
  api::StorageClass after;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClass, before)), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kClass, before, after)), "Skip");
  after.allowed_topologies = {{{"zone", {"a"}}}};
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kClass, before, after)), "Queue");
}

TEST(VolumeBindingHint, ANodeWhosePluginsAreHandedOverWakes) {
  PluginHarness plugin("VolumeBinding");
  api::CsiNode before;
  api::CsiNode after;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kCsiNode, before)), "Queue");
  after.drivers.push_back({"d", 5});
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kCsiNode, before, after)), "Skip");
  after.meta.annotations[api::kMigratedPlugins] = "kubernetes.io/gce-pd";
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kCsiNode, before, after)), "Queue");
}

TEST(VolumeBindingHint, ADriverThatNoLongerCountsItsRoomWakesWhoSpellsItOut) {
  PluginHarness plugin("VolumeBinding");
  api::CsiDriver counting;
  counting.meta.name = "d";
  counting.storage_capacity = true;
  api::CsiDriver free = counting;
  free.storage_capacity = false;
  const PodBuilder inline_csi = With({"data", VolumeKind::kCsi, "", "d"});
  const auto resource = EventResource::kCsiDriver;
  EXPECT_EQ(plugin.Hint(inline_csi, Updated(resource, counting, free)), "Queue");
  EXPECT_EQ(plugin.Hint(inline_csi, Updated(resource, free, counting)), "Skip");
  EXPECT_EQ(plugin.Hint(inline_csi, Updated(resource, free, free)), "Skip");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(resource, counting, free)), "Skip");
}

TEST(VolumeBindingHint, RoomThatGrowsWakes) {
  PluginHarness plugin("VolumeBinding");
  const auto capacity = [](std::optional<std::int64_t> size, std::optional<std::int64_t> most) {
    api::CsiStorageCapacity object;
    if (size) object.capacity = api::Quantity::FromValue(*size);
    if (most) object.maximum_volume_size = api::Quantity::FromValue(*most);
    return object;
  };
  const auto update = [&](const api::CsiStorageCapacity& a, const api::CsiStorageCapacity& b) {
    return plugin.Hint(WithClaim("c"), Updated(kCapacity, a, b));
  };
  const auto none = capacity({}, {});
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kCapacity, none)), "Queue");
  EXPECT_EQ(update(none, capacity(5, {})), "Queue");
  EXPECT_EQ(update(capacity(5, {}), capacity(6, {})), "Queue");
  EXPECT_EQ(update(capacity(6, {}), capacity(5, {})), "Skip");
  EXPECT_EQ(update(capacity(5, {}), none), "Skip");
  EXPECT_EQ(update(capacity(5, 3), capacity(9, 3)), "Skip") << "the largest volume is the limit";
  EXPECT_EQ(update(capacity(5, 3), capacity(5, 4)), "Queue");
}

TEST(VolumeBindingHint, VolumesAndNodesWakeWithoutAHint) {
  PluginHarness plugin("VolumeBinding");
  int silent = 0;
  for (const auto& [event, has_hint] : plugin.plugin().EventsToRegister()) {
    const bool expected = event.resource != kVolume && event.resource != EventResource::kNode;
    EXPECT_EQ(has_hint, expected);
    silent += has_hint ? 0 : 1;
  }
  EXPECT_EQ(silent, 2);
  for (const auto resource : {kClaim, kClass, kCsiNode, kCapacity, EventResource::kCsiDriver}) {
    EXPECT_EQ(OnOddObject(plugin, resource), "Error");
  }
}

TEST(VolumeRestrictionsHint, APodThatStoodInTheWayWakesWhenItGoes) {
  PluginHarness plugin("VolumeRestrictions");
  const auto gone = [&](const PodBuilder& pod, const PodBuilder& other) {
    const auto object = other.Build();
    return plugin.Hint(pod, Deleted(kAssigned, *object));
  };
  EXPECT_EQ(gone(WithClaim("c"), WithClaim("c", "o")), "Queue");
  EXPECT_EQ(gone(WithClaim("c"), WithClaim("d", "o")), "Skip");
  EXPECT_EQ(gone(WithClaim("c"), WithClaim("c", "o").Namespace("elsewhere")), "Skip");
  EXPECT_EQ(gone(WithDisk("x"), WithDisk("x", "o")), "Queue");
  EXPECT_EQ(gone(WithDisk("x"), WithDisk("y", "o")), "Skip");
  EXPECT_EQ(gone(WithDisk("x"), WithDisk("x", "o").Namespace("elsewhere")), "Skip");
  EXPECT_EQ(gone(WithDisk("x"), PodBuilder("o")), "Skip");
  EXPECT_EQ(OnOddObject(plugin, kAssigned), "Error");
}

TEST(VolumeRestrictionsHint, ItsOwnClaimWakesWhenItComes) {
  PluginHarness plugin("VolumeRestrictions");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("c"))), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("d"))), "Skip");
  EXPECT_EQ(OnOddObject(plugin, kClaim), "Error");
}

TEST(VolumeZoneHint, OnlyAClassThatWaitsForItsConsumerWakes) {
  PluginHarness plugin("VolumeZone");
  api::StorageClass storage_class;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClass, storage_class)), "Skip");
  storage_class.volume_binding_mode = api::VolumeBindingMode::kImmediate;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClass, storage_class)), "Skip");
  storage_class.volume_binding_mode = api::VolumeBindingMode::kWaitForFirstConsumer;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClass, storage_class)), "Queue");
}

TEST(VolumeZoneHint, ItsClaimsAndVolumesThatMoveWake) {
  PluginHarness plugin("VolumeZone");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kClaim, Claim("c"), Claim("c"))), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("d"))), "Skip");
  api::PersistentVolume before;
  api::PersistentVolume after;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kVolume, before)), "Queue");
  after.meta.labels["tier"] = "fast";
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kVolume, before, after)), "Skip");
  after.meta.labels["topology.kubernetes.io/zone"] = "a";
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kVolume, before, after)), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Updated(kVolume, after, before)), "Queue");
  for (const auto resource : {kClaim, kClass, kVolume}) {
    EXPECT_EQ(OnOddObject(plugin, resource), "Error");
  }
}

TEST(NodeVolumeLimitsHint, ALimitThatIsRaisedWakes) {
  PluginHarness plugin("NodeVolumeLimits");
  const auto node = [](std::optional<std::int32_t> limit) {
    api::CsiNode object;
    object.drivers.push_back({"d", limit});
    return object;
  };
  const auto update = [&](const api::CsiNode& a, const api::CsiNode& b) {
    return plugin.Hint(WithClaim("c"), Updated(kCsiNode, a, b));
  };
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kCsiNode, node(1))), "Queue");
  EXPECT_EQ(update(node(1), node(2)), "Queue");
  EXPECT_EQ(update(node(2), node(1)), "Skip");
  EXPECT_EQ(update(node(2), node(2)), "Skip");
  EXPECT_EQ(update(api::CsiNode(), node(2)), "Skip");
}

TEST(NodeVolumeLimitsHint, ADriverThatIsInstalledWakesBehindItsGate) {
  PluginHarness plain("NodeVolumeLimits");
  config::FeatureGates gates;
  gates.Set(config::Gate::kVolumeLimitScaling, true);
  PluginHarness heeding("NodeVolumeLimits", {}, gates);
  api::CsiNode before;
  api::CsiNode after;
  after.drivers.push_back({"d", 1});
  const auto installed = Updated(kCsiNode, before, after);
  EXPECT_EQ(plain.Hint(WithClaim("c"), installed), "Skip");
  EXPECT_EQ(heeding.Hint(WithClaim("c"), installed), "Queue");
  EXPECT_EQ(heeding.Hint(WithClaim("c"), Updated(kCsiNode, after, before)), "Skip");
}

TEST(NodeVolumeLimitsHint, APodWithVolumesWakesWhenItLeavesItsNode) {
  PluginHarness plugin("NodeVolumeLimits");
  const auto gone = [&](PodBuilder other, const std::string& node) {
    other.pod().node_name = node;
    const auto object = other.Build();
    return plugin.Hint(WithClaim("c"), Deleted(kAssigned, *object));
  };
  EXPECT_EQ(gone(WithClaim("d", "o"), "n"), "Queue");
  EXPECT_EQ(gone(WithClaim("d", "o"), ""), "Skip");
  EXPECT_EQ(gone(With({"data", VolumeKind::kEphemeral, ""}, "o"), "n"), "Queue");
  EXPECT_EQ(gone(WithDisk("x", "o"), "n"), "Queue");
  EXPECT_EQ(gone(With({"i", VolumeKind::kImage, "image"}, "o"), "n"), "Skip");
}

TEST(NodeVolumeLimitsHint, AVolumeThatIsDetachedWakesWhoMayHaveWaitedForIt) {
  PluginHarness plugin("NodeVolumeLimits");
  api::VolumeAttachment attachment;
  attachment.attacher = "pd.csi.storage.gke.io";
  const auto resource = EventResource::kVolumeAttachment;
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Deleted(resource, attachment)), "Queue");
  EXPECT_EQ(plugin.Hint(WithDisk("x"), Deleted(resource, attachment)), "Queue");
  attachment.attacher = "ebs.csi.aws.com";
  EXPECT_EQ(plugin.Hint(WithDisk("x"), Deleted(resource, attachment)), "Skip");
  EXPECT_EQ(plugin.Hint(PodBuilder("p"), Deleted(resource, attachment)), "Skip");
  for (const auto odd : {kClaim, kCsiNode, kAssigned, resource}) {
    EXPECT_EQ(OnOddObject(plugin, odd), "Error");
  }
}

TEST(NodeVolumeLimitsHint, ItsOwnClaimWakesWhenItComes) {
  PluginHarness plugin("NodeVolumeLimits");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("c"))), "Queue");
  EXPECT_EQ(plugin.Hint(WithClaim("c"), Added(kClaim, Claim("d"))), "Skip");
}

}  // namespace
}  // namespace berth::plugins

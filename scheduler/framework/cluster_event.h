// What happens in a cluster that may make room for a pod that was turned away: which kind of object
// did what. Plain values, safe to share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::framework {

// Whose event it is. Plugins register kPod; what comes in says whether the pod is on a node.
enum class EventResource : std::uint8_t {
  kPod,
  kAssignedPod,
  kUnschedulablePod,
  kNode,
  kPersistentVolume,
  kPersistentVolumeClaim,
  kStorageClass,
  kCsiNode,
  kCsiDriver,
  kCsiStorageCapacity,
  kVolumeAttachment,
  kResourceClaim,
  kResourceSlice,
  kDeviceClass,
  kPodGroup,
  kAny,  // "*"
};

// kPod, kAssignedPod or kUnschedulablePod.
bool IsPod(EventResource resource);

// A set of actions. The numbers count: see Matches.
using Actions = std::uint32_t;
inline constexpr Actions kAdd = 1;
inline constexpr Actions kDelete = 2;
inline constexpr Actions kUpdateNodeAllocatable = 4;
inline constexpr Actions kUpdateNodeLabel = 8;
inline constexpr Actions kUpdateNodeTaint = 16;  // spec.unschedulable too
inline constexpr Actions kUpdateNodeCondition = 32;
inline constexpr Actions kUpdateNodeAnnotation = 64;
inline constexpr Actions kUpdateNodeDeclaredFeature = 128;
inline constexpr Actions kUpdatePodLabel = 256;
inline constexpr Actions kUpdatePodScaleDown = 512;
inline constexpr Actions kUpdatePodToleration = 1024;
inline constexpr Actions kUpdatePodSchedulingGatesEliminated = 2048;
inline constexpr Actions kUpdatePodGeneratedResourceClaim = 4096;
inline constexpr Actions kAllActions = 8191;
inline constexpr Actions kUpdate = kAllActions & ~(kAdd | kDelete);

// As registered by a plugin, or as it came in: then with one action, or kUpdate for a change of
// which no more is said.
struct ClusterEvent {
  EventResource resource = EventResource::kAny;
  Actions actions = kAllActions;
  // The label of an event that is no object's; static text, empty for all others.
  std::string_view special = {};

  bool IsWildcard() const { return resource == EventResource::kAny && actions == kAllActions; }
  friend bool operator==(const ClusterEvent&, const ClusterEvent&) = default;
};

// Events that the queue makes itself; ForceActivate comes with the pod that it is for.
inline constexpr ClusterEvent kScheduleAttemptFailure{.special = "ScheduleAttemptFailure"};
inline constexpr ClusterEvent kBackoffComplete{.special = "BackoffComplete"};
inline constexpr ClusterEvent kPopFromBackoffQ{.special = "PopFromBackoffQ"};
inline constexpr ClusterEvent kForceActivate{.special = "ForceActivate"};
inline constexpr ClusterEvent kUnschedulableTimeout{.special = "UnschedulableTimeout"};

// "NodeAdd", "AssignedPodDelete", "storage.k8s.io/CSINodeUpdate", "UnschedulableTimeout": as in
// kube-scheduler's metrics. For events as they come in.
std::string Label(const ClusterEvent& event);

// Whether who registered for the one wants to hear of the other. They must share an action, and
// the incoming actions must not be the greater number, so that a change of which no more is said
// (kUpdate) is only for those who registered for all changes.
bool Matches(const ClusterEvent& registered, const ClusterEvent& incoming);

}  // namespace berth::framework

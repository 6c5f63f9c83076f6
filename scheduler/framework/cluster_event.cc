#include "scheduler/framework/cluster_event.h"

namespace berth::framework {
namespace {

std::string_view NameOf(EventResource resource) {
  switch (resource) {
    case EventResource::kPod:
      return "Pod";
    case EventResource::kAssignedPod:
      return "AssignedPod";
    case EventResource::kUnschedulablePod:
      return "UnschedulablePod";
    case EventResource::kNode:
      return "Node";
    case EventResource::kPersistentVolume:
      return "PersistentVolume";
    case EventResource::kPersistentVolumeClaim:
      return "PersistentVolumeClaim";
    case EventResource::kStorageClass:
      return "storage.k8s.io/StorageClass";
    case EventResource::kCsiNode:
      return "storage.k8s.io/CSINode";
    case EventResource::kCsiDriver:
      return "storage.k8s.io/CSIDriver";
    case EventResource::kCsiStorageCapacity:
      return "storage.k8s.io/CSIStorageCapacity";
    case EventResource::kVolumeAttachment:
      return "storage.k8s.io/VolumeAttachment";
    case EventResource::kResourceClaim:
      return "resource.k8s.io/ResourceClaim";
    case EventResource::kResourceSlice:
      return "resource.k8s.io/ResourceSlice";
    case EventResource::kDeviceClass:
      return "resource.k8s.io/DeviceClass";
    case EventResource::kPodGroup:
      return "scheduling.k8s.io/PodGroup";
    case EventResource::kAny:
      break;
  }
  return "*";
}

std::string_view NameOf(Actions action) {
  switch (action) {
    case kAdd:
      return "Add";
    case kDelete:
      return "Delete";
    case kUpdateNodeAllocatable:
      return "UpdateNodeAllocatable";
    case kUpdateNodeLabel:
      return "UpdateNodeLabel";
    case kUpdateNodeTaint:
      return "UpdateNodeTaint";
    case kUpdateNodeCondition:
      return "UpdateNodeCondition";
    case kUpdateNodeAnnotation:
      return "UpdateNodeAnnotation";
    case kUpdateNodeDeclaredFeature:
      return "UpdateNodeDeclaredFeature";
    case kUpdatePodLabel:
      return "UpdatePodLabel";
    case kUpdatePodScaleDown:
      return "UpdatePodScaleDown";
    case kUpdatePodToleration:
      return "UpdatePodToleration";
    case kUpdatePodSchedulingGatesEliminated:
      return "UpdatePodSchedulingGatesEliminated";
    case kUpdatePodGeneratedResourceClaim:
      return "UpdatePodGeneratedResourceClaim";
    case kUpdate:
      return "Update";
    case kAllActions:
      return "All";
    default:
      return "";
  }
}

bool Covers(EventResource registered, EventResource incoming) {
  return registered == incoming || registered == EventResource::kAny ||
         (registered == EventResource::kPod && IsPod(incoming));
}

}  // namespace

bool IsPod(EventResource resource) {
  return resource == EventResource::kPod || resource == EventResource::kAssignedPod ||
         resource == EventResource::kUnschedulablePod;
}

std::string Label(const ClusterEvent& event) {
  if (!event.special.empty()) return std::string(event.special);
  return std::string(NameOf(event.resource)).append(NameOf(event.actions));
}

bool Matches(const ClusterEvent& registered, const ClusterEvent& incoming) {
  if (registered.IsWildcard()) return true;
  return Covers(registered.resource, incoming.resource) &&
         (registered.actions & incoming.actions) != 0 && incoming.actions <= registered.actions;
}

}  // namespace berth::framework

#include "scheduler/record/kinds.h"

#include <array>

namespace berth::record {

std::span<const live::WatchedKind> RecordedKinds() {
  using live::kWatched;
  static constexpr std::array<live::WatchedKind, 21> kKinds = {{
      kWatched<api::Node>,
      kWatched<api::Namespace>,
      kWatched<api::Service>,
      kWatched<api::ReplicationController>,
      kWatched<live::ReplicaSet>,
      kWatched<live::StatefulSet>,
      kWatched<api::PodDisruptionBudget>,
      kWatched<api::PersistentVolume>,
      kWatched<api::PersistentVolumeClaim>,
      kWatched<api::StorageClass>,
      kWatched<api::CsiNode>,
      kWatched<api::CsiDriver>,
      kWatched<api::CsiStorageCapacity>,
      kWatched<api::VolumeAttachment>,
      kWatched<api::ResourceClaim>,
      kWatched<api::ResourceSlice>,
      kWatched<api::DeviceClass>,
      {"resource.k8s.io/v1", "ResourceClaimTemplate",
       "/apis/resource.k8s.io/v1/resourceclaimtemplates", ""},
      {"scheduling.k8s.io/v1", "PriorityClass", "/apis/scheduling.k8s.io/v1/priorityclasses", ""},
      {"node.k8s.io/v1", "RuntimeClass", "/apis/node.k8s.io/v1/runtimeclasses", ""},
      kWatched<api::Pod>,
  }};
  return kKinds;
}

}  // namespace berth::record

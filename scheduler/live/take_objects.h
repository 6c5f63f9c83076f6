// The list of one kind in everything that can be read.
#pragma once

#include <utility>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/live/watched_kinds.h"

namespace berth::live {

template <typename T>
struct ListOf;

#define BERTH_LIST_OF(type, list)                                          \
  template <>                                                              \
  struct ListOf<type> {                                                    \
    static auto& In(api::ClusterObjects& objects) { return objects.list; } \
  }
BERTH_LIST_OF(api::Pod, pods);
BERTH_LIST_OF(api::Node, nodes);
BERTH_LIST_OF(api::Namespace, namespaces);
BERTH_LIST_OF(api::Service, services);
BERTH_LIST_OF(api::ReplicationController, replication_controllers);
BERTH_LIST_OF(ReplicaSet, replica_sets);
BERTH_LIST_OF(StatefulSet, stateful_sets);
BERTH_LIST_OF(api::PodDisruptionBudget, pod_disruption_budgets);
BERTH_LIST_OF(api::PersistentVolume, storage.volumes);
BERTH_LIST_OF(api::PersistentVolumeClaim, storage.claims);
BERTH_LIST_OF(api::StorageClass, storage.classes);
BERTH_LIST_OF(api::CsiNode, storage.csi_nodes);
BERTH_LIST_OF(api::CsiDriver, storage.csi_drivers);
BERTH_LIST_OF(api::CsiStorageCapacity, storage.csi_capacities);
BERTH_LIST_OF(api::VolumeAttachment, storage.attachments);
BERTH_LIST_OF(api::ResourceClaim, resource_claims);
BERTH_LIST_OF(api::ResourceSlice, resource_slices);
BERTH_LIST_OF(api::DeviceClass, device_classes);
#undef BERTH_LIST_OF

// Calls visit(T) for each object of the kind, and leaves the list empty.
template <typename T, typename Visit>
void TakeObjects(api::ClusterObjects& objects, Visit visit) {
  auto& list = ListOf<T>::In(objects);
  for (auto& object : list) {
    if constexpr (requires { T(std::move(object)); }) {
      visit(T(std::move(object)));
    } else {
      visit(T{std::move(object.meta), std::move(object.selector)});
    }
  }
  list.clear();
}

// The other way round, at the end of the list.
template <typename T>
void PutObject(const T& object, api::ClusterObjects& objects) {
  auto& list = ListOf<T>::In(objects);
  if constexpr (requires { list.push_back(object); }) {
    list.push_back(object);
  } else {
    list.push_back({object.meta, object.selector});
  }
}

}  // namespace berth::live

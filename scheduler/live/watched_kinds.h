// Which objects of the API server a scheduler looks at, and where they are.
#pragma once

#include <string_view>

#include "scheduler/api/device_objects.h"
#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"

namespace berth::live {

struct WatchedKind {
  std::string_view api_version;
  std::string_view kind;
  std::string_view path;            // of the list over all namespaces
  std::string_view field_selector;  // empty: all objects
};

// ReplicaSets and StatefulSets are one struct: this tells them apart.
struct ReplicaSet {
  api::ObjectMeta meta;
  std::optional<api::LabelSelector> selector;
};
struct StatefulSet {
  api::ObjectMeta meta;
  std::optional<api::LabelSelector> selector;
};

template <typename T>
inline constexpr WatchedKind kWatched{};

template <>
inline constexpr WatchedKind kWatched<api::Pod>{"v1", "Pod", "/api/v1/pods",
                                                "status.phase!=Succeeded,status.phase!=Failed"};
template <>
inline constexpr WatchedKind kWatched<api::Node>{"v1", "Node", "/api/v1/nodes", ""};
template <>
inline constexpr WatchedKind kWatched<api::Namespace>{"v1", "Namespace", "/api/v1/namespaces", ""};
template <>
inline constexpr WatchedKind kWatched<api::Service>{"v1", "Service", "/api/v1/services", ""};
template <>
inline constexpr WatchedKind kWatched<api::ReplicationController>{
    "v1", "ReplicationController", "/api/v1/replicationcontrollers", ""};
template <>
inline constexpr WatchedKind kWatched<ReplicaSet>{"apps/v1", "ReplicaSet",
                                                  "/apis/apps/v1/replicasets", ""};
template <>
inline constexpr WatchedKind kWatched<StatefulSet>{"apps/v1", "StatefulSet",
                                                   "/apis/apps/v1/statefulsets", ""};
template <>
inline constexpr WatchedKind kWatched<api::PodDisruptionBudget>{
    "policy/v1", "PodDisruptionBudget", "/apis/policy/v1/poddisruptionbudgets", ""};
template <>
inline constexpr WatchedKind kWatched<api::PersistentVolume>{"v1", "PersistentVolume",
                                                             "/api/v1/persistentvolumes", ""};
template <>
inline constexpr WatchedKind kWatched<api::PersistentVolumeClaim>{
    "v1", "PersistentVolumeClaim", "/api/v1/persistentvolumeclaims", ""};
template <>
inline constexpr WatchedKind kWatched<api::StorageClass>{
    "storage.k8s.io/v1", "StorageClass", "/apis/storage.k8s.io/v1/storageclasses", ""};
template <>
inline constexpr WatchedKind kWatched<api::CsiNode>{"storage.k8s.io/v1", "CSINode",
                                                    "/apis/storage.k8s.io/v1/csinodes", ""};
template <>
inline constexpr WatchedKind kWatched<api::CsiDriver>{"storage.k8s.io/v1", "CSIDriver",
                                                      "/apis/storage.k8s.io/v1/csidrivers", ""};
template <>
inline constexpr WatchedKind kWatched<api::CsiStorageCapacity>{
    "storage.k8s.io/v1", "CSIStorageCapacity", "/apis/storage.k8s.io/v1/csistoragecapacities", ""};
template <>
inline constexpr WatchedKind kWatched<api::VolumeAttachment>{
    "storage.k8s.io/v1", "VolumeAttachment", "/apis/storage.k8s.io/v1/volumeattachments", ""};
template <>
inline constexpr WatchedKind kWatched<api::ResourceClaim>{
    "resource.k8s.io/v1", "ResourceClaim", "/apis/resource.k8s.io/v1/resourceclaims", ""};
template <>
inline constexpr WatchedKind kWatched<api::ResourceSlice>{
    "resource.k8s.io/v1", "ResourceSlice", "/apis/resource.k8s.io/v1/resourceslices", ""};
template <>
inline constexpr WatchedKind kWatched<api::DeviceClass>{
    "resource.k8s.io/v1", "DeviceClass", "/apis/resource.k8s.io/v1/deviceclasses", ""};

}  // namespace berth::live

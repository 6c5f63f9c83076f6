// An event together with the object that it is about, before and after.
#pragma once

#include <string>
#include <variant>

#include "scheduler/api/device_objects.h"
#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"
#include "scheduler/base/result.h"
#include "scheduler/framework/cluster_event.h"

namespace berth::framework {

// An object of any kind that events are about; monostate where there is none. The pointers are not
// null, and good for as long as the call that they are handed to.
using EventObject =
    std::variant<std::monostate, const api::Pod*, const api::Node*, const api::PersistentVolume*,
                 const api::PersistentVolumeClaim*, const api::StorageClass*, const api::CsiNode*,
                 const api::CsiDriver*, const api::CsiStorageCapacity*,
                 const api::VolumeAttachment*, const api::ResourceClaim*, const api::ResourceSlice*,
                 const api::DeviceClass*, const api::PodGroup*>;

struct ObjectChange {
  ClusterEvent event;
  EventObject before;  // monostate: it was added
  EventObject after;   // monostate: it was deleted
};

// The two versions as the type that they should have; null for the one that is not there.
template <typename T>
struct Versions {
  const T* before = nullptr;
  const T* after = nullptr;

  const T& Any() const { return after != nullptr ? *after : *before; }
  bool IsUpdate() const { return before != nullptr && after != nullptr; }
};

// Fails where one of them is of another kind, or neither is there.
template <typename T>
base::Result<Versions<T>> VersionsOf(const ObjectChange& change) {
  Versions<T> versions;
  const auto take = [](const EventObject& object, const T*& out) {
    if (const auto* held = std::get_if<const T*>(&object)) out = *held;
    return out != nullptr || std::holds_alternative<std::monostate>(object);
  };
  const bool right = take(change.before, versions.before) && take(change.after, versions.after);
  if (!right) return base::Fail(Label(change.event) + ": the object is of another kind");
  if (versions.before == nullptr && versions.after == nullptr) {
    return base::Fail(Label(change.event) + ": the event has no object");
  }
  return versions;
}

// The version that an event of this kind must have; fails where it lacks it.
template <typename T>
base::Result<const T*> VersionAfter(const ObjectChange& change) {
  BERTH_ASSIGN(const Versions<T> versions, VersionsOf<T>(change));
  if (versions.after == nullptr)
    return base::Fail(Label(change.event) + ": the event has no new object");
  return versions.after;
}

// Whether two versions are of one pod. By uid, since a pod may come back under its name.
inline bool IsSamePod(const api::Pod& a, const api::Pod& b) {
  if (a.meta.uid.empty() && b.meta.uid.empty()) return a.Key() == b.Key();
  return a.meta.uid == b.meta.uid;
}

// Whether the pod takes room on a node, or has it set aside.
inline bool HoldsRoom(const api::Pod& pod) {
  return !pod.node_name.empty() || !pod.status.nominated_node_name.empty();
}

}  // namespace berth::framework

#include "scheduler/live/cluster_objects.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "scheduler/framework/object_events.h"

namespace berth::live {

using framework::ClusterEvent;
using framework::EventResource;

namespace {

template <typename T>
framework::Actions ActionOf(const ObjectVersions<T>& change) {
  if (change.before == nullptr) return framework::kAdd;
  return change.after == nullptr ? framework::kDelete : framework::kUpdate;
}

// The set of events of an update of one pod, or one for a pod that comes or goes.
std::vector<ClusterEvent> EventsOf(EventResource resource, const ObjectVersions<api::Pod>& change) {
  if (change.before == nullptr || change.after == nullptr) return {{resource, ActionOf(change)}};
  return framework::EventsOfPodUpdate(*change.before, *change.after);
}

}  // namespace

template <typename T>
void ClusterObjects::Move(const ClusterEvent& event, const ObjectVersions<T>& change,
                          const std::function<bool(const api::Pod&)>& precheck) {
  const auto start = clock_.Now();
  queue_.MoveAllToActiveOrBackoffQueue(queue::OwnedChange::Of(event, change.before, change.after),
                                       precheck);
  observer_.OnEventHandled(event, clock_.Now() - start);
}

template <typename T>
void ClusterObjects::MoveByKind(EventResource resource, const ObjectVersions<T>& change) {
  Move({resource, ActionOf(change)}, change);
}

// ---- Nodes ----

void ClusterObjects::Changed(ObjectVersions<api::Node> change) {
  const api::Node& any = change.after != nullptr ? *change.after : *change.before;
  const auto row = cluster_.nodes.Find(any.meta.name);
  if (change.after == nullptr) {
    if (!row) return;
    Move({EventResource::kNode, framework::kDelete}, change);
    news_.NodeLeaves(any.meta.name);
    pods_.NodeRemoved(any.meta.name);
    cluster_.RemoveNode(*row);
    return;
  }
  if (!row) {
    cluster_.AddNode(change.after);
    pods_.NodeAdded(any.meta.name);
    Move({EventResource::kNode, framework::kAdd}, change);
    return;
  }
  cluster_.UpdateNode(*row, change.after);
  if (change.before == nullptr) return;
  for (const ClusterEvent& event : framework::EventsOfNodeUpdate(*change.before, *change.after)) {
    Move(event, change);
  }
}

// ---- Pods ----

void ClusterObjects::Changed(ObjectVersions<api::Pod> change) {
  // A pod that was deleted and made again unseen is two pods.
  if (change.before != nullptr && change.after != nullptr &&
      change.before->meta.uid != change.after->meta.uid) {
    Changed({change.before, nullptr});
    Changed({nullptr, change.after});
    return;
  }
  const bool was_placed = change.before != nullptr && !change.before->node_name.empty();
  const bool is_placed = change.after != nullptr && !change.after->node_name.empty();
  if (is_placed && !was_placed) {
    PlacedPodChanged({nullptr, change.after});
    if (change.before != nullptr) queue_.Delete(*change.before);
    cluster_.nominated.Remove(*change.after);
  } else if (is_placed) {
    PlacedPodChanged(change);
  } else if (was_placed) {
    // A terminal pod leaves the watch, too.
    PlacedPodGone(change.before);
    if (change.after != nullptr) WaitingPodChanged({nullptr, change.after});
  } else if (change.after != nullptr) {
    WaitingPodChanged(change);
  } else {
    WaitingPodGone(change.before);
  }
}

void ClusterObjects::PlacedPodChanged(const ObjectVersions<api::Pod>& change) {
  pods_.Set(change.after);
  for (const ClusterEvent& event : EventsOf(EventResource::kAssignedPod, change)) {
    Move(event, change);
  }
}

void ClusterObjects::PlacedPodGone(const std::shared_ptr<const api::Pod>& pod) {
  pods_.Remove(pod->meta.uid);
  Move({EventResource::kAssignedPod, framework::kDelete}, ObjectVersions<api::Pod>{pod, nullptr});
}

void ClusterObjects::WaitingPodChanged(const ObjectVersions<api::Pod>& change) {
  const std::shared_ptr<const api::Pod>& pod = change.after;
  if (!IsOurs(*pod)) return;
  if (pods_.IsAssumed(pod->meta.uid)) {
    const bool leaves_now = pod->meta.deletion_timestamp &&
                            (change.before == nullptr || !change.before->meta.deletion_timestamp);
    if (leaves_now) news_.AssumedPodGone(*pod);
    return;
  }
  if (change.before == nullptr) {
    queue_.Add(pod);
    // A pod that may not be scheduled yet keeps no room from others.
    if (!IsGated(*pod)) Nominate(pod);
    return;
  }
  if (change.before->meta.resource_version == pod->meta.resource_version) return;
  const std::string& before = change.before->status.nominated_node_name;
  const std::string& after = pod->status.nominated_node_name;
  // A nomination that only this scheduler knows of yet stays.
  if (!before.empty() || !after.empty()) Nominate(pod);
  queue_.Update(change.before, pod);
  if (!before.empty() && before != after) NominationGone(change.before);
}

void ClusterObjects::WaitingPodGone(const std::shared_ptr<const api::Pod>& pod) {
  if (!IsOurs(*pod)) return;
  // A nomination may be known here only.
  const bool was_nominated =
      !pod->status.nominated_node_name.empty() || !cluster_.nominated.NodeOf(*pod).empty();
  queue_.Delete(*pod);
  cluster_.nominated.Remove(*pod);
  if (pods_.IsAssumed(pod->meta.uid)) {
    news_.AssumedPodGone(*pod);
  } else if (was_nominated) {
    NominationGone(pod);
  }
}

bool ClusterObjects::IsGated(const api::Pod& pod) const {
  const queue::QueuedPod* queued = queue_.Find(pod.meta.namespace_name, pod.meta.name);
  return queued != nullptr && queued->gated();
}

// Room that was kept for it is free for those that had to give way.
void ClusterObjects::NominationGone(const std::shared_ptr<const api::Pod>& pod) {
  const std::int32_t priority = pod->Priority();
  Move({EventResource::kAssignedPod, framework::kDelete}, ObjectVersions<api::Pod>{pod, nullptr},
       [priority](const api::Pod& waiting) { return waiting.Priority() <= priority; });
}

void ClusterObjects::Nominate(const std::shared_ptr<const api::Pod>& pod) {
  cluster_.nominated.Remove(*pod);
  const std::string& node = pod->status.nominated_node_name;
  if (node.empty()) return;
  cluster_.nominated.Set({pod, &cluster_.classes.ClassOfPending(*pod)}, node);
}

// ---- What plugins look up ----

void ClusterObjects::Changed(ObjectVersions<api::Namespace> change) {
  if (change.after != nullptr) return cluster_.SetNamespace(*change.after);
  cluster_.RemoveNamespace(change.before->meta.name);
}

void ClusterObjects::Changed(ObjectVersions<api::Service> change) {
  if (change.after != nullptr) return cluster_.owners.SetService(*change.after);
  cluster_.owners.RemoveService(change.before->meta);
}

void ClusterObjects::Changed(ObjectVersions<api::ReplicationController> change) {
  if (change.after != nullptr) return cluster_.owners.SetReplicationController(*change.after);
  cluster_.owners.RemoveReplicationController(change.before->meta);
}

void ClusterObjects::Changed(ObjectVersions<ReplicaSet> change) {
  if (change.after != nullptr) {
    return cluster_.owners.SetReplicaSet({change.after->meta, change.after->selector});
  }
  cluster_.owners.RemoveReplicaSet(change.before->meta);
}

void ClusterObjects::Changed(ObjectVersions<StatefulSet> change) {
  if (change.after != nullptr) {
    return cluster_.owners.SetStatefulSet({change.after->meta, change.after->selector});
  }
  cluster_.owners.RemoveStatefulSet(change.before->meta);
}

void ClusterObjects::Changed(ObjectVersions<api::PodDisruptionBudget> change) {
  auto& budgets = cluster_.disruption_budgets;
  const api::ObjectMeta& meta = change.after != nullptr ? change.after->meta : change.before->meta;
  const auto same = std::ranges::find_if(budgets, [&](const api::PodDisruptionBudget& budget) {
    return KeyOf(budget.meta) == KeyOf(meta);
  });
  if (change.after == nullptr) {
    if (same != budgets.end()) budgets.erase(same);
  } else if (same != budgets.end()) {
    *same = *change.after;
  } else {
    budgets.push_back(*change.after);
  }
}

// ---- Storage ----

void ClusterObjects::Changed(ObjectVersions<api::PersistentVolume> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetVolume(*change.after);
  } else {
    cluster_.storage.RemoveVolume(change.before->meta.name);
  }
  MoveByKind(EventResource::kPersistentVolume, change);
}

void ClusterObjects::Changed(ObjectVersions<api::PersistentVolumeClaim> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetClaim(*change.after);
  } else {
    cluster_.storage.RemoveClaim(change.before->meta.namespace_name, change.before->meta.name);
  }
  MoveByKind(EventResource::kPersistentVolumeClaim, change);
}

void ClusterObjects::Changed(ObjectVersions<api::StorageClass> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetClass(*change.after);
  } else {
    cluster_.storage.RemoveClass(change.before->meta.name);
  }
  MoveByKind(EventResource::kStorageClass, change);
}

void ClusterObjects::Changed(ObjectVersions<api::CsiNode> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetCsiNode(*change.after);
  } else {
    cluster_.storage.RemoveCsiNode(change.before->meta.name);
  }
  MoveByKind(EventResource::kCsiNode, change);
}

void ClusterObjects::Changed(ObjectVersions<api::CsiDriver> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetCsiDriver(*change.after);
  } else {
    cluster_.storage.RemoveCsiDriver(change.before->meta.name);
  }
  MoveByKind(EventResource::kCsiDriver, change);
}

void ClusterObjects::Changed(ObjectVersions<api::CsiStorageCapacity> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetCsiCapacity(*change.after);
  } else {
    cluster_.storage.RemoveCsiCapacity(change.before->meta.namespace_name,
                                       change.before->meta.name);
  }
  MoveByKind(EventResource::kCsiStorageCapacity, change);
}

void ClusterObjects::Changed(ObjectVersions<api::VolumeAttachment> change) {
  if (change.after != nullptr) {
    cluster_.storage.SetAttachment(*change.after);
  } else {
    cluster_.storage.RemoveAttachment(change.before->meta.name);
  }
  MoveByKind(EventResource::kVolumeAttachment, change);
}

// ---- Devices ----

void ClusterObjects::Changed(ObjectVersions<api::ResourceClaim> change) {
  if (change.after != nullptr) {
    TakeClaim(*change.after);
  } else {
    cluster_.devices.RemoveClaim(change.before->meta.namespace_name, change.before->meta.name);
  }
  MoveByKind(EventResource::kResourceClaim, change);
}

// A version that comes now may be older than what has been decided: for a change of something else,
// or written for the first of several pods that share the claim.
void ClusterObjects::TakeClaim(const api::ResourceClaim& claim) {
  cluster::Devices& devices = cluster_.devices;
  const std::string& namespace_name = claim.meta.namespace_name;
  const std::string& name = claim.meta.name;
  std::optional<api::ClaimAllocation> decided;
  std::vector<api::ClaimConsumer> consumers;
  const cluster::Claim* known = devices.FindClaim(namespace_name, name);
  if (known != nullptr && known->object.meta.uid == claim.meta.uid) {
    if (known->pending && !claim.allocation) decided = known->object.allocation;
    std::ranges::copy_if(known->object.reserved_for, std::back_inserter(consumers),
                         [&](const api::ClaimConsumer& consumer) {
                           return decided || pods_.IsAssumed(consumer.uid);
                         });
  }
  devices.SetClaim(claim);
  if (decided) devices.Assume(namespace_name, name, *std::move(decided));
  if (!devices.FindClaim(namespace_name, name)->object.allocation) return;
  for (const auto& consumer : consumers) devices.AddConsumer(namespace_name, name, consumer);
}

void ClusterObjects::Changed(ObjectVersions<api::ResourceSlice> change) {
  if (change.after != nullptr) {
    cluster_.devices.SetSlice(*change.after);
  } else {
    cluster_.devices.RemoveSlice(change.before->meta.name);
  }
  MoveByKind(EventResource::kResourceSlice, change);
}

void ClusterObjects::Changed(ObjectVersions<api::DeviceClass> change) {
  if (change.after != nullptr) {
    cluster_.devices.SetClass(*change.after);
  } else {
    cluster_.devices.RemoveClass(change.before->meta.name);
  }
  MoveByKind(EventResource::kDeviceClass, change);
}

}  // namespace berth::live

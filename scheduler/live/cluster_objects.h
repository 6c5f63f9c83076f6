// What the API server shows, carried into the cluster and, as events, into the queue.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/live/object_store.h"
#include "scheduler/live/pod_cache.h"
#include "scheduler/queue/profiles.h"
#include "scheduler/live/scheduler_observer.h"
#include "scheduler/live/watched_kinds.h"
#include "scheduler/queue/scheduling_queue.h"

namespace berth::live {

// Who decides pods, as far as the API server's news concern it.
class PodNews {
 public:
  virtual ~PodNews() = default;
  // A pod that is assumed to be on a node, or waits to be, is being deleted or is gone.
  virtual void AssumedPodGone(const api::Pod& pod) = 0;
  // A node is about to be taken out of the cluster, with the pods that are assumed to be there.
  virtual void NodeLeaves(const std::string& name) = 0;
};

// One call for each object that came, changed or went; on the scheduler's thread. Pods go to the
// queue or onto their nodes, everything else into the cluster; then the queue hears of it, but of a
// node that goes before it has gone, so that hints can still look at it (section 3.7 of what
// kube-scheduler does).
class ClusterObjects {
 public:
  ClusterObjects(cluster::Cluster& cluster, PodCache& pods, queue::SchedulingQueue& queue,
                 const queue::Profiles& profiles, PodNews& news, SchedulerObserver& observer,
                 const base::Clock& clock)
      : cluster_(cluster),
        pods_(pods),
        queue_(queue),
        profiles_(profiles),
        news_(news),
        observer_(observer),
        clock_(clock) {}

  void Changed(ObjectVersions<api::Node> change);
  void Changed(ObjectVersions<api::Pod> change);
  void Changed(ObjectVersions<api::Namespace> change);
  void Changed(ObjectVersions<api::Service> change);
  void Changed(ObjectVersions<api::ReplicationController> change);
  void Changed(ObjectVersions<ReplicaSet> change);
  void Changed(ObjectVersions<StatefulSet> change);
  void Changed(ObjectVersions<api::PodDisruptionBudget> change);
  void Changed(ObjectVersions<api::PersistentVolume> change);
  void Changed(ObjectVersions<api::PersistentVolumeClaim> change);
  void Changed(ObjectVersions<api::StorageClass> change);
  void Changed(ObjectVersions<api::CsiNode> change);
  void Changed(ObjectVersions<api::CsiDriver> change);
  void Changed(ObjectVersions<api::CsiStorageCapacity> change);
  void Changed(ObjectVersions<api::VolumeAttachment> change);
  void Changed(ObjectVersions<api::ResourceClaim> change);
  void Changed(ObjectVersions<api::ResourceSlice> change);
  void Changed(ObjectVersions<api::DeviceClass> change);

 private:
  template <typename T>
  void Move(const framework::ClusterEvent& event, const ObjectVersions<T>& change,
            const std::function<bool(const api::Pod&)>& precheck = nullptr);
  template <typename T>
  void MoveByKind(framework::EventResource resource, const ObjectVersions<T>& change);

  void PlacedPodChanged(const ObjectVersions<api::Pod>& change);
  void PlacedPodGone(const std::shared_ptr<const api::Pod>& pod);
  void WaitingPodChanged(const ObjectVersions<api::Pod>& change);
  void WaitingPodGone(const std::shared_ptr<const api::Pod>& pod);
  void NominationGone(const std::shared_ptr<const api::Pod>& pod);
  void Nominate(const std::shared_ptr<const api::Pod>& pod);
  bool IsGated(const api::Pod& pod) const;
  // The claim as the API server shows it, with what has been decided here and not been shown yet.
  void TakeClaim(const api::ResourceClaim& claim);
  bool IsOurs(const api::Pod& pod) const { return profiles_.Of(pod) != nullptr; }

  cluster::Cluster& cluster_;
  PodCache& pods_;
  queue::SchedulingQueue& queue_;
  const queue::Profiles& profiles_;
  PodNews& news_;
  SchedulerObserver& observer_;
  const base::Clock& clock_;
};

}  // namespace berth::live

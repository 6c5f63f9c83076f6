// Which controllers have already made something that is in the input.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "scheduler/api/cluster_objects.h"

namespace berth::simulate {

// "ReplicaSet", "CronJob" ...
std::string_view KindName(api::WorkloadKind kind);

// An index of all ownerReferences of pods and workloads. Also of what they imply: a pod of a
// ReplicaSet NAME-HASH whose label pod-template-hash is HASH shows that the Deployment NAME is at
// work even when the ReplicaSet is not in the input, and a pod of a Job NAME-NUMBER the CronJob
// NAME.
class Ownership {
 public:
  explicit Ownership(const api::ClusterObjects& objects);

  // By uid; by kind and name where the workload or the reference has no uid.
  bool Controls(const api::Workload& workload) const;

 private:
  void Add(const api::ObjectMeta& owned);
  void AddImplied(const api::ObjectMeta& owned, const api::OwnerReference& owner);

  std::unordered_set<std::string> uids_;
  std::unordered_set<std::string> names_;  // namespace/Kind/name of every reference
  std::unordered_set<std::string> names_without_uid_;
};

}  // namespace berth::simulate

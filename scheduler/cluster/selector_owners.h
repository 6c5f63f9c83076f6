// Services and controllers, for the selector that the default spread constraints use.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/labels.h"
#include "scheduler/cluster/pod_class.h"

namespace berth::cluster {

// Not thread-safe for writing.
class SelectorOwners {
 public:
  explicit SelectorOwners(base::Interner& symbols) : symbols_(symbols) {}

  void AddService(const api::Service& service);
  void AddReplicationController(const api::ReplicationController& controller);
  void AddReplicaSet(const api::LabelSelectorOwner& set);
  void AddStatefulSet(const api::LabelSelectorOwner& set);

  // The selectors of all Services of the pod's namespace that take the pod, and of its controller,
  // put together; matches everything where there is none.
  CompiledSelector DefaultSelector(const PodClass& pod, std::span<const Label> labels) const;

  // Grows with every change.
  std::uint64_t version() const { return version_; }

 private:
  using Name = std::pair<std::string, std::string>;  // namespace and name

  base::Interner& symbols_;
  std::map<std::string, std::vector<api::StringMap>> service_selectors_;  // by namespace
  std::map<Name, api::StringMap> replication_controllers_;
  std::map<Name, api::LabelSelector> replica_sets_;
  std::map<Name, api::LabelSelector> stateful_sets_;
  std::uint64_t version_ = 0;
};

}  // namespace berth::cluster

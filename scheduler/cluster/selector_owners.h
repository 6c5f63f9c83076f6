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

  // Adds, or replaces the one of that name.
  void SetService(const api::Service& service);
  void SetReplicationController(const api::ReplicationController& controller);
  void SetReplicaSet(const api::LabelSelectorOwner& set);
  void SetStatefulSet(const api::LabelSelectorOwner& set);
  // Nothing where there is none.
  void RemoveService(const api::ObjectMeta& meta);
  void RemoveReplicationController(const api::ObjectMeta& meta);
  void RemoveReplicaSet(const api::ObjectMeta& meta);
  void RemoveStatefulSet(const api::ObjectMeta& meta);

  // The selectors of all Services of the pod's namespace that take the pod, and of its controller,
  // put together; matches everything where there is none.
  CompiledSelector DefaultSelector(const PodClass& pod, std::span<const Label> labels) const;

  // Grows with every change of what selectors say.
  std::uint64_t version() const { return version_; }

 private:
  using Name = std::pair<std::string, std::string>;  // namespace and name

  template <typename Selector>
  void SetOwner(std::map<Name, Selector>& owners, const api::ObjectMeta& meta,
                const std::optional<Selector>& selector);
  template <typename Selector>
  void RemoveOwner(std::map<Name, Selector>& owners, const api::ObjectMeta& meta);

  base::Interner& symbols_;
  // By namespace and name, of Services that have a selector.
  std::map<std::string, std::map<std::string, api::StringMap>> service_selectors_;
  std::map<Name, api::StringMap> replication_controllers_;
  std::map<Name, api::LabelSelector> replica_sets_;
  std::map<Name, api::LabelSelector> stateful_sets_;
  std::uint64_t version_ = 0;
};

}  // namespace berth::cluster

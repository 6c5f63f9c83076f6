// The pods on nodes, as the API server has them and as this scheduler has decided.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cluster/cluster.h"

namespace berth::live {

// Keeps the pods of a cluster::Cluster by uid. A pod is assumed from the moment in which its node
// was decided until the API server shows it there; nothing but Forget takes an assumed pod away, or
// the word of the API server. Pods of nodes that are not there (not yet, or no longer) wait for
// them and count nowhere. Not thread-safe.
class PodCache {
 public:
  explicit PodCache(cluster::Cluster& cluster) : cluster_(cluster) {}

  // The API server's word: the pod is on its node_name, wherever it was assumed to be.
  void Set(std::shared_ptr<const api::Pod> pod);
  // Nothing where it is not known.
  void Remove(std::string_view uid);

  // False where a pod of that uid is known already. `pod` has its node_name.
  bool Assume(std::shared_ptr<const api::Pod> pod, const cluster::PodClass& pod_class,
              cluster::NodeIndex row);
  // Nothing where it is not assumed any more.
  void Forget(std::string_view uid);

  bool IsAssumed(std::string_view uid) const;
  std::shared_ptr<const api::Pod> Find(std::string_view uid) const;
  // Where it is in the cluster; nullopt while its node is not there.
  std::optional<cluster::PodIndex> IndexOf(std::string_view uid) const;

  // After the node has been added: its pods that were waiting count.
  void NodeAdded(const std::string& name);
  // Before it is removed.
  void NodeRemoved(const std::string& name);

  std::size_t size() const { return pods_.size(); }
  std::size_t assumed_count() const { return assumed_; }
  // Calls visit(pod, is_assumed) for each, in no order.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [uid, entry] : pods_) visit(*entry.pod, entry.assumed);
  }

 private:
  struct Entry {
    std::shared_ptr<const api::Pod> pod;
    std::optional<cluster::PodIndex> index;  // unset: its node is not there
    bool assumed = false;
  };

  void Place(Entry& entry);
  void Displace(Entry& entry);

  cluster::Cluster& cluster_;
  boost::unordered_flat_map<std::string, Entry> pods_;                        // by uid
  boost::unordered_flat_map<std::string, std::vector<std::string>> waiting_;  // uids by node
  std::size_t assumed_ = 0;
};

}  // namespace berth::live

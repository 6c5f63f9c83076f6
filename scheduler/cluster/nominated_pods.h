// Pods that wait for a node which has been promised to them: others count them as if they were
// there already.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/pod_class.h"

namespace berth::cluster {

struct NominatedPod {
  std::shared_ptr<const api::Pod> pod;
  const PodClass* pod_class;
  // Whether others leave room for it; if not, the nomination only says where the pod is tried
  // first.
  bool keeps_room = true;
};

// Nominations by the name of the node, which need not exist; pods of one node in the order in which
// they were nominated. A pod is told by namespace and name. Not thread-safe.
class NominatedPods {
 public:
  using ByNode = std::map<std::string, std::vector<NominatedPod>, std::less<>>;

  // Takes the place of an earlier nomination of the pod.
  void Set(NominatedPod nominated, std::string_view node);
  // Nothing where the pod has no nomination.
  void Remove(const api::Pod& pod);
  // Takes the nominations of pods with a lower priority away from a node.
  void RemoveLower(std::string_view node, std::int32_t priority);

  bool empty() const { return nodes_.empty(); }
  const ByNode& by_node() const { return by_node_; }
  // Where the pod is nominated; empty if nowhere.
  std::string_view NodeOf(const api::Pod& pod) const;

  // Calls visit(NominatedPod) for the pods nominated to the node that a pod has to give way to:
  // all but itself (if it is given) whose priority is not lower.
  template <typename Visit>
  void ForEachBefore(std::string_view node, const api::Pod* self, std::int32_t priority,
                     Visit visit) const {
    const auto it = by_node_.find(node);
    if (it == by_node_.end()) return;
    for (const NominatedPod& nominated : it->second) {
      if (!nominated.keeps_room) continue;
      if (nominated.pod_class->priority() < priority) continue;
      if (self == nullptr || !IsSame(*self, *nominated.pod)) visit(nominated);
    }
  }

 private:
  static bool IsSame(const api::Pod& a, const api::Pod& b) {
    return a.meta.name == b.meta.name && a.meta.namespace_name == b.meta.namespace_name;
  }

  ByNode by_node_;
  std::map<std::string, std::string, std::less<>> nodes_;  // by pod
};

}  // namespace berth::cluster

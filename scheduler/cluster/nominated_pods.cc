#include "scheduler/cluster/nominated_pods.h"

#include <utility>

namespace berth::cluster {

void NominatedPods::Set(NominatedPod nominated, std::string_view node) {
  Remove(*nominated.pod);
  nodes_.emplace(nominated.pod->Key(), node);
  by_node_[std::string(node)].push_back(std::move(nominated));
}

void NominatedPods::Remove(const api::Pod& pod) {
  if (nodes_.empty()) return;
  const auto known = nodes_.find(pod.Key());
  if (known == nodes_.end()) return;
  const auto list = by_node_.find(known->second);
  std::erase_if(list->second, [&](const NominatedPod& other) { return IsSame(pod, *other.pod); });
  if (list->second.empty()) by_node_.erase(list);
  nodes_.erase(known);
}

void NominatedPods::RemoveLower(std::string_view node, std::int32_t priority) {
  const auto list = by_node_.find(node);
  if (list == by_node_.end()) return;
  std::vector<std::shared_ptr<const api::Pod>> lower;
  for (const NominatedPod& nominated : list->second) {
    if (nominated.pod_class->priority() < priority) lower.push_back(nominated.pod);
  }
  for (const auto& pod : lower) Remove(*pod);
}

std::string_view NominatedPods::NodeOf(const api::Pod& pod) const {
  if (nodes_.empty()) return "";
  const auto known = nodes_.find(pod.Key());
  return known == nodes_.end() ? std::string_view() : std::string_view(known->second);
}

}  // namespace berth::cluster

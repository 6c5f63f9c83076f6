#include "scheduler/cluster/pod_groups.h"

#include <utility>

namespace berth::cluster {
namespace {

std::string KeyOf(std::string_view namespace_name, std::string_view name) {
  return std::string(namespace_name).append("/").append(name);
}

std::string GroupKey(const api::Pod& pod) {
  return KeyOf(pod.meta.namespace_name, pod.spec->pod_group_name);
}

}  // namespace

void PodGroups::Set(api::PodGroup group) {
  std::string key = KeyOf(group.meta.namespace_name, group.meta.name);
  groups_.insert_or_assign(std::move(key), std::move(group));
}

const api::PodGroup* PodGroups::Of(const api::Pod& pod) const {
  const auto it = groups_.find(GroupKey(pod));
  return it == groups_.end() ? nullptr : &it->second;
}

void PodGroups::CountWaiting(const api::Pod& pod, std::int32_t change) {
  if (!pod.spec->pod_group_name.empty()) counts_[GroupKey(pod)].waiting += change;
}

void PodGroups::CountPlaced(const api::Pod& pod, std::int32_t change) {
  if (!pod.spec->pod_group_name.empty()) counts_[GroupKey(pod)].placed += change;
}

PodGroups::Counts PodGroups::CountsOf(const api::Pod& pod) const {
  const auto it = counts_.find(GroupKey(pod));
  return it == counts_.end() ? Counts() : it->second;
}

std::int32_t PodGroups::Known(const api::Pod& pod) const {
  const Counts counts = CountsOf(pod);
  return counts.waiting + counts.placed;
}

std::int32_t PodGroups::Placed(const api::Pod& pod) const { return CountsOf(pod).placed; }

}  // namespace berth::cluster

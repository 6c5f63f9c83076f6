#include "scheduler/cycle/ranked_pods.h"

#include <algorithm>

namespace berth::cycle {

std::span<const RankedPod> RankedPods::On(const cluster::Cluster& cluster,
                                          scoring::NodeIndex node) {
  if (by_row_.size() < cluster.nodes.rows()) by_row_.resize(cluster.nodes.rows());
  List& list = by_row_[node];
  if (list.version == cluster.PodsVersion(node)) return list.pods;
  list.version = cluster.PodsVersion(node);
  list.pods.clear();
  for (const cluster::PodIndex index : cluster.PodsOn(node)) {
    const cluster::NodeUsage& usage = cluster.UsageOf(index);
    const bool is_of_class = &usage == &cluster.ClassOf(index).usage;
    list.pods.push_back({VictimOf(index, cluster.pod(index)), is_of_class ? &usage : nullptr,
                         usage.requested[cluster::kCpu], usage.requested[cluster::kMemory]});
  }
  std::ranges::stable_sort(list.pods, IsMoreImportant, &RankedPod::victim);
  return list.pods;
}

std::span<const RankedPod> RankedPods::Below(const cluster::Cluster& cluster,
                                             scoring::NodeIndex node, std::int32_t priority) {
  const auto pods = On(cluster, node);
  const auto first = std::ranges::partition_point(
      pods, [&](const RankedPod& pod) { return pod.victim.priority >= priority; });
  return {first, pods.end()};
}

}  // namespace berth::cycle

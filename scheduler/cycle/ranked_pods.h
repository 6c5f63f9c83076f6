// The pods of each node in the order in which preemption would keep them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/victims.h"

namespace berth::cycle {

// A pod with all that a dry run needs of it, side by side in memory.
struct RankedPod {
  Victim victim;
  const cluster::NodeUsage* usage;  // null: the pod has one of its own, which may move
  std::int64_t milli_cpu;
  std::int64_t memory;  // bytes
};

// Kept from preemptor to preemptor: a list is made anew when pods have come to or left the node.
// Not thread-safe.
class RankedPods {
 public:
  // All pods on the node, the most important first. Valid until the cluster changes.
  std::span<const RankedPod> On(const cluster::Cluster& cluster, scoring::NodeIndex node);
  // Those below a priority.
  std::span<const RankedPod> Below(const cluster::Cluster& cluster, scoring::NodeIndex node,
                                   std::int32_t priority);

 private:
  struct List {
    std::uint64_t version = ~std::uint64_t{0};
    std::vector<RankedPod> pods;
  };
  std::vector<List> by_row_;
};

}  // namespace berth::cycle

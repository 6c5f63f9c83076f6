#include "scheduler/cycle/sampling.h"

#include <algorithm>
#include <vector>

namespace berth::cycle {

std::size_t FeasibleNodesToFind(std::int32_t percentage, std::size_t nodes) {
  constexpr std::size_t kMinNodes = 100;
  constexpr std::int32_t kMinPercentage = 5;
  if (nodes < kMinNodes) return nodes;
  if (percentage == 0) {
    percentage = std::max(50 - static_cast<std::int32_t>(nodes / 125), kMinPercentage);
  }
  const std::size_t wanted = nodes * static_cast<std::size_t>(percentage) / 100;
  return std::max(wanted, kMinNodes);
}

Sample KeepFirstFeasible(std::span<const NodeIndex> order, const NodeMask& candidates,
                         std::size_t start, std::size_t wanted, NodeMask& feasible) {
  std::vector<NodeIndex> list;
  list.reserve(order.size());
  for (const NodeIndex node : order) {
    if (candidates.Test(node)) list.push_back(node);
  }
  NodeMask kept(feasible.size());
  Sample sample;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const NodeIndex node = list[(start + i) % list.size()];
    if (!feasible.Test(node)) {
      ++sample.rejected;
      continue;
    }
    if (sample.feasible == wanted) break;
    kept.Set(node);
    ++sample.feasible;
  }
  feasible = std::move(kept);
  return sample;
}

}  // namespace berth::cycle

#include "scheduler/cycle/sampling.h"

#include <algorithm>

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

std::size_t PositionOfCandidate(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                                std::size_t k) {
  const std::size_t count = candidates.Count();
  if (count == 0) return 0;
  k %= count;
  if (count == order.size()) return k;
  for (std::size_t position = 0; position < order.size(); ++position) {
    if (candidates.Test(order[position]) && k-- == 0) return position;
  }
  return 0;
}

Sample KeepFirstFeasible(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                         std::size_t start, std::size_t wanted, NodeMask& feasible) {
  NodeMask kept(feasible.size());
  Sample sample;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const NodeIndex node = order[(start + i) % order.size()];
    if (!candidates.Test(node)) continue;
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

NodeMask FirstCandidates(const scoring::Column<NodeIndex>& order, const NodeMask& candidates,
                         std::size_t start, std::size_t count) {
  NodeMask first(candidates.size());
  for (std::size_t i = 0; i < order.size() && count > 0; ++i) {
    const NodeIndex node = order[(start + i) % order.size()];
    if (!candidates.Test(node)) continue;
    first.Set(node);
    --count;
  }
  return first;
}

}  // namespace berth::cycle

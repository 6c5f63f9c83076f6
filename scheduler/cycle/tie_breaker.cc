#include "scheduler/cycle/tie_breaker.h"

#include <algorithm>

#include "scheduler/base/check.h"
#include "scoring/select.h"

namespace berth::cycle {
namespace {

NodeIndex FirstInHeapPreorder(std::span<const NodeIndex> best, std::span<const NodeIndex> order,
                              std::size_t start, const scoring::NodeMask& feasible) {
  std::size_t position = 0;  // in the list of feasible nodes
  std::size_t first_position = 0;
  std::size_t found = 0;
  NodeIndex first = best.front();
  for (std::size_t i = 0; i < order.size() && found < best.size(); ++i) {
    const NodeIndex node = order[(start + i) % order.size()];
    if (!feasible.Test(node)) continue;
    if (std::ranges::binary_search(best, node)) {
      if (found++ == 0 || scoring::HeapPreorderLess(position, first_position)) {
        first = node;
        first_position = position;
      }
    }
    ++position;
  }
  return first;
}

}  // namespace

NodeIndex TieBreaker::ChooseNext(std::span<const NodeIndex> best) const {
  const auto next = std::ranges::upper_bound(best, last_);
  return next == best.end() ? best.front() : *next;
}

NodeIndex TieBreaker::Choose(std::span<const NodeIndex> best, std::span<const NodeIndex> order,
                             std::size_t start, const scoring::NodeMask& feasible) {
  BERTH_CHECK(!best.empty());
  NodeIndex chosen = best.front();
  if (best.size() > 1) {
    switch (rule_) {
      case TieBreak::kKube:
        chosen = FirstInHeapPreorder(best, order, start, feasible);
        break;
      case TieBreak::kFirst:
        break;
      case TieBreak::kRoundRobin:
        chosen = ChooseNext(best);
        break;
      case TieBreak::kRandom:
        chosen = best[random_.Below(best.size())];
        break;
    }
  }
  last_ = chosen;
  return chosen;
}

}  // namespace berth::cycle

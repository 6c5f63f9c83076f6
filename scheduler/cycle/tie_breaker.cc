#include "scheduler/cycle/tie_breaker.h"

#include "scoring/kernels.h"

namespace berth::cycle {
namespace {

using scoring::NodeMask;

NodeIndex RowAt(const NodeMask& rows, std::uint64_t rank) {
  NodeIndex found = 0;
  rows.ForEach([&](NodeIndex row) {
    if (rank-- == 0) found = row;
  });
  return found;
}

// The rows as a set of positions in the node list.
void ToPositions(const NodeMask& rows, const cluster::NodeOrder& order, NodeMask& positions) {
  positions.Resize(order.rows().size());
  scoring::PermuteBits(order.rows().data(), order.rows().size(), rows.words(), positions.words());
}

}  // namespace

NodeIndex TieBreaker::ChooseAsKube(const NodeMask& best, const NodeMask& feasible,
                                   const cluster::NodeOrder& order, std::size_t start) {
  if (order.is_row_order()) {
    return static_cast<NodeIndex>(heap_.Find(feasible, best, start));
  }
  ToPositions(best, order, best_positions_);
  ToPositions(feasible, order, feasible_positions_);
  return order.rows()[heap_.Find(feasible_positions_, best_positions_, start)];
}

NodeIndex TieBreaker::ChooseNext(const NodeMask& best) const {
  NodeIndex next = best.First();
  bool found = false;
  best.ForEach([&](NodeIndex row) {
    if (found || row <= last_ || last_ == ~NodeIndex{0}) return;
    next = row;
    found = true;
  });
  return next;
}

NodeIndex TieBreaker::Choose(const NodeMask& best, const NodeMask& feasible,
                             const cluster::NodeOrder& order, std::size_t start) {
  switch (rule_) {
    case TieBreak::kKube:
      return ChooseAsKube(best, feasible, order, start);
    case TieBreak::kFirst:
      return best.First();
    case TieBreak::kRoundRobin:
      return last_ = ChooseNext(best);
    case TieBreak::kRandom:
      return RowAt(best, random_.Below(best.Count()));
  }
  return best.First();
}

}  // namespace berth::cycle

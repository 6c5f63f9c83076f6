// Which of the nodes with the highest score a pod goes to.
#pragma once

#include <cstdint>

#include "scheduler/base/random.h"
#include "scheduler/cluster/node_order.h"
#include "scoring/node_mask.h"
#include "scoring/select.h"

namespace berth::cycle {

using scoring::NodeIndex;

enum class TieBreak : std::uint8_t {
  kKube,        // as kube-scheduler without extenders: first in heap pre-order of the feasible list
  kFirst,       // the lowest NodeIndex: the order of the input
  kRoundRobin,  // the next one behind the node of the last placement, in NodeIndex order
  kRandom,      // any, by the seed
};

// Not thread-safe. Deterministic: the same calls after the same seed choose the same nodes.
class TieBreaker {
 public:
  TieBreaker(TieBreak rule, std::uint64_t seed) : rule_(rule), random_(seed) {}

  // One of `best`, which has at least one row, all of them in `feasible`. kube-scheduler's list of
  // feasible nodes begins at position `start` of its node list.
  NodeIndex Choose(const scoring::NodeMask& best, const scoring::NodeMask& feasible,
                   const cluster::NodeOrder& order, std::size_t start);

 private:
  NodeIndex ChooseAsKube(const scoring::NodeMask& best, const scoring::NodeMask& feasible,
                         const cluster::NodeOrder& order, std::size_t start);
  NodeIndex ChooseNext(const scoring::NodeMask& best) const;

  TieBreak rule_;
  base::Random random_;
  NodeIndex last_ = ~NodeIndex{0};
  scoring::HeapWinner heap_;
  scoring::NodeMask best_positions_;
  scoring::NodeMask feasible_positions_;
};

}  // namespace berth::cycle

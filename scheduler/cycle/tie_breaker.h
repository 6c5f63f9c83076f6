// Which of the nodes with the highest score a pod goes to.
#pragma once

#include <cstdint>
#include <span>

#include "scheduler/base/random.h"
#include "scoring/node_mask.h"

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

  // `best` ascending and not empty; `order` is the order in which nodes were looked at, beginning
  // at `start` and wrapping around; `feasible` those of them that fit.
  NodeIndex Choose(std::span<const NodeIndex> best, std::span<const NodeIndex> order,
                   std::size_t start, const scoring::NodeMask& feasible);

 private:
  NodeIndex ChooseNext(std::span<const NodeIndex> best) const;

  TieBreak rule_;
  base::Random random_;
  NodeIndex last_ = ~NodeIndex{0};
};

}  // namespace berth::cycle

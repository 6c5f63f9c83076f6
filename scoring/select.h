// Which of the best nodes wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/node_mask.h"

namespace berth::scoring {

// The set rows whose value is the highest among the set rows, ascending; empty when none is set.
std::vector<NodeIndex> BestRows(const std::int64_t* values, const NodeMask& rows);

// True if position a comes before position b in the pre-order walk (node, left, right) of the
// implicit binary heap over 0..n-1, where the children of i are 2i+1 and 2i+2.
//
// kube-scheduler takes the root of a container/heap of the feasible nodes in the order in which
// they were found: a child is lifted only when strictly better, so among equal best nodes the one
// that is first in this order wins.
bool HeapPreorderLess(std::size_t a, std::size_t b);

}  // namespace berth::scoring

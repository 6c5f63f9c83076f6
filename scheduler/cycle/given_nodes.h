// What a profile says of nodes that somebody else has chosen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scoring/column.h"
#include "scoring/node_mask.h"

namespace berth::cycle {

// Nodes that were rejected for the same reasons.
struct RejectedNodes {
  scoring::NodeMask nodes;
  std::string reason;         // reasons joined with ", "
  bool unresolvable = false;  // taking other pods away would not help
};

struct FilteredNodes {
  scoring::NodeMask feasible;           // of the given nodes
  std::vector<RejectedNodes> rejected;  // disjoint; with `feasible` all given nodes
  std::string error;                    // set: a plugin failed, and nothing else is
};

struct ScoredNodes {
  scoring::Column<std::int64_t> totals;  // weighted sums; right on given rows
  std::int64_t bias = 0;                 // to be added to each
  std::int64_t highest_possible = 0;     // 100 for each weight; 0 where nothing scores
  std::string error = {};                // set: a plugin failed, and nothing else is

  // From 0 to `top`.
  std::int64_t Scaled(scoring::NodeIndex row, std::int64_t top) const {
    return highest_possible <= 0 ? 0 : (totals[row] + bias) * top / highest_possible;
  }
};

// Pods that would be gone, all from one node.
struct Departure {
  scoring::NodeIndex node = 0;
  std::vector<cluster::PodIndex> pods;
};

}  // namespace berth::cycle

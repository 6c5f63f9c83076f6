// Scores of all nodes in few numbers.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "scheduler/cluster/node_cells.h"

namespace berth::framework {

// One score for each cell of nodes, but for some nodes that have one of their own, each of which is
// named once.
struct CellScores {
  const cluster::NodeCells* cells = nullptr;
  std::vector<std::int64_t> by_cell;
  std::vector<std::pair<scoring::NodeIndex, std::int64_t>> others;

  void Clear() {
    cells = nullptr;
    by_cell.clear();
    others.clear();
  }
};

}  // namespace berth::framework

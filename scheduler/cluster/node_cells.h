// Nodes by the values of a few labels.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/node_table.h"
#include "scoring/column.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

using LabelColumns = boost::container::small_vector<const LabelColumn*, 4>;

// The nodes divided into cells: those of one cell have the same values of all the labels, or lack
// the same ones. What follows from the labels need only be found once a cell, of which there are
// few. Cells without nodes do not exist.
class NodeCells {
 public:
  static constexpr std::size_t kMaxCells = 64;

  std::size_t count() const { return cells_.size(); }
  const scoring::NodeMask& Nodes(std::size_t cell) const { return cells_[cell].nodes; }
  // Some node of the cell.
  NodeIndex any(std::size_t cell) const { return cells_[cell].any; }
  // The cell of each row; 0 for rows without a node.
  const std::uint32_t* ids() const { return ids_.data(); }
  std::uint32_t At(NodeIndex row) const { return ids_[row]; }

 private:
  friend class NodeCellSets;

  struct Cell {
    scoring::NodeMask nodes;
    NodeIndex any;
  };

  // False if there are more than kMaxCells.
  bool Divide(const NodeTable& nodes);
  bool DivideBy(const LabelColumn& column, const NodeTable& nodes);

  LabelColumns columns_;
  bool is_few_ = false;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
  scoring::Column<std::uint32_t> ids_;
  std::vector<Cell> cells_;
};

// The cells of each set of labels that was asked for. Not thread-safe.
class NodeCellSets {
 public:
  explicit NodeCellSets(const NodeTable& nodes) : nodes_(nodes) {}

  // In any order, a column more than once if need be; of no column: one cell with all nodes. Up to
  // date; what is returned lasts until a node changes. nullptr if there would be too many cells, or
  // have been too many sets.
  const NodeCells* Get(LabelColumns columns);

 private:
  static constexpr std::size_t kMaxSets = 64;

  const NodeTable& nodes_;
  std::deque<NodeCells> sets_;
};

}  // namespace berth::cluster

#include "scheduler/cluster/node_cells.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace berth::cluster {

bool NodeCells::DivideBy(const LabelColumn& column, const NodeTable& nodes) {
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
  const std::size_t values = column.value_count();
  // Values that no node has any more are among them.
  if (values > 4 * kMaxCells) return false;
  // By the cell so far and the value: the new cell.
  std::vector<std::uint32_t> numbers(kMaxCells * values, kNone);
  std::uint32_t count = 0;
  nodes.alive().ForEach([&](NodeIndex row) {
    std::uint32_t& number = numbers[ids_[row] * values + column.At(row)];
    if (number == kNone && count <= kMaxCells) number = count++;
    ids_[row] = number < kMaxCells ? number : 0;
  });
  return count <= kMaxCells;
}

bool NodeCells::Divide(const NodeTable& nodes) {
  ids_.Resize(nodes.rows());
  ids_.Fill(0);
  cells_.clear();
  const auto divides = [&](const LabelColumn* column) { return DivideBy(*column, nodes); };
  if (!std::ranges::all_of(columns_, divides)) return false;
  nodes.alive().ForEach([&](NodeIndex row) {
    const std::uint32_t id = ids_[row];
    while (cells_.size() <= id) cells_.push_back({scoring::NodeMask(nodes.rows()), row});
    cells_[id].nodes.Set(row);
    cells_[id].any = row;
  });
  return true;
}

const NodeCells* NodeCellSets::Get(LabelColumns columns) {
  std::ranges::sort(columns);
  columns.erase(std::ranges::unique(columns).begin(), columns.end());
  auto cells = std::ranges::find(sets_, columns, &NodeCells::columns_);
  if (cells == sets_.end()) {
    if (sets_.size() >= kMaxSets) return nullptr;
    cells = sets_.emplace(sets_.end());
    cells->columns_ = std::move(columns);
  }
  if (cells->topology_version_ != nodes_.topology_version() ||
      cells->ids_.size() != nodes_.rows()) {
    cells->topology_version_ = nodes_.topology_version();
    cells->is_few_ = cells->Divide(nodes_);
  }
  return cells->is_few_ ? &*cells : nullptr;
}

}  // namespace berth::cluster

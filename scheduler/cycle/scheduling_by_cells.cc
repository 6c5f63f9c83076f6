// Scores of plugins that tell few kinds of nodes apart: normalised once a kind, and added to the
// totals in one pass.
#include <algorithm>

#include "scheduler/cycle/scheduling_cycle.h"
#include "scoring/kernels.h"

namespace berth::cycle {

using framework::ActivePlugin;
using framework::NodeIndex;
using framework::NodeMask;

// The feasible nodes that stand for all others: one of each cell, then those with scores of their
// own.
void SchedulingAlgorithm::ChooseExamples(const Cycle& cycle) {
  const auto& [cells, by_cell, others] = cell_scores_;
  unsure_ = cycle.Feasible();
  for (const auto& [node, score] : others) unsure_.Clear(node);
  group_nodes_.clear();
  group_scores_.clear();
  example_cells_.clear();
  for (std::size_t cell = 0; cell < cells->count(); ++cell) {
    const auto example = unsure_.FirstCommon(cells->Nodes(cell));
    if (!example) continue;
    group_nodes_.push_back(*example);
    group_scores_.push_back(by_cell[cell]);
    example_cells_.push_back(cell);
  }
  for (const auto& [node, score] : others) {
    group_nodes_.push_back(node);
    group_scores_.push_back(score);
  }
}

// Everything is computed from nothing where nothing is kept from cycle to cycle, or every score is
// to be seen.
bool SchedulingAlgorithm::AddScoreByCells(const ActivePlugin& active, Cycle& cycle) {
  if (cycle.detail != nullptr || cycle.profile.caching() == framework::ColumnCaching::kOff) {
    return false;
  }
  auto& state = cycle.StateOf(active).state();
  cell_scores_.Clear();
  if (!active.plugin->ScoreByCells(cycle.context, state, cycle.Feasible(), cell_scores_)) {
    return false;
  }
  ChooseExamples(cycle);
  NormalizeExamples(active, cycle);
  if (std::ranges::all_of(group_scores_, [&](auto score) { return score == group_scores_[0]; })) {
    AddConstant(active, group_scores_[0], cycle);
    return true;
  }
  AddCellsToTotals(active.weight, cycle);
  return true;
}

void SchedulingAlgorithm::AddCellsToTotals(std::int64_t weight, Cycle& cycle) {
  const auto& [cells, by_cell, others] = cell_scores_;
  const NodeMask& nodes = cycle.Feasible();
  const bool first = cycle.steady != nullptr && cycle.totals_are_steady;
  cycle.totals_are_steady = false;
  if (std::exchange(cycle.totals_are_empty, false)) totals_.Fill(0);
  std::array<std::int64_t, cluster::NodeCells::kMaxCells> table = {};
  for (std::size_t i = 0; i < example_cells_.size(); ++i) {
    table[example_cells_[i]] = weight * group_scores_[i];
  }
  scoring::SumByTable(first ? cycle.steady->totals().data() : totals_.data(), cells->ids(),
                      {table.data(), cells->count()}, nodes.words(), nodes.word_count(),
                      totals_.data());
  for (std::size_t i = 0; i < others.size(); ++i) {
    const NodeIndex node = others[i].first;
    totals_[node] += weight * group_scores_[example_cells_.size() + i] - table[cells->At(node)];
  }
}

}  // namespace berth::cycle

// A first look by bounds: only nodes that may be the best, and of which bounds do not tell, are
// scored.
#include <algorithm>
#include <utility>

#include "scheduler/cycle/scheduling_cycle.h"
#include "scoring/bounds.h"
#include "scoring/kernels.h"

namespace berth::cycle {

using framework::ActivePlugin;
using framework::NodeMask;

namespace {

// Totals up to this are exact in single precision.
constexpr std::int64_t kMaxBoundTotal = 1 << 23;
constexpr std::int64_t kMaxScore = 100;

// The rows of a column that plugins may write.
template <typename T>
std::span<T> RowsOf(scoring::Column<T>& column, const NodeMask& nodes) {
  return {column.data(), nodes.word_count() * scoring::kRowsPerWord};
}

}  // namespace

// Where columns are kept or scores are to be seen, they are needed of every node.
bool SchedulingAlgorithm::TakeBounds(const ActivePlugin& active, Cycle& cycle) {
  if (cycle.steady != nullptr || cycle.detail != nullptr || cycle.needs_totals) return false;
  if (active.plugin->Normalize() != framework::Normalization::kNone) return false;
  if (cycle.profile.score_weights() > kMaxBoundTotal / kMaxScore) return false;
  auto part = cycle.StateOf(active).BoundOf(cycle.context, cycle.profile.caching());
  if (!part) return false;
  part->weight = static_cast<float>(active.weight);
  cycle.bounded.push_back(&active);
  cycle.bounds.push_back(*std::move(part));
  return true;
}

// Sums bounds and the scores that were added so far, of these nodes. Returns the highest.
float SchedulingAlgorithm::SumBounds(scoring::Bound bound, const NodeMask& nodes,
                                     const Cycle& cycle, scoring::Column<float>& out) const {
  out.Resize(cluster_.nodes.rows());
  return scoring::BoundTotals(bound, cycle.bounds,
                              cycle.totals_are_empty ? nullptr : totals_.data(), nodes.words(),
                              nodes.word_count(), out.data());
}

// Leaves those of the nodes whose total, of everything, is the highest of them. Returns it.
std::int64_t SchedulingAlgorithm::KeepBest(Cycle& cycle, NodeMask& nodes) {
  if (std::exchange(cycle.totals_are_empty, false)) totals_.Fill(0);
  const std::int64_t* sums = totals_.data();
  for (const ActivePlugin* active : cycle.bounded) {
    active->plugin->Score(cycle.context, cycle.StateOf(*active).state(), nodes,
                          RowsOf(raw_, nodes));
    scoring::WeightedSum(sums, raw_.data(), active->weight, nodes.words(), nodes.word_count(),
                         normalized_.data());
    sums = normalized_.data();
  }
  return scoring::KeepHighest(sums, nodes.word_count(), nodes.words());
}

// Takes the nodes from cycle.best, whose upper bound is the limit, that may have less than that.
void SchedulingAlgorithm::SplitByLowerBound(float limit, Cycle& cycle) {
  NodeMask& best = cycle.best;
  SumBounds(scoring::Bound::kLower, best, cycle, lower_);
  unsure_ = best;
  scoring::KeepAtLeast(lower_.data(), limit, best.word_count(), best.words());
  unsure_.AndNot(best);
}

// Where bounds meet nothing needs to be scored. If the nodes with the highest upper bound have
// that, no other node can do better; if none of them has, whoever may reach what they did is scored
// too.
void SchedulingAlgorithm::FindBestByBounds(Cycle& cycle) {
  ++cycle.plan.slow_cycles;
  const NodeMask& nodes = cycle.Feasible();
  const std::size_t words = nodes.word_count();
  const float limit = SumBounds(scoring::Bound::kUpper, nodes, cycle, upper_);
  cycle.highest = static_cast<std::int64_t>(limit);
  cycle.best = nodes;
  scoring::KeepAtLeast(upper_.data(), limit, words, cycle.best.words());
  SplitByLowerBound(limit, cycle);
  if (!unsure_.Any()) return;
  const std::int64_t reached = KeepBest(cycle, unsure_);
  if (reached == cycle.highest) return cycle.best.Or(unsure_);
  if (cycle.best.Any()) return;
  cycle.best = nodes;
  scoring::KeepAtLeast(upper_.data(), static_cast<float>(reached), words, cycle.best.words());
  cycle.highest = KeepBest(cycle, cycle.best);
}

}  // namespace berth::cycle

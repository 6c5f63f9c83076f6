// The cycle over groups of nodes that look alike, in the place of single nodes.
#include <algorithm>

#include "scheduler/cycle/normalized_alone.h"
#include "scheduler/cycle/scheduling_cycle.h"
#include "scoring/kernels_scalar.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::NodeGroups;
using framework::Normalization;
using framework::Traits;

namespace {

bool IsClusterWide(const ActivePlugin& active) {
  return (active.plugin->DependsOn().score & cluster::kClusterWide) != 0;
}

void NormalizeByMax(bool reverse, Normalization normalization, std::span<std::int64_t> scores) {
  const auto [min, max] = std::ranges::minmax(scores);
  for (std::int64_t& score : scores) {
    score = max <= 0 || min == max ? NormalizedAlone(normalization, max)
                                   : scoring::scalar::NormalizedByMax(max, reverse, score);
  }
}

}  // namespace

bool SchedulingAlgorithm::AddTraits(Cycle& cycle, Traits& traits) {
  for (const ActivePlugin& active : cycle.profile.changing_plugins()) {
    if (cycle.plan.IsIdle(active.slot)) continue;
    auto& state = cycle.StateOf(active);
    if (!active.plugin->AddTraits(cycle.context, state.state(), traits)) return false;
  }
  // Scores that wait for a normalisation only: the raw score is the trait.
  for (const ActivePlugin& active : cycle.profile.changing_scores()) {
    if (IsClusterWide(active) || cycle.plan.IsIdle(active.slot)) continue;
    auto& state = cycle.StateOf(active);
    const auto& nodes = cycle.steady->feasible();
    if (!active.plugin->PreScore(cycle.context, state.state(), nodes).ok()) continue;
    const auto* raw = state.Score(cycle.context, cycle.profile.caching(), nodes, raw_);
    if (state.EqualScore()) continue;
    if (raw == raw_.data()) return false;  // nothing that lasts, yet
    traits.columns.push_back(raw);
  }
  return true;
}

void SchedulingAlgorithm::RefreshGroups(Cycle& cycle) {
  NodeGroups* groups = cycle.profile.GroupsOf(cycle.context, cycle.plan);
  if (groups == nullptr) return;
  Traits traits;
  if (!AddTraits(cycle, traits)) return;
  if (groups->Refresh(cycle.context, *cycle.steady, traits)) cycle.groups = groups;
}

void SchedulingAlgorithm::FilterGroups(Cycle& cycle) {
  boost::container::small_vector<const ActivePlugin*, 4> filters;
  for (const ActivePlugin& active : cycle.profile.changing_filters()) {
    if (!cycle.SkipsFilter(active)) filters.push_back(&active);
  }
  const auto is_kept = [&](const NodeGroups::Group& group) {
    return std::ranges::all_of(filters, [&](const ActivePlugin* active) {
      const auto& state = cycle.StateOf(*active).state();
      return active->plugin->Explain(cycle.context, state, group.any).ok();
    });
  };
  kept_groups_.clear();
  group_nodes_.clear();
  cycle.feasible_is_steady = true;
  for (const NodeGroups::Group& group : cycle.groups->groups()) {
    if (group.count == 0) continue;
    if (is_kept(group)) {
      kept_groups_.push_back(&group);
      group_nodes_.push_back(group.any);
      cycle.feasible_count += group.count;
    } else {
      if (cycle.feasible_is_steady) cycle.feasible = cycle.steady->feasible();
      cycle.feasible_is_steady = false;
      cycle.feasible.AndNot(group.nodes);
    }
  }
}

void SchedulingAlgorithm::ScoreGroups(const ActivePlugin& active, Cycle& cycle) {
  auto& state = cycle.StateOf(active);
  group_scores_.clear();
  if (IsClusterWide(active)) {
    group_scores_.resize(group_nodes_.size());
    active.plugin->ScoreNodes(cycle.context, state.state(), group_nodes_, group_scores_);
  } else {
    const auto* raw =
        state.Score(cycle.context, cycle.profile.caching(), cycle.steady->feasible(), raw_);
    if (state.EqualScore() && active.plugin->Normalize() != Normalization::kOwn) {
      return AddConstant(active, NormalizedAlone(active.plugin->Normalize(), *state.EqualScore()),
                         cycle);
    }
    for (const auto node : group_nodes_) group_scores_.push_back(raw[node]);
  }
  NormalizeExamples(active, cycle);
  for (std::size_t i = 0; i < group_scores_.size(); ++i) {
    group_totals_[i] += active.weight * group_scores_[i];
  }
}

void SchedulingAlgorithm::NormalizeExamples(const ActivePlugin& active, Cycle& cycle) {
  switch (const Normalization normalization = active.plugin->Normalize()) {
    case Normalization::kNone:
      break;
    case Normalization::kByMax:
    case Normalization::kByMaxReverse:
      NormalizeByMax(normalization == Normalization::kByMaxReverse, normalization, group_scores_);
      break;
    case Normalization::kOwn:
      active.plugin->NormalizeNodes(cycle.context, cycle.StateOf(active).state(), group_nodes_,
                                    group_scores_);
      break;
  }
}

std::string SchedulingAlgorithm::FindBestByGroups(Cycle& cycle) {
  group_totals_.clear();
  for (const auto* group : kept_groups_) group_totals_.push_back(group->maxima.highest());
  for (const ActivePlugin& active : cycle.profile.changing_scores()) {
    bool skipped = false;
    if (std::string error = PreScore(active, cycle, skipped); !error.empty()) return error;
    if (!skipped) ScoreGroups(active, cycle);
  }
  cycle.highest = std::ranges::max(group_totals_);
  cycle.best.Resize(cluster_.nodes.rows());
  cycle.best.ClearAll();
  for (std::size_t i = 0; i < kept_groups_.size(); ++i) {
    if (group_totals_[i] == cycle.highest) kept_groups_[i]->maxima.AddBest(cycle.best);
  }
  return "";
}

}  // namespace berth::cycle

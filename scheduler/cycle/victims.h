// Whom a preemption takes away, and on which node: the rules of DefaultPreemption that need no
// cluster. Pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/config/plugin_args.h"

namespace berth::cycle {

// A pod that may have to go.
struct Victim {
  cluster::PodIndex index = 0;
  const api::Pod* pod = nullptr;
  bool violates_budget = false;

  std::int32_t priority() const { return pod->Priority(); }
  // A pod that has not started yet counts as started now.
  api::Time start() const {
    return pod->status.start_time.value_or(std::numeric_limits<api::Time>::max());
  }
};

// A node on which the pod fits once the victims are gone.
struct Candidate {
  scoring::NodeIndex node = 0;
  std::vector<Victim> victims;       // at least one; the most important first
  std::size_t budgets_violated = 0;  // victims that a PodDisruptionBudget would rather keep
};

// The most important first: by priority, then who started earlier; equal ones stay as they are.
void SortByImportance(std::vector<Victim>& victims);

// Those whose eviction violates a budget, and the others, both in their order: earlier ones use a
// budget up for later ones.
std::pair<std::vector<Victim>, std::vector<Victim>> SplitByBudgets(
    std::span<const Victim> victims, std::span<const api::PodDisruptionBudget> budgets);

// The candidate (at least one) that is to be preferred: fewest budgets violated, then the lowest
// highest priority, the lowest sum of priorities, the fewest victims, the latest start of the
// earliest among the most important; then the first.
const Candidate& PickCandidate(std::span<const Candidate> candidates);

// How many candidates are enough, of so many nodes that may become one.
std::size_t CandidatesToFind(const config::DefaultPreemptionArgs& args, std::size_t nodes);

}  // namespace berth::cycle

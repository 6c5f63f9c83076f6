// Whom a preemption takes away, and on which node: the rules of DefaultPreemption that need no
// cluster. Pure functions.
#pragma once

#include <cstdint>
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
  std::int32_t priority = 0;
  api::Time start = 0;  // a pod that has not started yet counts as started after all others
  bool violates_budget = false;
};

Victim VictimOf(cluster::PodIndex index, const api::Pod& pod);

// A node on which the pod fits once the victims are gone.
struct Candidate {
  scoring::NodeIndex node = 0;
  std::vector<Victim> victims;       // at least one; the most important first
  std::size_t budgets_violated = 0;  // victims that a PodDisruptionBudget would rather keep
};

// By priority, then who started earlier.
bool IsMoreImportant(const Victim& a, const Victim& b);
// The most important first; equal ones stay as they are.
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

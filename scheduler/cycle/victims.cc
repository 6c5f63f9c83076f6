#include "scheduler/cycle/victims.h"

#include <algorithm>
#include <array>
#include <limits>

#include "scheduler/api/selector_match.h"
#include "scheduler/base/check.h"

namespace berth::cycle {
namespace {

// Uses up one disruption of every budget that covers the pod. True if there was none left.
bool Disrupt(const api::Pod& pod, std::span<const api::PodDisruptionBudget> budgets,
             std::vector<std::int64_t>& allowed) {
  bool violates = false;
  if (pod.meta.labels.empty()) return false;
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    const api::PodDisruptionBudget& budget = budgets[i];
    if (budget.meta.namespace_name != pod.meta.namespace_name || !budget.selector) continue;
    if (*budget.selector == api::LabelSelector()) continue;
    if (!api::Matches(*budget.selector, pod.meta.labels)) continue;
    if (std::ranges::find(budget.disrupted_pods, pod.meta.name) != budget.disrupted_pods.end()) {
      continue;
    }
    violates |= --allowed[i] < 0;
  }
  return violates;
}

// Lower is better, compared from the first on.
using Cost = std::array<std::int64_t, 5>;

Cost CostOf(const Candidate& candidate) {
  BERTH_CHECK(!candidate.victims.empty());
  const std::int32_t highest = candidate.victims.front().priority;
  std::int64_t sum = 0;
  api::Time earliest = std::numeric_limits<api::Time>::max();
  for (const Victim& victim : candidate.victims) {
    // Shifted, so that more victims cost more, even of negative priority.
    sum += std::int64_t{victim.priority} + (std::int64_t{1} << 31);
    if (victim.priority == highest) earliest = std::min(earliest, victim.start);
  }
  return {static_cast<std::int64_t>(candidate.budgets_violated), highest, sum,
          static_cast<std::int64_t>(candidate.victims.size()), ~earliest};
}

}  // namespace

Victim VictimOf(cluster::PodIndex index, const api::Pod& pod) {
  return {index, &pod, pod.Priority(),
          pod.status.start_time.value_or(std::numeric_limits<api::Time>::max())};
}

bool IsMoreImportant(const Victim& a, const Victim& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.start < b.start;
}

void SortByImportance(std::vector<Victim>& victims) {
  std::ranges::stable_sort(victims, IsMoreImportant);
}

std::pair<std::vector<Victim>, std::vector<Victim>> SplitByBudgets(
    std::span<const Victim> victims, std::span<const api::PodDisruptionBudget> budgets) {
  std::vector<std::int64_t> allowed;
  for (const auto& budget : budgets) allowed.push_back(budget.disruptions_allowed);
  std::pair<std::vector<Victim>, std::vector<Victim>> split;
  for (const Victim& victim : victims) {
    (Disrupt(*victim.pod, budgets, allowed) ? split.first : split.second).push_back(victim);
  }
  return split;
}

const Candidate& PickCandidate(std::span<const Candidate> candidates) {
  BERTH_CHECK(!candidates.empty());
  return *std::ranges::min_element(candidates, {}, CostOf);
}

std::size_t CandidatesToFind(const config::DefaultPreemptionArgs& args, std::size_t nodes) {
  const auto percentage = static_cast<std::size_t>(args.min_candidate_nodes_percentage);
  const auto absolute = static_cast<std::size_t>(args.min_candidate_nodes_absolute);
  return std::min(std::max(nodes * percentage / 100, absolute), nodes);
}

}  // namespace berth::cycle

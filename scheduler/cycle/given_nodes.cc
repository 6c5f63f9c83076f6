// Questions about nodes that somebody else has chosen.
#include "scheduler/cycle/given_nodes.h"

#include <utility>

#include "scheduler/cycle/scheduling_cycle.h"
#include "scheduler/cycle/what_if.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::ProfileRuntime;
using framework::Status;

namespace {

constexpr std::int64_t kMaxScore = 100;

std::string Joined(const framework::NodeStatus& status) {
  std::string text;
  for (const std::string_view reason : status.reasons) {
    if (!text.empty()) text += ", ";
    text += reason;
  }
  return text;
}

void AddRejected(const NodeMask& nodes, std::string reason, Code code, FilteredNodes& out) {
  if (!nodes.Any()) return;
  out.rejected.push_back({nodes, std::move(reason), code == Code::kUnschedulableAndUnresolvable});
}

}  // namespace

// Whoever asks to filter asks for scores next.
void SchedulingAlgorithm::UseSteady(Cycle& cycle) {
  for (auto* column : {&totals_, &raw_, &normalized_}) column->Resize(cluster_.nodes.rows());
  cycle.steady = cycle.profile.SteadyOf(cycle.plan, true);
  if (cycle.steady != nullptr) cycle.steady->Refresh(cycle.context, raw_);
}

void SchedulingAlgorithm::FilterGiven(Cycle& cycle) {
  if (cycle.steady == nullptr) return FilterAll(cycle);
  cycle.feasible = cycle.Candidates();
  cycle.feasible.And(cycle.steady->feasible());
  for (const ActivePlugin& active : cycle.profile.changing_filters()) {
    if (cycle.SkipsFilter(active)) continue;
    cycle.StateOf(active).Filter(cycle.context, cycle.profile.caching(), cycle.feasible);
  }
  cycle.feasible_count = cycle.feasible.Count();
}

FilteredNodes SchedulingAlgorithm::FilterNodes(ProfileRuntime& profile,
                                               const cluster::PodClass& pod, const api::Pod* itself,
                                               const NodeMask& nodes) {
  cluster_.BeginCycle();
  FilteredNodes result{.feasible = NodeMask(cluster_.nodes.rows()), .rejected = {}, .error = {}};
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  cycle.Give(nodes);
  NodeMask given = cycle.Candidates();
  if (!RunPreFilter(cycle)) {
    const Status& status = cycle.rejection;
    if (framework::IsRejected(status.code)) {
      AddRejected(given, status.Message(), status.code, result);
    } else {
      result.error = status.Message();
    }
    return result;
  }
  const std::vector<NodeIndex> contested = ContestedNodes(cycle);
  UseSteady(cycle);
  FilterGiven(cycle);
  FilterContested(contested, cycle);
  if (MayFail(pod)) result.error = FilterError(cycle);
  if (!result.error.empty()) return result;
  result.feasible = cycle.feasible;
  if (result.feasible == given) return result;

  Diagnosis diagnosis;
  DiagnoseFilters(cycle.Candidates(), contested, cycle, diagnosis);
  given.AndNot(cycle.Candidates());
  AddRejected(given, NarrowedReason(cycle), Code::kUnschedulableAndUnresolvable, result);
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, rejected] : rejections.groups()) {
      AddRejected(rejected, Joined(status), status.code, result);
    }
  }
  return result;
}

ScoredNodes SchedulingAlgorithm::ScoreNodes(ProfileRuntime& profile, const cluster::PodClass& pod,
                                            const api::Pod* itself, const NodeMask& nodes) {
  cluster_.BeginCycle();
  ScoredNodes result{.totals = scoring::Column<std::int64_t>(cluster_.nodes.rows()),
                     .highest_possible = kMaxScore * profile.score_weights()};
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  cycle.Give(nodes);
  const NodeMask given = cycle.Candidates();
  if (!given.Any()) return result;
  if (!RunPreFilter(cycle)) {
    if (!framework::IsRejected(cycle.rejection.code)) result.error = cycle.rejection.Message();
    return result;
  }
  UseSteady(cycle);
  // Some plugins score what their filters have found.
  FilterGiven(cycle);
  cycle.feasible = given;
  cycle.feasible_count = given.Count();
  cycle.needs_totals = true;
  // Steady sums are right only where the steady filters pass.
  if (cycle.steady != nullptr && !given.IsSubsetOf(cycle.steady->feasible())) {
    cycle.steady = nullptr;
  }
  result.error = cycle.steady == nullptr ? ScoreAll(cycle) : ScoreChanging(cycle);
  if (!result.error.empty()) return result;
  result.totals =
      cycle.steady != nullptr && cycle.totals_are_steady ? cycle.steady->totals() : totals_;
  result.bias = cycle.bias;
  return result;
}

std::vector<bool> SchedulingAlgorithm::FitsAfter(ProfileRuntime& profile,
                                                 const cluster::PodClass& pod,
                                                 const api::Pod* itself,
                                                 std::span<const Departure> departures) {
  cluster_.BeginCycle();
  std::vector<bool> fits(departures.size());
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  if (!RunPreFilter(cycle)) return fits;
  WhatIf what_if(cycle.context, profile, cycle.plan, cycle.skipped_filters, itself);
  for (std::size_t i = 0; i < departures.size(); ++i) {
    const Departure& departure = departures[i];
    if (!cycle.Candidates().Test(departure.node)) continue;
    for (const cluster::PodIndex gone : departure.pods) what_if.Suspend(gone);
    fits[i] = what_if.Filter(departure.node).ok();
    for (const cluster::PodIndex gone : departure.pods) what_if.Resume(gone);
  }
  return fits;
}

}  // namespace berth::cycle

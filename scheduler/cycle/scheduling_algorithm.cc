#include "scheduler/cycle/scheduling_algorithm.h"

#include <algorithm>
#include <utility>

#include "scheduler/cycle/normalized_alone.h"
#include "scheduler/cycle/sampling.h"
#include "scheduler/cycle/scheduling_cycle.h"
#include "scoring/kernels.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::Normalization;
using framework::PodContext;
using framework::ProfileRuntime;
using framework::Status;

namespace {

std::string Joined(std::vector<std::string> names) {
  std::ranges::sort(names);
  std::string joined;
  for (const auto& name : names) {
    if (!joined.empty()) joined += ' ';
    joined += name;
  }
  return joined;
}

}  // namespace

bool SchedulingAlgorithm::MayFail(const cluster::PodClass& pod) {
  return pod.claimant != nullptr || std::ranges::any_of(pod.requests, [](const auto& request) {
           return request.resource >= cluster::kFirstScalar;
         });
}

bool SchedulingAlgorithm::RunPreFilter(Cycle& cycle) {
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kPreFilter)) {
    if (cycle.plan.IsIdle(active.slot)) continue;
    auto [status, nodes] = active.plugin->PreFilter(cycle.context, cycle.StateOf(active).state());
    if (status.code == Code::kSkip) {
      cycle.skipped_filters.push_back(active.slot);
      continue;
    }
    if (!status.ok()) {
      cycle.rejection = std::move(status);
      cycle.rejecting_plugin = active.plugin->Name();
      if (!framework::IsRejected(cycle.rejection.code)) {
        cycle.rejection.reasons = {"running PreFilter plugin \"" + cycle.rejecting_plugin +
                                   "\": " + cycle.rejection.Message()};
      }
      // A pod that is merely unschedulable may still turn out to be unresolvable.
      if (cycle.rejection.code != Code::kUnschedulable) return false;
      continue;
    }
    if (!nodes) continue;
    nodes->And(cycle.Candidates());
    cycle.narrowed = *std::move(nodes);
    cycle.narrowing_plugins.emplace_back(active.plugin->Name());
  }
  return cycle.rejection.ok();
}

void SchedulingAlgorithm::FilterAll(Cycle& cycle) {
  cycle.feasible = cycle.Candidates();
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kFilter)) {
    if (cycle.SkipsFilter(active)) continue;
    cycle.StateOf(active).Filter(cycle.context, cycle.profile.caching(), cycle.feasible);
  }
  cycle.feasible_count = cycle.feasible.Count();
}

void SchedulingAlgorithm::FilterChanging(Cycle& cycle) {
  cycle.feasible_is_steady = true;
  cycle.feasible_count = cycle.steady->feasible_count();
  for (const ActivePlugin& active : cycle.profile.changing_filters()) {
    if (cycle.SkipsFilter(active)) continue;
    if (cycle.feasible_is_steady) cycle.feasible = cycle.steady->feasible();
    cycle.feasible_is_steady = false;
    cycle.StateOf(active).Filter(cycle.context, cycle.profile.caching(), cycle.feasible);
  }
  if (!cycle.feasible_is_steady) cycle.feasible_count = cycle.feasible.Count();
}

std::optional<std::size_t> SchedulingAlgorithm::SampleSize(const Cycle& cycle,
                                                           std::size_t candidates) const {
  const auto own = cycle.profile.profile().percentage_of_nodes_to_score;
  const auto percentage = own ? own : options_.percentage_of_nodes_to_score;
  if (!percentage) return std::nullopt;
  // Where nothing scores, kube-scheduler takes the first node that fits.
  const bool extenders_choose = options_.extenders != nullptr &&
                                std::ranges::any_of(*options_.extenders, [](const auto& extender) {
                                  return extender->IsFilter() || extender->IsPrioritizer();
                                });
  if (cycle.profile.At(ExtensionPoint::kScore).empty() && !extenders_choose) return 1;
  if (*percentage >= 100) return std::nullopt;
  return FeasibleNodesToFind(*percentage, candidates);
}

void SchedulingAlgorithm::Sample(Cycle& cycle) {
  const auto& order = cluster_.order.rows();
  const NodeMask& candidates = cycle.Candidates();
  const std::size_t count = cycle.IsNarrowed() ? candidates.Count() : cluster_.nodes.node_count();
  cycle.start =
      cycle.IsNarrowed() ? PositionOfCandidate(order, candidates, next_start_) : next_start_;
  std::size_t looked_at = count;
  if (const auto wanted = SampleSize(cycle, count)) {
    if (cycle.feasible_is_steady) cycle.feasible = cycle.steady->feasible();
    cycle.feasible_is_steady = false;
    const auto sample = KeepFirstFeasible(order, candidates, cycle.start, *wanted, cycle.feasible);
    cycle.feasible_count = sample.feasible;
    looked_at = sample.feasible + sample.rejected;
    if (cycle.asks_extenders && looked_at < count) {
      extended_.seen = FirstCandidates(order, candidates, cycle.start, looked_at);
    }
  }
  next_start_ = (next_start_ + looked_at) % order.size();
}

std::string SchedulingAlgorithm::FilterError(Cycle& cycle) {
  const auto& filters = cycle.profile.At(ExtensionPoint::kFilter);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const ActivePlugin& active = filters[i];
    if (cycle.SkipsFilter(active)) continue;
    auto failed = active.plugin->FailedNodes(cycle.context, cycle.StateOf(active).state());
    if (!failed || !failed->Any()) continue;
    failed->And(cycle.Candidates());
    for (std::size_t before = 0; before < i; ++before) {
      if (cycle.SkipsFilter(filters[before])) continue;
      cycle.StateOf(filters[before]).Filter(cycle.context, cycle.profile.caching(), *failed);
    }
    const auto& order = cluster_.order.rows();
    for (std::size_t position = 0; position < order.size(); ++position) {
      const NodeIndex node = order[position];
      if (!failed->Test(node)) continue;
      const auto status =
          active.plugin->Explain(cycle.context, cycle.StateOf(active).state(), node);
      if (status.code != Code::kError) continue;
      std::string text = "running \"" + std::string(active.plugin->Name()) + "\" filter plugin: ";
      for (const auto reason : status.reasons) text += reason;
      return text;
    }
  }
  return "";
}

void SchedulingAlgorithm::AddToTotals(const ActivePlugin& active, const std::int64_t* scores,
                                      Cycle& cycle) {
  const NodeMask& nodes = cycle.Feasible();
  const std::size_t words = nodes.word_count();
  const bool first = cycle.steady != nullptr && cycle.totals_are_steady;
  cycle.totals_are_steady = false;
  if (std::exchange(cycle.totals_are_empty, false)) {
    if (scores == raw_.data() && active.weight == 1 && cycle.detail == nullptr) {
      return std::swap(totals_, raw_);  // the sum so far is this score
    }
    totals_.Fill(0);
  }
  scoring::WeightedSum(first ? cycle.steady->totals().data() : totals_.data(), scores,
                       active.weight, nodes.words(), words, totals_.data());
  if (cycle.detail == nullptr) return;
  PluginScores& detail = cycle.detail->back();  // of this plugin: KeepRaw
  scoring::AddWeighted(scores, 1, nodes.words(), words, detail.normalized.data());
  scoring::AddWeighted(scores, active.weight, nodes.words(), words, detail.scores.data());
}

void SchedulingAlgorithm::KeepRaw(const ActivePlugin& active, const std::int64_t* raw,
                                  Cycle& cycle) {
  const NodeMask& nodes = cycle.Feasible();
  const scoring::Column<std::int64_t> zeros(nodes.size());
  auto& detail =
      cycle.detail->emplace_back(active.plugin->Name(), active.weight, zeros, zeros, zeros);
  scoring::AddWeighted(raw, 1, nodes.words(), nodes.word_count(), detail.raw.data());
}

// The same to every node decides nothing: it is kept apart, unless every score is to be seen.
void SchedulingAlgorithm::AddConstant(const ActivePlugin& active, std::int64_t score,
                                      Cycle& cycle) {
  if (cycle.detail == nullptr) {
    cycle.bias += active.weight * score;
    return;
  }
  normalized_.Fill(score);
  AddToTotals(active, normalized_.data(), cycle);
}

void SchedulingAlgorithm::AddNormalized(const ActivePlugin& active, const std::int64_t* raw,
                                        Cycle& cycle) {
  const NodeMask& nodes = cycle.Feasible();
  const std::size_t words = nodes.word_count();
  const Normalization normalization = active.plugin->Normalize();
  if (normalization == Normalization::kNone) return AddToTotals(active, raw, cycle);

  const bool reverse = normalization == Normalization::kByMaxReverse;
  const bool by_max = reverse || normalization == Normalization::kByMax;
  std::int64_t max = 0;
  if (by_max) {
    const auto range = scoring::MinMaxOf(raw, nodes.words(), words);
    max = range.max;
    if (max <= 0 || range.min == max) {
      return AddConstant(active, NormalizedAlone(normalization, max), cycle);
    }
  }
  if (raw != normalized_.data()) {
    std::copy_n(raw, words * scoring::kRowsPerWord, normalized_.data());
  }
  if (by_max) {
    scoring::NormalizeByMax(max, reverse, nodes.words(), words, normalized_.data());
  } else {
    active.plugin->NormalizeScores(cycle.context, cycle.StateOf(active).state(), nodes,
                                   {normalized_.data(), words * scoring::kRowsPerWord});
  }
  AddToTotals(active, normalized_.data(), cycle);
}

std::string SchedulingAlgorithm::PreScore(const ActivePlugin& active, Cycle& cycle, bool& skipped) {
  skipped = cycle.plan.IsIdle(active.slot);
  if (skipped) return "";
  const auto& prescoring = cycle.profile.At(ExtensionPoint::kPreScore);
  const auto is_same = [&](const ActivePlugin& other) { return other.slot == active.slot; };
  if (std::ranges::none_of(prescoring, is_same)) return "";
  const Status status =
      active.plugin->PreScore(cycle.context, cycle.StateOf(active).state(), cycle.Feasible());
  skipped = status.code == Code::kSkip;
  if (skipped || status.ok()) return "";
  return "running PreScore plugin \"" + std::string(active.plugin->Name()) +
         "\": " + status.Message();
}

std::string SchedulingAlgorithm::AddScore(const ActivePlugin& active, Cycle& cycle) {
  bool skipped = false;
  if (std::string error = PreScore(active, cycle, skipped); !error.empty()) return error;
  if (skipped || TakeBounds(active, cycle) || AddScoreByCells(active, cycle)) return "";
  framework::CachedState& state = cycle.StateOf(active);
  const Normalization normalization = active.plugin->Normalize();
  // What is to be normalised is written where that happens.
  auto& scratch = normalization == Normalization::kNone ? raw_ : normalized_;
  const std::int64_t* raw =
      state.Score(cycle.context, cycle.profile.caching(), cycle.Feasible(), scratch);
  if (cycle.detail != nullptr) KeepRaw(active, raw, cycle);
  if (state.EqualScore() && normalization != Normalization::kOwn) {
    AddConstant(active, NormalizedAlone(normalization, *state.EqualScore()), cycle);
  } else {
    AddNormalized(active, raw, cycle);
  }
  return "";
}

std::string SchedulingAlgorithm::ScoreAll(Cycle& cycle) {
  cycle.totals_are_empty = true;
  cycle.totals_are_steady = false;
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kScore)) {
    if (std::string error = AddScore(active, cycle); !error.empty()) return error;
  }
  if (cycle.totals_are_empty && cycle.bounded.empty()) totals_.Fill(0);
  return "";
}

std::string SchedulingAlgorithm::ScoreChanging(Cycle& cycle) {
  for (const ActivePlugin& active : cycle.profile.changing_scores()) {
    if (std::string error = AddScore(active, cycle); !error.empty()) return error;
  }
  return "";
}

std::string SchedulingAlgorithm::FindBest(Cycle& cycle) {
  if (cycle.groups != nullptr) return FindBestByGroups(cycle);
  std::string error = cycle.steady == nullptr ? ScoreAll(cycle) : ScoreChanging(cycle);
  if (!error.empty()) return error;
  if (!cycle.bounded.empty()) {
    FindBestByBounds(cycle);
    return "";
  }
  if (cycle.steady != nullptr && cycle.totals_are_steady && cycle.feasible_is_steady) {
    cycle.highest = cycle.steady->FindBest(cycle.best);
    return "";
  }
  ++cycle.plan.slow_cycles;
  cycle.best = cycle.Feasible();
  cycle.highest = scoring::KeepHighest(Totals(cycle), cycle.best.word_count(), cycle.best.words());
  return "";
}

const std::int64_t* SchedulingAlgorithm::Totals(const Cycle& cycle) const {
  return cycle.steady != nullptr && cycle.totals_are_steady ? cycle.steady->totals().data()
                                                            : totals_.data();
}

Decision SchedulingAlgorithm::Schedule(ProfileRuntime& profile, const cluster::PodClass& pod,
                                       const api::Pod* itself) {
  cluster_.BeginCycle();
  Decision decision;
  if (extended_.pod != nullptr) extended_ = {};
  if (cluster_.nodes.node_count() == 0) return decision;
  StageTimer timer(options_.stages, profile);
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  const bool passed = RunPreFilter(cycle);
  timer.Done(config::ExtensionPoint::kPreFilter, cycle.rejection.code);
  if (!passed) return decision;
  cycle.asks_extenders = HasInterestedExtender(itself);
  cycle.needs_totals = cycle.asks_extenders;
  if (cycle.asks_extenders) extended_.pod = itself;
  if (cycle.asks_extenders ? TakeNominatedNodeWithExtenders(cycle) : TakeNominatedNode(cycle)) {
    decision.outcome = Outcome::kChosen;
    decision.node = cycle.feasible.First();
    decision.feasible = decision.best_count = 1;
    decision.by_nomination = true;
    return decision;
  }
  const std::vector<NodeIndex> contested = ContestedNodes(cycle);
  for (auto* column : {&totals_, &raw_, &normalized_}) column->Resize(cluster_.nodes.rows());
  // A pod that can only go to a few named nodes is not worth columns over all of them.
  if (!cycle.IsNarrowed()) {
    cycle.steady = profile.SteadyOf(cycle.plan, cluster_.classes.PodsAsked(pod) > 1);
  }
  if (cycle.steady != nullptr) {
    cycle.steady->Refresh(cycle.context, raw_);
    const bool by_groups = contested.empty() && !SampleSize(cycle, 0) && !cycle.asks_extenders;
    if (by_groups) RefreshGroups(cycle);
  }
  decision.by_groups = cycle.groups != nullptr;
  if (cycle.groups != nullptr) {
    FilterGroups(cycle);
  } else if (cycle.steady != nullptr) {
    FilterChanging(cycle);
  } else {
    FilterAll(cycle);
  }
  FilterContested(contested, cycle);
  Sample(cycle);
  decision.feasible = cycle.feasible_count;
  if (MayFail(pod)) decision.error = FilterError(cycle);
  timer.Done(config::ExtensionPoint::kFilter,
             decision.error.empty() ? Code::kSuccess : Code::kError);
  if (!decision.error.empty()) {
    decision.outcome = Outcome::kError;
    return decision;
  }
  if (decision.feasible == 0) return decision;
  if (cycle.asks_extenders) {
    ChooseWithExtenders(cycle, timer, decision);
    return decision;
  }
  if (decision.feasible == 1) {
    cycle.best = cycle.Feasible();
  } else {
    decision.error = FindBest(cycle);
    timer.Done(config::ExtensionPoint::kScore,
               decision.error.empty() ? Code::kSuccess : Code::kError);
    decision.total = cycle.highest + cycle.bias;
    if (!decision.error.empty()) {
      decision.outcome = Outcome::kError;
      return decision;
    }
  }
  decision.outcome = Outcome::kChosen;
  decision.best_count = scoring::CountRows(cycle.best.words(), cycle.best.word_count());
  decision.node = tie_breaker_.Choose(cycle.best, cycle.Feasible(), cluster_.order, cycle.start);
  return decision;
}

Diagnosis SchedulingAlgorithm::Diagnose(ProfileRuntime& profile, const cluster::PodClass& pod,
                                        const api::Pod* itself) {
  Diagnosis diagnosis;
  diagnosis.all_nodes = cluster_.nodes.node_count();
  if (diagnosis.all_nodes == 0) return diagnosis;
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  if (!RunPreFilter(cycle)) {
    diagnosis.prefilter = cycle.rejection;
    diagnosis.prefilter_plugin = cycle.rejecting_plugin;
    return diagnosis;
  }
  const bool extended = extended_.pod != nullptr && extended_.pod == itself;
  if (extended ? extended_.by_nomination : TakeNominatedNode(cycle)) return diagnosis;
  if (cycle.IsNarrowed()) {
    diagnosis.absent_plugin = Joined(cycle.narrowing_plugins);
    diagnosis.absent = {Code::kUnschedulableAndUnresolvable, {NarrowedReason(cycle)}};
  }
  NodeMask seen = cycle.Candidates();
  if (extended && extended_.seen) seen.And(*extended_.seen);
  DiagnoseFilters(std::move(seen), ContestedNodes(cycle), cycle, diagnosis);
  if (extended) AddExtenderRejections(diagnosis);
  return diagnosis;
}

std::string SchedulingAlgorithm::NarrowedReason(const Cycle& cycle) {
  return "node(s) didn't satisfy plugin(s) [" + Joined(cycle.narrowing_plugins) + "]";
}

void SchedulingAlgorithm::DiagnoseFilters(NodeMask left, const std::vector<NodeIndex>& contested,
                                          Cycle& cycle, Diagnosis& diagnosis) {
  diagnosis.word_owners.assign(cycle.plan.states.begin(), cycle.plan.states.end());
  for (const NodeIndex node : contested) left.Clear(node);
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kFilter)) {
    if (cycle.SkipsFilter(active)) continue;
    NodeMask rejected = left;
    auto& state = cycle.StateOf(active);
    state.Filter(cycle.context, cycle.profile.caching(), left);
    rejected.AndNot(left);
    const std::size_t count = rejected.Count();
    if (count == 0) continue;
    diagnosis.rejected.push_back(
        {active.plugin->Name(), active.plugin->ExplainAll(cycle.context, state.state(), rejected)});
    diagnosis.rejected_count += count;
  }
  DiagnoseContested(contested, cycle, diagnosis);
}

Scores SchedulingAlgorithm::ExplainScores(ProfileRuntime& profile, const cluster::PodClass& pod,
                                          const api::Pod* itself, const ScoreScope& scope) {
  Scores scores;
  if (cluster_.nodes.node_count() == 0) return scores;
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  if (!RunPreFilter(cycle)) return scores;
  const bool extended = extended_.pod != nullptr && extended_.pod == itself;
  const bool by_nomination = TakeNominatedNode(cycle);
  if (!by_nomination || (extended && !extended_.by_nomination)) {
    FilterAll(cycle);
    FilterContested(ContestedNodes(cycle), cycle);
    if (scope.sampled) {
      const std::size_t start = next_start_;
      Sample(cycle);
      next_start_ = start;
    }
  }
  // Nothing was refused where the extenders were not asked for want of nodes, or failed.
  if (extended && extended_.refused.size() > 0) {
    cycle.feasible.AndNot(extended_.refused);
    cycle.feasible_count = cycle.feasible.Count();
  }
  if (scope.also && !cycle.feasible.Test(*scope.also)) {
    cycle.feasible.Set(*scope.also);
    ++cycle.feasible_count;
  }
  cycle.detail = &scores.plugins;
  for (auto* column : {&totals_, &raw_, &normalized_}) column->Resize(cluster_.nodes.rows());
  if (cycle.feasible_count == 0) return {};
  if (extended && !ScoreForExtenders(extended_.nodes, cycle).empty()) return {};
  if (!extended && !FindBest(cycle).empty()) return {};
  if (extended) AddExtenderScores(cycle);
  scores.feasible = cycle.feasible;
  scores.best = cycle.best;
  scores.totals = totals_;
  return scores;
}

}  // namespace berth::cycle

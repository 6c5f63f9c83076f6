#include "scheduler/cycle/scheduling_algorithm.h"

#include <algorithm>

#include "scheduler/cycle/sampling.h"
#include "scoring/kernels.h"
#include "scoring/select.h"

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

// What one cycle knows as it goes.
struct SchedulingAlgorithm::Cycle {
  Cycle(cluster::Cluster& cluster, ProfileRuntime& runtime, const cluster::PodClass& pod)
      : context{cluster, pod},
        profile(runtime),
        states(runtime.PlanFor(context).states),
        candidates(cluster.nodes.alive()) {}

  framework::CachedState& StateOf(const ActivePlugin& active) { return *states[active.slot]; }
  bool Skips(const ActivePlugin& active) const {
    return std::ranges::find(skipped_filters, active.slot) != skipped_filters.end();
  }

  PodContext context;
  ProfileRuntime& profile;
  std::vector<std::shared_ptr<framework::CachedState>> states;

  NodeMask candidates;  // nodes left by PreFilter
  NodeMask feasible;    // nodes left by Filter
  std::vector<std::size_t> skipped_filters;
  std::vector<std::string> narrowing_plugins;
  Status rejection;
  std::string rejecting_plugin;
  Status absent{Code::kUnschedulableAndUnresolvable, {}};
  std::size_t start = 0;

  std::vector<PluginScores>* detail = nullptr;
};

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

void SchedulingAlgorithm::NarrowTo(const NodeMask& nodes, std::string_view plugin, Cycle& cycle) {
  cycle.candidates.And(nodes);
  cycle.narrowing_plugins.emplace_back(plugin);
  cycle.absent.reasons = {"node(s) didn't satisfy plugin(s) [" + Joined(cycle.narrowing_plugins) +
                          "]"};
}

bool SchedulingAlgorithm::RunPreFilter(Cycle& cycle) {
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kPreFilter)) {
    auto [status, nodes] = active.plugin->PreFilter(cycle.context, cycle.StateOf(active).state());
    if (status.code == Code::kSkip) {
      cycle.skipped_filters.push_back(active.slot);
      continue;
    }
    if (!status.ok()) {
      cycle.rejection = std::move(status);
      cycle.rejecting_plugin = active.plugin->Name();
      // A pod that is merely unschedulable may still turn out to be unresolvable.
      if (cycle.rejection.code != Code::kUnschedulable) return false;
      continue;
    }
    if (nodes) NarrowTo(*nodes, active.plugin->Name(), cycle);
  }
  return cycle.rejection.ok();
}

void SchedulingAlgorithm::RunFilter(Cycle& cycle) {
  cycle.feasible = cycle.candidates;
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kFilter)) {
    if (cycle.Skips(active)) continue;
    cycle.StateOf(active).Filter(cycle.context, cycle.profile.caching(), cycle.feasible);
  }
}

void SchedulingAlgorithm::Sample(Cycle& cycle) {
  const auto& order = cluster_.order.rows();
  cycle.start = next_start_;
  const auto percentage = cycle.profile.profile().percentage_of_nodes_to_score
                              ? cycle.profile.profile().percentage_of_nodes_to_score
                              : options_.percentage_of_nodes_to_score;
  const std::size_t candidates = cycle.candidates.Count();
  std::size_t looked_at = candidates;
  if (percentage && *percentage < 100) {
    const std::size_t wanted = FeasibleNodesToFind(*percentage, candidates);
    const auto sample =
        KeepFirstFeasible(order, cycle.candidates, cycle.start, wanted, cycle.feasible);
    looked_at = sample.feasible + sample.rejected;
  }
  next_start_ = (next_start_ + looked_at) % order.size();
}

void SchedulingAlgorithm::AddNormalized(const ActivePlugin& active, const std::int64_t* raw,
                                        Cycle& cycle) {
  const NodeMask& nodes = cycle.feasible;
  const std::size_t words = nodes.word_count();
  const Normalization normalization = active.plugin->Normalize();
  const std::int64_t* scores = raw;
  if (normalization != Normalization::kNone) {
    if (raw != normalized_.data()) {
      std::copy_n(raw, words * scoring::kRowsPerWord, normalized_.data());
    }
    scores = normalized_.data();
  }
  if (normalization == Normalization::kOwn) {
    active.plugin->NormalizeScores(cycle.context, cycle.StateOf(active).state(), nodes,
                                   {normalized_.data(), words * scoring::kRowsPerWord});
  } else if (normalization != Normalization::kNone) {
    const bool reverse = normalization == Normalization::kByMaxReverse;
    const std::int64_t max = scoring::MinMaxOf(raw, nodes.words(), words).max;
    if (max > 0) {
      scoring::NormalizeByMax(max, reverse, nodes.words(), words, normalized_.data());
    } else {
      normalized_.Fill(reverse ? 100 : 0);
    }
  }
  scoring::AddWeighted(scores, active.weight, nodes.words(), words, totals_.data());
  if (cycle.detail == nullptr) return;
  auto& detail = cycle.detail->emplace_back(active.plugin->Name(),
                                            scoring::Column<std::int64_t>(nodes.size()));
  scoring::AddWeighted(scores, active.weight, nodes.words(), words, detail.scores.data());
}

std::string SchedulingAlgorithm::AddScore(const ActivePlugin& active, Cycle& cycle) {
  const auto& prescoring = cycle.profile.At(ExtensionPoint::kPreScore);
  const auto is_same = [&](const ActivePlugin& other) { return other.slot == active.slot; };
  if (std::ranges::any_of(prescoring, is_same)) {
    const Status status =
        active.plugin->PreScore(cycle.context, cycle.StateOf(active).state(), cycle.feasible);
    if (status.code == Code::kSkip) return "";
    if (!status.ok()) {
      return "running PreScore plugin \"" + std::string(active.plugin->Name()) +
             "\": " + status.Message();
    }
  }
  const std::int64_t* raw =
      cycle.StateOf(active).Score(cycle.context, cycle.profile.caching(), cycle.feasible, raw_);
  AddNormalized(active, raw, cycle);
  return "";
}

std::string SchedulingAlgorithm::RunScore(Cycle& cycle) {
  for (auto* column : {&totals_, &raw_, &normalized_}) column->Resize(cycle.feasible.size());
  totals_.Fill(0);
  for (const ActivePlugin& active : cycle.profile.At(ExtensionPoint::kScore)) {
    if (std::string error = AddScore(active, cycle); !error.empty()) return error;
  }
  return "";
}

Decision SchedulingAlgorithm::Schedule(ProfileRuntime& profile, const cluster::PodClass& pod) {
  cluster_.BeginCycle();
  Decision decision;
  if (cluster_.nodes.node_count() == 0) return decision;
  Cycle cycle(cluster_, profile, pod);
  if (!RunPreFilter(cycle)) return decision;
  RunFilter(cycle);
  Sample(cycle);
  decision.feasible = cycle.feasible.Count();
  if (decision.feasible == 0) return decision;
  if (decision.feasible == 1) {
    cycle.feasible.ForEach([&](NodeIndex node) { decision.best = {node}; });
  } else {
    decision.error = RunScore(cycle);
    if (!decision.error.empty()) {
      decision.outcome = Outcome::kError;
      return decision;
    }
    decision.best = scoring::BestRows(totals_.data(), cycle.feasible);
    decision.total = totals_[decision.best.front()];
  }
  decision.outcome = Outcome::kChosen;
  decision.node =
      tie_breaker_.Choose(decision.best, cluster_.order.rows(), cycle.start, cycle.feasible);
  return decision;
}

Diagnosis SchedulingAlgorithm::Diagnose(ProfileRuntime& profile, const cluster::PodClass& pod) {
  Diagnosis diagnosis;
  diagnosis.all_nodes = cluster_.nodes.node_count();
  if (diagnosis.all_nodes == 0) return diagnosis;
  Cycle cycle(cluster_, profile, pod);
  if (!RunPreFilter(cycle)) {
    diagnosis.prefilter = cycle.rejection;
    diagnosis.prefilter_plugin = cycle.rejecting_plugin;
    return diagnosis;
  }
  diagnosis.absent = cycle.absent;
  diagnosis.absent_plugin = Joined(cycle.narrowing_plugins);
  NodeMask left = cycle.candidates;
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kFilter)) {
    if (cycle.Skips(active)) continue;
    NodeMask rejected = left;
    auto& state = cycle.StateOf(active);
    state.Filter(cycle.context, profile.caching(), left);
    rejected.AndNot(left);
    rejected.ForEach([&](NodeIndex node) {
      diagnosis.rejected.push_back({node, active.plugin->Name(),
                                    active.plugin->Explain(cycle.context, state.state(), node)});
    });
  }
  return diagnosis;
}

Scores SchedulingAlgorithm::ExplainScores(ProfileRuntime& profile, const cluster::PodClass& pod) {
  Scores scores;
  if (cluster_.nodes.node_count() == 0) return scores;
  Cycle cycle(cluster_, profile, pod);
  if (!RunPreFilter(cycle)) return scores;
  RunFilter(cycle);
  cycle.detail = &scores.plugins;
  if (!cycle.feasible.Any() || !RunScore(cycle).empty()) return {};
  scores.feasible = cycle.feasible;
  scores.totals = totals_;
  return scores;
}

}  // namespace berth::cycle

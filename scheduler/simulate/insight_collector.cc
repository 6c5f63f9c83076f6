#include "scheduler/simulate/insight_collector.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <tuple>
#include <utility>

#include "scoring/column.h"

namespace berth::simulate {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::NodeIndex;
using framework::PodContext;

namespace {

// So that no more than `most` of `count` are taken.
std::size_t StrideFor(std::size_t count, std::size_t most) {
  return std::max<std::size_t>(1, (count + most - 1) / most);
}

std::int64_t SumOver(const cluster::Cluster& cluster, cluster::ResourceId resource) {
  std::int64_t sum = 0;
  const auto& requested = cluster.nodes.requested(resource);
  cluster.nodes.alive().ForEach([&](NodeIndex row) {
    if (__builtin_add_overflow(sum, requested[row], &sum)) sum = INT64_MAX;
  });
  return sum;
}

// The ids of the resources that a summary shows.
std::vector<cluster::ResourceId> ShownIds(const cluster::Cluster& cluster, const Summary& summary) {
  std::vector<cluster::ResourceId> ids;
  for (const std::string& name : summary.resources) {
    for (cluster::ResourceId id = 0; id < cluster.nodes.resource_count(); ++id) {
      if (cluster.resources.Name(id) == name) ids.push_back(id);
    }
  }
  return ids;
}

// The best few feasible nodes, the chosen one first, then by total and in the order of the nodes.
std::vector<NodeIndex> BestNodes(const cycle::Scores& scores, NodeIndex chosen) {
  std::vector<NodeIndex> nodes;
  scores.feasible.ForEach([&](NodeIndex row) { nodes.push_back(row); });
  const auto count = std::min(nodes.size(), kExplainedNodes);
  const auto rank = [&](NodeIndex row) {
    return std::tuple(row != chosen, -scores.totals[row], row);
  };
  std::ranges::partial_sort(nodes, nodes.begin() + static_cast<std::ptrdiff_t>(count), {}, rank);
  nodes.resize(count);
  return nodes;
}

// Asks the plugins of a profile about one pod, one after the other, with fresh states.
class PluginWalk {
 public:
  explicit PluginWalk(const PodContext& context)
      : context_(context), nodes_(context.nodes().alive()) {}

  // False if the plugin rejects the pod altogether.
  bool PreFilter(const ActivePlugin& active) {
    const auto result = active.plugin->PreFilter(context_, StateOf(active));
    if (result.status.code == framework::Code::kSkip) skipped_.push_back(active.slot);
    if (result.nodes) nodes_.And(*result.nodes);
    return result.status.ok() || result.status.code == framework::Code::kSkip;
  }

  void Filter(const ActivePlugin& active) {
    if (std::ranges::find(skipped_, active.slot) != skipped_.end()) return;
    active.plugin->Filter(context_, StateOf(active), nodes_);
  }

  void Score(const ActivePlugin& active, bool prescores) {
    if (!nodes_.Any()) return;
    framework::PluginState& state = StateOf(active);
    if (prescores && !active.plugin->PreScore(context_, state, nodes_).ok()) return;
    scores_.Resize(nodes_.size());
    active.plugin->Score(context_, state, nodes_,
                         {scores_.data(), nodes_.word_count() * scoring::kRowsPerWord});
  }

 private:
  framework::PluginState& StateOf(const ActivePlugin& active) {
    if (states_.size() <= active.slot) states_.resize(active.slot + 1);
    auto& state = states_[active.slot];
    if (state == nullptr) state = active.plugin->NewState(context_);
    return *state;
  }

  const PodContext& context_;
  framework::NodeMask nodes_;
  std::vector<std::size_t> skipped_;
  std::vector<std::unique_ptr<framework::PluginState>> states_;  // by slot
  scoring::Column<std::int64_t> scores_;
};

template <typename Function>
void AddTimeOf(std::int64_t& nanoseconds, Function function) {
  const auto begin = std::chrono::steady_clock::now();
  function();
  nanoseconds += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

InsightCollector::InsightCollector(std::size_t pods)
    : explain_stride_(StrideFor(pods, kMaxExplainedPods)),
      time_stride_(StrideFor(pods, kMaxTimedDecisions)),
      timeline_stride_(StrideFor(pods, kMaxTimelinePoints)) {}

void InsightCollector::Look(cluster::Cluster& cluster, cycle::SchedulingAlgorithm& algorithm,
                            framework::ProfileRuntime& profile, const cluster::PodClass& pod_class,
                            const api::Pod& pod, const cycle::Decision& decision) {
  const std::size_t turn = looked_at_++;
  AddTimeOf(nanoseconds_, [&] {
    if (decision.outcome == cycle::Outcome::kChosen && turn % explain_stride_ == 0) {
      Explain(cluster, algorithm.ExplainScores(profile, pod_class, &pod), pod, decision);
    }
    if (turn % time_stride_ == 0) Time({cluster, pod_class}, profile);
  });
}

void InsightCollector::Explain(const cluster::Cluster& cluster, const cycle::Scores& scores,
                               const api::Pod& pod, const cycle::Decision& decision) {
  if (insight_.explanations.size() >= kMaxExplainedPods) return;
  PodExplanation& explanation = insight_.explanations.emplace_back();
  explanation.pod = pod.Key();
  for (const auto& plugin : scores.plugins) explanation.plugins.emplace_back(plugin.plugin);
  for (const NodeIndex node : BestNodes(scores, decision.node)) {
    Candidate& candidate = explanation.candidates.emplace_back();
    candidate.node = cluster.nodes.Name(node);
    candidate.total = scores.totals[node];
    for (const auto& plugin : scores.plugins) candidate.scores.push_back(plugin.scores[node]);
  }
}

PluginTime& InsightCollector::TimeOf(std::string_view plugin) {
  auto& times = insight_.plugin_times;
  const auto it = std::ranges::find(times, plugin, &PluginTime::plugin);
  return it != times.end() ? *it : times.emplace_back(PluginTime{.plugin = std::string(plugin)});
}

void InsightCollector::Time(const PodContext& context, framework::ProfileRuntime& profile) {
  if (context.nodes().node_count() == 0) return;
  ++insight_.timed_decisions;
  PluginWalk walk(context);
  const auto idle = [&](const ActivePlugin& active) { return active.plugin->IsIdle(context); };
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kPreFilter)) {
    if (idle(active)) continue;
    bool passed = true;
    AddTimeOf(TimeOf(active.plugin->Name()).filter_nanoseconds,
              [&] { passed = walk.PreFilter(active); });
    if (!passed) return;
  }
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kFilter)) {
    if (idle(active)) continue;
    AddTimeOf(TimeOf(active.plugin->Name()).filter_nanoseconds, [&] { walk.Filter(active); });
  }
  const auto& prescoring = profile.At(ExtensionPoint::kPreScore);
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kScore)) {
    if (idle(active)) continue;
    const bool prescores =
        std::ranges::find(prescoring, active.slot, &ActivePlugin::slot) != prescoring.end();
    AddTimeOf(TimeOf(active.plugin->Name()).score_nanoseconds,
              [&] { walk.Score(active, prescores); });
  }
}

void InsightCollector::EndStep(const cluster::Cluster& cluster, std::size_t decided,
                               std::int64_t placed) {
  if (decided % timeline_stride_ != 0) return;
  AddTimeOf(nanoseconds_, [&] { AddPoint(cluster, decided, placed); });
}

void InsightCollector::AddPoint(const cluster::Cluster& cluster, std::size_t decided,
                                std::int64_t placed) {
  insight_.timeline.push_back(
      {.decided = static_cast<std::int64_t>(decided), .placed = placed, .requested = {}});
  auto& sums = sums_.emplace_back();
  for (cluster::ResourceId id = 0; id < cluster.nodes.resource_count(); ++id) {
    sums.push_back(SumOver(cluster, id));
  }
}

Insight InsightCollector::Take(const cluster::Cluster& cluster, const Summary& summary) {
  const auto ids = ShownIds(cluster, summary);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    for (const auto id : ids) {
      insight_.timeline[i].requested.push_back(id < sums_[i].size() ? sums_[i][id] : 0);
    }
  }
  cluster.nodes.alive().ForEach([&](NodeIndex row) {
    for (const cluster::PodIndex index : cluster.PodsOn(row)) {
      PodOnNode& pod = insight_.pods.emplace_back();
      pod.pod = cluster.pod(index).Key();
      pod.node = cluster.nodes.Name(row);
      for (const auto id : ids) pod.requests.push_back(cluster.ClassOf(index).requests[id]);
    }
  });
  return std::move(insight_);
}

}  // namespace berth::simulate

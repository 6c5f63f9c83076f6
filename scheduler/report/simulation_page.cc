#include "scheduler/report/simulation_page.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/report/histogram.h"
#include "scheduler/report/page.h"
#include "scheduler/simulate/statistics.h"

namespace berth::report {
namespace {

using nlohmann::json;
using simulate::Insight;
using simulate::Summary;

// Values that come again and again, each once, and which of them a row has.
template <typename Value>
class Table {
 public:
  std::size_t IndexOf(const Value& value) {
    const auto [it, is_new] = index_.try_emplace(value, index_.size());
    if (is_new) values_.push_back(value);
    return it->second;
  }
  json Take() { return std::move(values_); }

 private:
  std::map<Value, std::size_t> index_;
  json values_ = json::array();
};

class NodeNumbers {
 public:
  explicit NodeNumbers(const Summary& summary) {
    for (const auto& node : summary.nodes) {
      numbers_.emplace(node.name, static_cast<std::int64_t>(numbers_.size()));
    }
  }
  // -1 for a node that the summary does not have.
  std::int64_t Of(const std::string& name) const {
    const auto it = numbers_.find(name);
    return it == numbers_.end() ? -1 : it->second;
  }

 private:
  std::unordered_map<std::string, std::int64_t> numbers_;
};

template <typename Row>
std::span<const Row> Shown(const std::vector<Row>& rows) {
  return std::span(rows).first(std::min(rows.size(), kMaxRows));
}

json Counts(const Summary& summary) {
  const auto& counts = summary.counts;
  return {{"total", counts.Total()},
          {"placed", counts.placed},
          {"unschedulable", counts.unschedulable},
          {"gated", counts.gated},
          {"notTried", counts.not_tried},
          {"otherScheduler", counts.other_scheduler},
          {"evicted", summary.evictions.size()}};
}

json Resources(const Summary& summary) {
  json resources = json::array();
  for (const auto& use : simulate::UtilizationOf(summary)) {
    resources.push_back({{"name", use.resource},
                         {"unit", std::string(simulate::UnitOf(use.resource))},
                         {"requested", use.requested},
                         {"allocatable", use.allocatable},
                         {"nodes", use.nodes},
                         {"mean", use.mean}});
  }
  return resources;
}

// Columns: one entry a node; of requested and allocatable one column a resource.
json Nodes(const Summary& summary) {
  json names = json::array();
  json pods = json::array();
  std::vector<json> requested(summary.resources.size(), json::array());
  std::vector<json> allocatable = requested;
  for (const auto& node : summary.nodes) {
    names.push_back(node.name);
    pods.push_back(node.pods);
    for (std::size_t i = 0; i < node.resources.size(); ++i) {
      requested[i].push_back(node.resources[i].requested);
      allocatable[i].push_back(node.resources[i].allocatable);
    }
  }
  return {{"names", std::move(names)},
          {"pods", std::move(pods)},
          {"requested", std::move(requested)},
          {"allocatable", std::move(allocatable)}};
}

json Pods(const Insight& insight, const NodeNumbers& nodes) {
  json names = json::array();
  json node = json::array();
  json request = json::array();
  Table<std::vector<std::int64_t>> requests;
  for (const auto& pod : Shown(insight.pods)) {
    names.push_back(pod.pod);
    node.push_back(nodes.Of(pod.node));
    request.push_back(requests.IndexOf(pod.requests));
  }
  return {{"names", std::move(names)},
          {"node", std::move(node)},
          {"request", std::move(request)},
          {"requests", requests.Take()},
          {"all", insight.pods.size()}};
}

json Placements(const Summary& summary, const NodeNumbers& nodes) {
  json names = json::array();
  json node = json::array();
  json score = json::array();
  json feasible = json::array();
  for (const auto& placement : Shown(summary.placements)) {
    names.push_back(placement.namespace_name + "/" + placement.pod);
    node.push_back(nodes.Of(placement.node));
    score.push_back(placement.score);
    feasible.push_back(placement.feasible_nodes);
  }
  return {{"names", std::move(names)},
          {"node", std::move(node)},
          {"score", std::move(score)},
          {"feasible", std::move(feasible)},
          {"all", summary.placements.size()}};
}

json Failures(const Summary& summary) {
  json names = json::array();
  json verdict = json::array();
  json message = json::array();
  Table<std::string> messages;
  for (const auto& failure : Shown(summary.failures)) {
    names.push_back(failure.namespace_name + "/" + failure.pod);
    verdict.push_back(std::string(simulate::VerdictName(failure.verdict)));
    message.push_back(messages.IndexOf(failure.message));
  }
  return {{"names", std::move(names)},
          {"verdict", std::move(verdict)},
          {"message", std::move(message)},
          {"messages", messages.Take()},
          {"all", summary.failures.size()}};
}

json Reasons(const Summary& summary) {
  json reasons = json::array();
  for (const auto& count : simulate::SortedFailureCounts(summary)) {
    reasons.push_back({{"plugin", count.plugin},
                       {"reason", count.reason},
                       {"pods", count.pods},
                       {"nodes", count.nodes}});
  }
  return reasons;
}

json Timings(const Summary& summary) {
  const auto& timings = summary.timings;
  return {{"load", timings.load_seconds},           {"schedule", timings.schedule_seconds},
          {"decisions", timings.decisions},         {"podsPerSecond", timings.PodsPerSecond()},
          {"p50", timings.latency.p50_nanoseconds}, {"p90", timings.latency.p90_nanoseconds},
          {"p99", timings.latency.p99_nanoseconds}, {"max", timings.latency.max_nanoseconds}};
}

json Latencies(const Insight& insight) {
  json bins = json::array();
  for (const Bin& bin : LogHistogram(insight.latencies_nanoseconds)) {
    bins.push_back({bin.from, bin.to, bin.count});
  }
  return bins;
}

json Timeline(const Insight& insight, std::size_t resources) {
  json decided = json::array();
  json placed = json::array();
  std::vector<json> requested(resources, json::array());
  for (const auto& point : insight.timeline) {
    decided.push_back(point.decided);
    placed.push_back(point.placed);
    for (std::size_t i = 0; i < std::min(resources, point.requested.size()); ++i) {
      requested[i].push_back(point.requested[i]);
    }
  }
  return {{"decided", std::move(decided)},
          {"placed", std::move(placed)},
          {"requested", std::move(requested)}};
}

json PluginTimes(const Insight& insight) {
  json plugins = json::array();
  for (const auto& time : insight.plugin_times) {
    plugins.push_back({{"plugin", time.plugin},
                       {"filter", time.filter_nanoseconds},
                       {"score", time.score_nanoseconds}});
  }
  return {{"decisions", insight.timed_decisions}, {"plugins", std::move(plugins)}};
}

json Explanations(const Insight& insight, const NodeNumbers& nodes) {
  json pods = json::array();
  json set = json::array();
  json candidates = json::array();
  Table<std::vector<std::string>> sets;
  for (const auto& explanation : insight.explanations) {
    pods.push_back(explanation.pod);
    set.push_back(sets.IndexOf(explanation.plugins));
    json rows = json::array();
    for (const auto& candidate : explanation.candidates) {
      rows.push_back({nodes.Of(candidate.node), candidate.total, candidate.scores});
    }
    candidates.push_back(std::move(rows));
  }
  return {{"pods", std::move(pods)},
          {"plugins", std::move(set)},
          {"pluginLists", sets.Take()},
          {"candidates", std::move(candidates)}};
}

}  // namespace

std::string SimulationJson(const Summary& summary, const Insight& insight) {
  const NodeNumbers nodes(summary);
  const json data = {{"kind", "simulation"},
                     {"interrupted", summary.interrupted},
                     {"counts", Counts(summary)},
                     {"resources", Resources(summary)},
                     {"nodes", Nodes(summary)},
                     {"pods", Pods(insight, nodes)},
                     {"placements", Placements(summary, nodes)},
                     {"failures", Failures(summary)},
                     {"reasons", Reasons(summary)},
                     {"timings", Timings(summary)},
                     {"latencies", Latencies(insight)},
                     {"timeline", Timeline(insight, summary.resources.size())},
                     {"pluginTimes", PluginTimes(insight)},
                     {"explanations", Explanations(insight, nodes)}};
  return data.dump(-1, ' ', false, json::error_handler_t::replace);
}

base::Result<std::string> SimulationPage(const Summary& summary, const Insight& insight) {
  return MakePage("Berth simulation", SimulationJson(summary, insight));
}

}  // namespace berth::report

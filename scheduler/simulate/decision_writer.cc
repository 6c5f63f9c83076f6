#include "scheduler/simulate/decision_writer.h"

#include <nlohmann/json.hpp>

namespace berth::simulate {
namespace {

using nlohmann::ordered_json;

ordered_json NodeScores(const cycle::Scores& scores, framework::NodeIndex node) {
  ordered_json by_plugin = ordered_json::object();
  for (const auto& plugin : scores.plugins) {
    by_plugin[std::string(plugin.plugin)] = plugin.scores[node];
  }
  return {{"scores", std::move(by_plugin)}, {"total", scores.totals[node]}};
}

ordered_json RejectionJson(std::string_view plugin, const framework::NodeStatus& status) {
  ordered_json reasons = ordered_json::array();
  for (const auto reason : status.reasons) reasons.push_back(std::string(reason));
  return {{"code", std::string(framework::Name(status.code))},
          {"plugin", std::string(plugin)},
          {"reasons", std::move(reasons)}};
}

// Every node that was looked at, by name.
ordered_json Nodes(const DecisionRecord& record, const cluster::Cluster& cluster) {
  ordered_json nodes = ordered_json::object();
  record.diagnosis->ForEachRejected(
      [&](framework::NodeIndex node, std::string_view plugin, const framework::NodeStatus& status) {
        nodes[cluster.nodes.Name(node)] = RejectionJson(plugin, status);
      });
  record.scores->feasible.ForEach([&](framework::NodeIndex node) {
    nodes[cluster.nodes.Name(node)] = NodeScores(*record.scores, node);
  });
  return nodes;
}

ordered_json Names(const scoring::NodeMask& rows, const cluster::Cluster& cluster) {
  ordered_json names = ordered_json::array();
  rows.ForEach([&](framework::NodeIndex row) { names.push_back(cluster.nodes.Name(row)); });
  return names;
}

void AddPostFilter(const cycle::PostFilterResult& result, const cluster::Cluster& cluster,
                   ordered_json& line) {
  if (!result.message.empty()) line["postFilter"] = result.message;
  if (!result.node) return;
  ordered_json victims = ordered_json::array();
  for (const auto index : result.victims) {
    const api::Pod& victim = cluster.pod(index);
    // Who is on the way out already need not be evicted.
    if (!victim.meta.deletion_timestamp) victims.push_back(victim.Key());
  }
  const std::string& node = cluster.nodes.Name(*result.node);
  line["nominated"] = ordered_json::array({node});
  line["victims"] = ordered_json::object({{node, std::move(victims)}});
}

// A pod that found a node, but whose group did not find enough of them.
bool IsLeftOut(const DecisionRecord& record) {
  return record.group != nullptr && !record.group->message.empty();
}

ordered_json GroupJson(const PodGroupOutcome& outcome) {
  ordered_json condition = {{"type", "PodGroupScheduled"},
                            {"status", outcome.message.empty() ? "True" : "False"},
                            {"reason", outcome.reason}};
  if (!outcome.message.empty()) condition["message"] = outcome.message;
  return {{"name", outcome.group}, {"condition", std::move(condition)}};
}

ordered_json LineOf(const api::Pod& pod, std::optional<std::int64_t> time_nanoseconds) {
  ordered_json line = {{"pod", pod.Key()}};
  if (time_nanoseconds) line["time"] = static_cast<double>(*time_nanoseconds) / 1e9;
  return line;
}

std::string Dump(const ordered_json& line) {
  return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string DecisionLine(const DecisionRecord& record, const cluster::Cluster& cluster) {
  const cycle::Decision& decision = *record.decision;
  ordered_json line = LineOf(*record.pod, record.time_nanoseconds);
  if (decision.outcome == cycle::Outcome::kError) {
    line["error"] = decision.error;
    line["feasible"] = decision.feasible;
    if (record.group != nullptr) line["podGroup"] = GroupJson(*record.group);
    return Dump(line);
  }
  if (record.diagnosis != nullptr && !record.diagnosis->prefilter.ok()) {
    line["prefilter"] = record.diagnosis->prefilter.Message();
    line["prefilterPlugin"] = record.diagnosis->prefilter_plugin;
    line["prefilterCode"] = std::string(framework::Name(record.diagnosis->prefilter.code));
  }
  line["feasible"] = decision.feasible;
  if (decision.outcome == cycle::Outcome::kChosen && IsLeftOut(record)) {
    line["message"] = record.group->message;
  } else if (decision.outcome == cycle::Outcome::kChosen) {
    if (decision.by_nomination) line["nominatedNode"] = cluster.nodes.Name(decision.node);
    line["chosen"] = cluster.nodes.Name(decision.node);
    if (record.scores != nullptr) {
      line["best"] = Names(record.scores->best, cluster);
    } else {
      line["bestCount"] = decision.best_count;
    }
  } else {
    line["message"] = record.diagnosis->Message();
    if (record.post_filter != nullptr) AddPostFilter(*record.post_filter, cluster, line);
  }
  if (record.scores != nullptr) line["nodes"] = Nodes(record, cluster);
  if (record.group != nullptr) line["podGroup"] = GroupJson(*record.group);
  return Dump(line);
}

std::string HeldBackLine(const api::Pod& pod, const HoldBackReason& reason,
                         std::optional<std::int64_t> time_nanoseconds) {
  ordered_json line = LineOf(pod, time_nanoseconds);
  if (!reason.plugin.empty()) line["plugin"] = std::string(reason.plugin);
  line["code"] = std::string(reason.code);
  line["feasible"] = 0;
  line["message"] = std::string(reason.message);
  return Dump(line);
}

}  // namespace berth::simulate

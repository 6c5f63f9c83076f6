#include "scheduler/explain/json_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

namespace berth::explain {
namespace {

using nlohmann::ordered_json;

std::string_view NameOf(DecidedBy by) {
  switch (by) {
    case DecidedBy::kScore:
      return "highestScore";
    case DecidedBy::kTie:
      return "tie";
    case DecidedBy::kOnlyNode:
      return "onlyFeasibleNode";
    case DecidedBy::kNomination:
      return "nominatedNode";
  }
  return "";
}

ordered_json ToJson(const Verdict& verdict) {
  return {{"plugin", verdict.plugin},
          {"code", std::string(framework::Name(verdict.code))},
          {"reasons", verdict.reasons}};
}

ordered_json ToJson(const ScoredNode& scored) {
  ordered_json plugins = ordered_json::object();
  for (const auto& score : scored.scores) {
    plugins[score.plugin] = {
        {"raw", score.raw}, {"normalized", score.normalized}, {"weighted", score.weighted}};
  }
  return {{"node", scored.node},
          {"rank", scored.rank},
          {"total", scored.total},
          {"scores", std::move(plugins)}};
}

ordered_json ToJson(const framework::Obstacle& obstacle) {
  ordered_json json = {{"text", obstacle.text}};
  if (!obstacle.change.empty()) json["change"] = obstacle.change;
  ordered_json facts = ordered_json::object();
  for (const auto& [name, value] : obstacle.facts) {
    facts[std::string(name)] =
        std::visit([](const auto& plain) { return ordered_json(plain); }, value);
  }
  json["facts"] = std::move(facts);
  return json;
}

ordered_json ToJson(const std::vector<Remedy>& remedies) {
  ordered_json json = ordered_json::array();
  for (const auto& remedy : remedies) {
    ordered_json obstacles = ordered_json::array();
    for (const auto& obstacle : remedy.obstacles) obstacles.push_back(ToJson(obstacle));
    json.push_back({{"nodes", remedy.nodes}, {"obstacles", std::move(obstacles)}});
  }
  return json;
}

ordered_json ToJson(const Choice& choice) {
  ordered_json json = {
      {"node", choice.node}, {"reason", std::string(NameOf(choice.by))}, {"total", choice.total}};
  if (!choice.tied.empty()) json["tied"] = choice.tied;
  if (!choice.runner_up) return json;
  json["runnerUp"] = {{"node", choice.runner_up->node}, {"total", choice.runner_up->total}};
  json["margin"] = choice.total - choice.runner_up->total;
  ordered_json margins = ordered_json::array();
  for (const auto& [plugin, margin] : choice.margins) {
    margins.push_back({{"plugin", plugin}, {"margin", margin}});
  }
  json["marginByPlugin"] = std::move(margins);
  return json;
}

ordered_json ToJson(const RejectedGroup& group) {
  ordered_json json = ToJson(group.verdict);
  json["nodes"] = group.nodes;
  json["remedies"] = ToJson(group.remedies);
  return json;
}

ordered_json ToJson(const CurrentNode& current) {
  if (current.scores) {
    ordered_json json = ToJson(*current.scores);
    json["feasible"] = true;
    return json;
  }
  ordered_json json = {{"node", current.node}, {"feasible", current.sampled_out}};
  if (current.sampled_out) {
    json["sampledOut"] = true;
  } else {
    json["rejection"] = ToJson(current.rejection);
  }
  return json;
}

ordered_json ToJson(const Preemption& preemption) {
  ordered_json victims = ordered_json::array();
  for (const auto& victim : preemption.victims) {
    victims.push_back({{"pod", victim.pod},
                       {"priority", victim.priority},
                       {"violatesDisruptionBudget", victim.violates_budget}});
  }
  ordered_json json = ordered_json::object();
  if (!preemption.node.empty()) {
    json["nominatedNode"] = preemption.node;
    json["victims"] = std::move(victims);
  }
  if (!preemption.message.empty()) json["message"] = preemption.message;
  return json;
}

ordered_json ToJson(const NodeReport& report) {
  ordered_json filters = ordered_json::array();
  for (const auto& filter : report.filters) {
    ordered_json verdict = ToJson(filter.verdict);
    if (filter.skipped) verdict["code"] = "Skip";
    if (!filter.remedies.empty()) verdict["remedies"] = ToJson(filter.remedies);
    filters.push_back(std::move(verdict));
  }
  ordered_json json = {{"node", report.node}, {"feasible", report.feasible}};
  if (report.sampled_out) json["sampledOut"] = true;
  if (!report.narrowed_by.empty()) json["narrowedBy"] = report.narrowed_by;
  json["filters"] = std::move(filters);
  if (report.with_nominated) json["withNominatedPods"] = ToJson(*report.with_nominated);
  if (report.scores) json["scores"] = ToJson(*report.scores);
  return json;
}

void AddIntroduction(const Explanation& explanation, ordered_json& json) {
  json["pod"] = explanation.pod;
  json["state"] = explanation.current ? "running" : "pending";
  json["priority"] = explanation.priority;
  json["schedulerName"] = explanation.scheduler_name;
  if (explanation.is_leaving) json["terminating"] = true;
  if (!explanation.nominated_node.empty()) json["nominatedNode"] = explanation.nominated_node;
  if (explanation.current) json["current"] = ToJson(*explanation.current);
  if (explanation.held_back) json["preEnqueue"] = ToJson(*explanation.held_back);
  if (explanation.prefilter) json["preFilter"] = ToJson(*explanation.prefilter);
  if (!explanation.error.empty()) json["error"] = explanation.error;
  json["nodes"] = {{"total", explanation.nodes},
                   {"feasible", explanation.feasible},
                   {"scored", explanation.scored}};
  if (explanation.percentage_of_nodes_to_score) {
    json["percentageOfNodesToScore"] = *explanation.percentage_of_nodes_to_score;
  }
}

void AddScores(const Explanation& explanation, std::size_t top, ordered_json& json) {
  ordered_json scorers = ordered_json::array();
  for (const auto& scorer : explanation.scorers) {
    scorers.push_back(
        {{"plugin", scorer.plugin}, {"weight", scorer.weight}, {"skipped", scorer.skipped}});
  }
  const std::size_t all = explanation.ranking.size();
  ordered_json best = ordered_json::array();
  for (const auto& scored :
       std::span(explanation.ranking).first(top == 0 ? all : std::min(top, all))) {
    best.push_back(ToJson(scored));
  }
  json["scorers"] = std::move(scorers);
  json["best"] = std::move(best);
}

}  // namespace

std::string JsonOutput(const Explanation& explanation, std::size_t top) {
  ordered_json json = {{"schemaVersion", kExplanationSchemaVersion}};
  AddIntroduction(explanation, json);
  if (explanation.choice) json["decision"] = ToJson(*explanation.choice);
  AddScores(explanation, top, json);
  ordered_json rejected = ordered_json::array();
  for (const auto& group : explanation.rejected) rejected.push_back(ToJson(group));
  json["rejected"] = std::move(rejected);
  if (!explanation.message.empty()) json["message"] = explanation.message;
  if (explanation.preemption) json["preemption"] = ToJson(*explanation.preemption);
  if (explanation.node) json["node"] = ToJson(*explanation.node);
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace berth::explain

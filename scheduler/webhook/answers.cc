#include "scheduler/webhook/answers.h"

#include <algorithm>

#include "scheduler/webhook/go_string.h"

namespace berth::webhook {
namespace {

void AppendFailed(FailedNodes& failed, std::string& out) {
  if (failed.empty()) {
    out += "null";
    return;
  }
  std::ranges::stable_sort(failed, {}, &FailedNodes::value_type::first);
  const auto repeated = std::ranges::unique(failed, {}, &FailedNodes::value_type::first);
  failed.erase(repeated.begin(), repeated.end());
  out += '{';
  for (const auto& [node, reason] : failed) {
    if (out.back() != '{') out += ',';
    AppendGoString(node, out);
    out += ':';
    AppendGoString(reason, out);
  }
  out += '}';
}

void AppendOrNull(std::string_view json, std::string& out) {
  out += json.empty() ? std::string_view("null") : json;
}

void AppendNodeList(const std::optional<std::vector<std::string_view>>& nodes, std::string& out) {
  if (!nodes) {
    out += "null";
    return;
  }
  out += "{\"metadata\":{},\"items\":[";
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    if (i > 0) out += ',';
    out += (*nodes)[i];
  }
  out += "]}";
}

void AppendVictims(const NodeVictims& victims, std::string& out) {
  AppendGoString(victims.node, out);
  out += ":{\"Pods\":[";
  for (const std::string& uid : victims.uids) {
    if (out.back() != '[') out += ',';
    out += "{\"UID\":";
    AppendGoString(uid, out);
    out += '}';
  }
  out += "],\"NumPDBViolations\":" + std::to_string(victims.budget_violations) + "}";
}

}  // namespace

std::string FilterResultText(ExtenderFilterResult result) {
  constexpr std::size_t kRest = 256;
  std::string out;
  std::size_t nodes_size = 0;
  if (result.nodes) {
    for (const std::string_view node : *result.nodes) nodes_size += node.size() + 1;
  }
  out.reserve(nodes_size + result.node_names.size() + kRest);
  out += "{\"Nodes\":";
  AppendNodeList(result.nodes, out);
  out += ",\"NodeNames\":";
  AppendOrNull(result.node_names, out);
  out += ",\"FailedNodes\":";
  AppendFailed(result.failed, out);
  out += ",\"FailedAndUnresolvableNodes\":";
  AppendFailed(result.failed_and_unresolvable, out);
  out += ",\"Error\":";
  AppendGoString(result.error, out);
  out += '}';
  return out;
}

std::string HostPriorityListText(std::span<const std::string_view> hosts,
                                 std::span<const std::int64_t> scores) {
  constexpr std::size_t kUsualEntry = 64;
  std::string out;
  out.reserve(hosts.size() * kUsualEntry + 2);
  out += '[';
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) out += ',';
    out += "{\"Host\":";
    AppendGoString(hosts[i], out);
    out += ",\"Score\":";
    out += std::to_string(scores[i]);
    out += '}';
  }
  out += ']';
  return out;
}

std::string RelativeHostPriorityListText(std::span<const std::string_view> hosts,
                                         std::span<const std::int64_t> scores) {
  const auto lowest = std::ranges::min_element(scores);
  std::vector<std::string_view> higher;
  std::vector<std::int64_t> differences;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (scores[i] == *lowest) continue;
    higher.push_back(hosts[i]);
    differences.push_back(scores[i] - *lowest);
  }
  return HostPriorityListText(higher, differences);
}

std::string PreemptionResultText(const std::optional<std::vector<NodeVictims>>& victims) {
  std::string out = "{\"NodeNameToMetaVictims\":";
  if (!victims) return out + "null}";
  out += '{';
  for (std::size_t i = 0; i < victims->size(); ++i) {
    if (i > 0) out += ',';
    AppendVictims((*victims)[i], out);
  }
  return out + "}}";
}

std::string BindingResultText(std::string_view error) {
  std::string out = "{\"Error\":";
  AppendGoString(error, out);
  return out + "}";
}

}  // namespace berth::webhook

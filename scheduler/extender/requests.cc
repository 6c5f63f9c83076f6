#include "scheduler/extender/requests.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace berth::extender {
namespace {

void AppendQuoted(const std::string& text, std::string& out) {
  using nlohmann::json;
  out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

void AppendNode(const cycle::ExtenderNode& node, const cluster::Cluster& cluster,
                const ObjectTexts& texts, std::string& out) {
  if (node.returned != nullptr) {
    out += node.returned->text;
  } else {
    texts.Append(cluster.nodes.node(node.row), out);
  }
}

// Elements with commas in between.
template <typename List, typename Append>
void AppendList(const List& list, Append append, std::string& out) {
  bool first = true;
  for (const auto& element : list) {
    if (!std::exchange(first, false)) out += ',';
    append(element);
  }
}

void AppendVictims(const cycle::ExtenderVictims& victims, const cluster::Cluster& cluster,
                   bool names_only, const ObjectTexts& texts, std::string& out) {
  out += "{\"Pods\":[";
  AppendList(
      victims.pods,
      [&](cluster::PodIndex index) {
        const api::Pod& pod = cluster.pod(index);
        if (!names_only) return texts.Append(pod, out);
        out += "{\"UID\":";
        AppendQuoted(pod.meta.uid, out);
        out += '}';
      },
      out);
  out += "],\"NumPDBViolations\":" + std::to_string(victims.budgets_violated) + "}";
}

}  // namespace

std::string NodesQuestion(const api::Pod& pod, const cluster::Cluster& cluster,
                          std::span<const cycle::ExtenderNode> nodes, bool names_only,
                          const ObjectTexts& texts) {
  std::string body = "{\"Pod\":";
  texts.Append(pod, body);
  body +=
      names_only ? ",\"Nodes\":null,\"NodeNames\":[" : ",\"Nodes\":{\"metadata\":{},\"items\":[";
  AppendList(
      nodes,
      [&](const cycle::ExtenderNode& node) {
        if (!names_only) return AppendNode(node, cluster, texts, body);
        AppendQuoted(cluster.nodes.Name(node.row), body);
      },
      body);
  body += names_only ? "]}" : "]},\"NodeNames\":null}";
  return body;
}

std::string VictimsQuestion(const api::Pod& pod, const cluster::Cluster& cluster,
                            const cycle::ExtenderVictimsByNode& victims, bool names_only,
                            const ObjectTexts& texts) {
  std::string body = "{\"Pod\":";
  texts.Append(pod, body);
  body += names_only ? ",\"NodeNameToVictims\":null,\"NodeNameToMetaVictims\":{"
                     : ",\"NodeNameToVictims\":{";
  AppendList(
      victims,
      [&](const auto& entry) {
        AppendQuoted(entry.first, body);
        body += ':';
        AppendVictims(entry.second, cluster, names_only, texts, body);
      },
      body);
  body += names_only ? "}}" : "},\"NodeNameToMetaVictims\":null}";
  return body;
}

std::string BindingQuestion(const api::Pod& pod, const std::string& node) {
  std::string body = "{\"PodName\":";
  AppendQuoted(pod.meta.name, body);
  body += ",\"PodNamespace\":";
  AppendQuoted(pod.meta.namespace_name, body);
  body += ",\"PodUID\":";
  AppendQuoted(pod.meta.uid, body);
  body += ",\"Node\":";
  AppendQuoted(node, body);
  return body + "}";
}

}  // namespace berth::extender

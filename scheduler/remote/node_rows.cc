#include "scheduler/remote/node_rows.h"

#include <berth/plugin/v1/plugin.pb.h>

#include <set>
#include <unordered_map>
#include <vector>

namespace berth::remote {

namespace wire = berth::plugin::v1;
using cluster::NodeIndex;

namespace {

constexpr const char* kPods = "pods";

void FillResource(cluster::Cluster& cluster, const std::string& name,
                  std::span<const NodeIndex> rows, wire::ResourceColumn& out) {
  const cluster::NodeTable& nodes = cluster.nodes;
  const cluster::ResourceId id = cluster.resources.Intern(name);
  const auto& allocatable = name == kPods ? nodes.allowed_pods() : nodes.allocatable(id);
  const auto& requested = name == kPods ? nodes.pod_count() : nodes.requested(id);
  out.set_resource(name);
  for (const NodeIndex row : rows) {
    out.add_allocatable(allocatable[row]);
    out.add_requested(requested[row]);
  }
}

using Numbers = std::unordered_map<std::string_view, std::uint32_t>;

void FillLabel(const cluster::NodeTable& nodes, std::string_view key,
               std::span<const NodeIndex> rows, wire::TextColumn& out) {
  out.set_key(std::string(key));
  Numbers numbers;
  for (const NodeIndex row : rows) {
    const std::string* value = nodes.node(row).meta.labels.Find(key);
    if (value == nullptr) {
      out.add_values(0);
      continue;
    }
    const auto next = static_cast<std::uint32_t>(out.dictionary_size()) + 1;
    const auto [number, added] = numbers.emplace(*value, next);
    if (added) out.add_dictionary(*value);
    out.add_values(number->second);
  }
}

// Keys that are wanted and are there, sorted.
std::set<std::string_view> KeysOf(const cluster::NodeTable& nodes,
                                  const std::vector<std::string>& wanted,
                                  std::span<const NodeIndex> rows) {
  std::set<std::string_view> keys;
  const bool all = wanted.size() == 1 && wanted.front() == kAllKeys;
  for (const NodeIndex row : rows) {
    const api::StringMap& labels = nodes.node(row).meta.labels;
    if (all) {
      for (const auto& [key, value] : labels) keys.insert(key);
      continue;
    }
    for (const std::string& key : wanted) {
      if (labels.Contains(key)) keys.insert(key);
    }
  }
  return keys;
}

}  // namespace

void FillRows(cluster::Cluster& cluster, const Description& wanted, std::span<const NodeIndex> rows,
              wire::NodeRows& out) {
  const cluster::NodeTable& nodes = cluster.nodes;
  std::vector<NodeIndex> alive;
  for (const NodeIndex row : rows) {
    if (nodes.alive().Test(row)) {
      alive.push_back(row);
      out.add_indexes(row);
      out.add_names(nodes.Name(row));
    } else {
      out.add_removed(row);
    }
  }
  for (const std::string& name : wanted.resources) {
    FillResource(cluster, name, alive, *out.add_resources());
  }
  for (const auto key : KeysOf(nodes, wanted.labels, alive)) {
    FillLabel(nodes, key, alive, *out.add_labels());
  }
}

void FillPod(const cluster::Cluster& cluster, const cluster::PodClass& pod, wire::Pod& out) {
  out.set_namespace_(std::string(cluster.symbols.Text(pod.namespace_name)));
  for (const cluster::Label& label : cluster.LabelsOf(pod)) {
    (*out.mutable_labels())[std::string(cluster.symbols.Text(label.key))] =
        std::string(cluster.symbols.Text(label.value));
  }
  for (const auto& [resource, amount] : pod.requests) {
    wire::ResourceAmount& request = *out.add_requests();
    request.set_resource(std::string(cluster.resources.Name(resource)));
    request.set_amount(amount);
  }
  out.set_priority(pod.priority());
  out.set_scheduler_name(pod.spec->scheduler_name);
}

}  // namespace berth::remote

#include "plugins/nodeports/node_ports.h"

#include <algorithm>
#include <map>
#include <string>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {

using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

namespace {

// Which pods on a node hold a wanted port, by the number of the port.
std::map<std::size_t, std::vector<std::string>> Holders(const PodContext& context, NodeIndex node) {
  auto& symbols = context.cluster.symbols;
  const auto any_ip = symbols.Intern("0.0.0.0");
  std::map<std::size_t, std::vector<std::string>> holders;
  for (const cluster::PodIndex index : context.cluster.PodsOn(node)) {
    const api::Pod& pod = context.cluster.pod(index);
    const auto held = cluster::HostPortsOf(*pod.spec, symbols);
    for (std::size_t i = 0; i < context.pod.host_ports.size(); ++i) {
      const auto& wanted = context.pod.host_ports[i];
      const bool holds = std::ranges::any_of(
          held, [&](const auto& port) { return cluster::Conflict(port, wanted, any_ip); });
      if (holds) holders[i].push_back(pod.Key());
    }
  }
  return holders;
}

framework::Obstacle ObstacleOf(const PodContext& context, const cluster::HostPort& port,
                               std::vector<std::string> holders) {
  constexpr std::size_t kFew = 3;
  const auto& symbols = context.cluster.symbols;
  const std::string protocol(symbols.Text(port.protocol));
  const std::string ip(symbols.Text(port.ip));
  std::string name = std::to_string(port.port) + "/" + protocol;
  if (ip != "0.0.0.0") name += " at " + ip;
  return {"host port " + name + " is held by " + base::ListFew(holders, kFew),
          "take those pods away, or ask for another host port",
          {{"hostPort", std::int64_t{port.port}},
           {"protocol", protocol},
           {"hostIP", ip},
           {"heldBy", std::move(holders)}}};
}

}  // namespace

void NodePorts::AppendKey(const PodContext& context, std::string& key) const {
  for (const cluster::HostPort& port : context.pod.host_ports) {
    base::AppendKey(key, port.ip);
    base::AppendKey(key, port.protocol);
    base::AppendKey(key, port.port);
  }
}

framework::PreFilterResult NodePorts::PreFilter(const PodContext& context,
                                                framework::PluginState&) const {
  if (context.pod.host_ports.empty()) return {{framework::Code::kSkip, {}}, {}};
  return {};
}

void NodePorts::Filter(const PodContext& context, framework::PluginState&, NodeMask& nodes) const {
  const cluster::HostPorts& used = context.cluster.host_ports;
  NodeMask suspects = nodes;
  suspects.And(used.nodes());
  suspects.ForEach([&](NodeIndex node) {
    if (used.Conflicts(node, context.pod.host_ports)) nodes.Clear(node);
  });
}

framework::NodeStatus NodePorts::Explain(const PodContext& context, const framework::PluginState&,
                                         NodeIndex node) const {
  if (!context.cluster.host_ports.Conflicts(node, context.pod.host_ports)) return {};
  return {framework::Code::kUnschedulable,
          {"node(s) didn't have free ports for the requested pod ports"}};
}

std::vector<framework::Remedy> NodePorts::Advise(const PodContext& context,
                                                 const framework::PluginState&,
                                                 const NodeMask& nodes) const {
  struct Taken {
    std::map<std::size_t, std::vector<std::string>> holders;
    NodeMask nodes;
  };
  std::map<std::vector<std::size_t>, Taken> by_ports;
  nodes.ForEach([&](NodeIndex node) {
    const auto holders = Holders(context, node);
    std::vector<std::size_t> ports;
    for (const auto& [port, pods] : holders) ports.push_back(port);
    Taken& taken = by_ports.try_emplace(ports, Taken{{}, NodeMask(nodes.size())}).first->second;
    taken.nodes.Set(node);
    for (const auto& [port, pods] : holders) {
      auto& all = taken.holders[port];
      all.insert(all.end(), pods.begin(), pods.end());
    }
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [ports, taken] : by_ports) {
    if (ports.empty()) continue;  // held by nobody whom the cluster knows
    framework::Remedy& remedy = remedies.emplace_back();
    remedy.nodes = std::move(taken.nodes);
    for (auto& [port, pods] : taken.holders) {
      std::ranges::sort(pods);
      remedy.obstacles.push_back(
          ObstacleOf(context, context.pod.host_ports[port], std::move(pods)));
    }
  }
  framework::SortByEase(remedies);
  return remedies;
}

std::vector<framework::EventRegistration> NodePorts::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kPod, framework::kDelete}},
          {{EventResource::kNode, framework::kAdd}, false}};
}

base::Result<Hint> NodePorts::QueueingHint(const PodContext& context, const api::Pod&,
                                           const framework::ObjectChange& change) const {
  BERTH_ASSIGN(const auto gone, framework::VersionsOf<api::Pod>(change));
  if (!framework::HoldsRoom(gone.Any())) return Hint::kSkip;
  auto& symbols = context.cluster.symbols;
  const auto any_ip = symbols.Intern("0.0.0.0");
  const auto freed = cluster::HostPortsOf(*gone.Any().spec, symbols);
  return framework::QueueIf(std::ranges::any_of(freed, [&](const cluster::HostPort& port) {
    return std::ranges::any_of(context.pod.host_ports, [&](const cluster::HostPort& wanted) {
      return cluster::Conflict(port, wanted, any_ip);
    });
  }));
}

}  // namespace berth::plugins

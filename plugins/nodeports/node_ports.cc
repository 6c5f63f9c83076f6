#include "plugins/nodeports/node_ports.h"

#include <algorithm>
#include <map>
#include <string>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {

using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

namespace {

std::vector<cluster::HostPort> HostPortsOf(const api::Pod& pod, base::Interner& symbols) {
  std::vector<cluster::HostPort> ports;
  const auto add = [&](const api::Container& container) {
    for (const auto& port : container.ports) {
      if (port.host_port <= 0) continue;
      ports.push_back({symbols.Intern(port.host_ip.empty() ? "0.0.0.0" : port.host_ip),
                       symbols.Intern(port.protocol.empty() ? "TCP" : port.protocol),
                       port.host_port});
    }
  };
  for (const auto& container : pod.spec->init_containers) {
    if (container.restart_always) add(container);
  }
  std::ranges::for_each(pod.spec->containers, add);
  return ports;
}

bool Conflict(const cluster::HostPort& a, const cluster::HostPort& b, cluster::Symbol any_ip) {
  return a.port == b.port && a.protocol == b.protocol &&
         (a.ip == b.ip || a.ip == any_ip || b.ip == any_ip);
}

// Which pods on a node hold a wanted port, by the number of the port.
std::map<std::size_t, std::vector<std::string>> Holders(const PodContext& context, NodeIndex node) {
  auto& symbols = context.cluster.symbols;
  const auto any_ip = symbols.Intern("0.0.0.0");
  std::map<std::size_t, std::vector<std::string>> holders;
  for (const cluster::PodIndex index : context.cluster.PodsOn(node)) {
    const api::Pod& pod = context.cluster.pod(index);
    const auto held = HostPortsOf(pod, symbols);
    for (std::size_t i = 0; i < context.pod.host_ports.size(); ++i) {
      const auto& wanted = context.pod.host_ports[i];
      const bool holds = std::ranges::any_of(
          held, [&](const auto& port) { return Conflict(port, wanted, any_ip); });
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

}  // namespace berth::plugins

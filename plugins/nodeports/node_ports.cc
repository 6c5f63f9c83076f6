#include "plugins/nodeports/node_ports.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {

using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

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

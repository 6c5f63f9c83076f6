#include "plugins/nodeports/node_ports.h"

#include "scheduler/base/key_builder.h"

namespace berth::plugins {

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

}  // namespace berth::plugins

#include "scheduler/framework/node_by_node.h"

namespace berth::framework {

void NodeByNodePlugin::Filter(const PodContext& context, PluginState& state,
                              NodeMask& nodes) const {
  NodeMask rejected(nodes.size());
  nodes.ForEach([&](NodeIndex node) {
    if (!FilterNode(context, state, node).ok()) rejected.Set(node);
  });
  nodes.AndNot(rejected);
}

NodeStatus NodeByNodePlugin::Explain(const PodContext& context, const PluginState& state,
                                     NodeIndex node) const {
  return FilterNode(context, state, node);
}

void NodeByNodePlugin::Score(const PodContext& context, PluginState& state, const NodeMask& nodes,
                             std::span<std::int64_t> out) const {
  nodes.ForEach([&](NodeIndex node) { out[node] = ScoreNode(context, state, node); });
}

NodeStatus NodeByNodePlugin::FilterNode(const PodContext&, const PluginState&, NodeIndex) const {
  return {};
}

std::int64_t NodeByNodePlugin::ScoreNode(const PodContext&, PluginState&, NodeIndex) const {
  return 0;
}

}  // namespace berth::framework

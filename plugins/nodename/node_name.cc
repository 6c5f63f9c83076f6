#include "plugins/nodename/node_name.h"

#include "scheduler/base/key_builder.h"

namespace berth::plugins {

using framework::NodeIndex;
using framework::PodContext;

void NodeName::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.node_name);
}

void NodeName::Filter(const PodContext& context, framework::PluginState&,
                      framework::NodeMask& nodes) const {
  const std::string& wanted = context.pod.node_name;
  if (wanted.empty()) return;
  const auto row = context.nodes().Find(wanted);
  const bool kept = row && nodes.Test(*row);
  nodes.ClearAll();
  if (kept) nodes.Set(*row);
}

framework::NodeStatus NodeName::Explain(const PodContext& context, const framework::PluginState&,
                                        NodeIndex node) const {
  const std::string& wanted = context.pod.node_name;
  if (wanted.empty() || wanted == context.nodes().Name(node)) return {};
  return {framework::Code::kUnschedulableAndUnresolvable,
          {"node(s) didn't match the requested node name"}};
}

}  // namespace berth::plugins

#include "plugins/nodeunschedulable/node_unschedulable.h"

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::PodContext;

bool ToleratesCordon(const PodContext& context) {
  const api::Taint cordon{"node.kubernetes.io/unschedulable", "", api::TaintEffect::kNoSchedule};
  return cluster::Tolerates(context.pod.spec->tolerations, cordon);
}

}  // namespace

void NodeUnschedulable::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, ToleratesCordon(context));
}

void NodeUnschedulable::Filter(const PodContext& context, framework::PluginState&,
                               framework::NodeMask& nodes) const {
  if (!ToleratesCordon(context)) nodes.AndNot(context.nodes().unschedulable());
}

framework::NodeStatus NodeUnschedulable::Explain(const PodContext& context,
                                                 const framework::PluginState&,
                                                 framework::NodeIndex node) const {
  if (!context.nodes().unschedulable().Test(node) || ToleratesCordon(context)) return {};
  return {framework::Code::kUnschedulableAndUnresolvable, {"node(s) were unschedulable"}};
}

std::vector<framework::Remedy> NodeUnschedulable::Advise(const PodContext&,
                                                         const framework::PluginState&,
                                                         const framework::NodeMask& nodes) const {
  framework::Obstacle cordon{
      "cordoned (spec.unschedulable)",
      "kubectl uncordon, or add the toleration {key: node.kubernetes.io/unschedulable, operator: "
      "Exists, effect: NoSchedule}",
      {{"key", "node.kubernetes.io/unschedulable"},
       {"operator", "Exists"},
       {"effect", "NoSchedule"}}};
  return {{{std::move(cordon)}, nodes}};
}

}  // namespace berth::plugins

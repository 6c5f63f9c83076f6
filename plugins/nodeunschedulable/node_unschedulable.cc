#include "plugins/nodeunschedulable/node_unschedulable.h"

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::Hint;
using framework::PodContext;

bool ToleratesCordon(const api::PodSpec& spec) {
  const api::Taint cordon{"node.kubernetes.io/unschedulable", "", api::TaintEffect::kNoSchedule};
  return cluster::Tolerates(spec.tolerations, cordon);
}
bool ToleratesCordon(const PodContext& context) { return ToleratesCordon(*context.pod.spec); }

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

std::vector<framework::EventRegistration> NodeUnschedulable::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kNode, framework::kAdd | framework::kUpdateNodeTaint}},
          {{EventResource::kPod, framework::kUpdatePodToleration}}};
}

base::Result<Hint> NodeUnschedulable::QueueingHint(const PodContext&, const api::Pod& pod,
                                                   const framework::ObjectChange& change) const {
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const api::Pod* changed, framework::VersionAfter<api::Pod>(change));
    return framework::QueueIf(framework::IsSamePod(*changed, pod) &&
                              ToleratesCordon(*changed->spec));
  }
  BERTH_ASSIGN(const auto node, framework::VersionsOf<api::Node>(change));
  const bool was_open = node.before != nullptr && !node.before->unschedulable;
  return framework::QueueIf(!was_open && node.after != nullptr && !node.after->unschedulable);
}

}  // namespace berth::plugins

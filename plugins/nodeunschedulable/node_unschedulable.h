#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects cordoned nodes (spec.unschedulable), unless the pod tolerates the taint
// node.kubernetes.io/unschedulable:NoSchedule.
class NodeUnschedulable final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "NodeUnschedulable"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kTaintChange, {}}; }
  void Filter(const framework::PodContext& context, framework::PluginState& state,
              framework::NodeMask& nodes) const override;
  framework::NodeStatus Explain(const framework::PodContext& context,
                                const framework::PluginState& state,
                                framework::NodeIndex node) const override;
  std::vector<framework::Remedy> Advise(const framework::PodContext& context,
                                        const framework::PluginState& state,
                                        const framework::NodeMask& nodes) const override;
};

}  // namespace berth::plugins

#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects nodes on which a host port that the pod wants is taken.
class NodePorts final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "NodePorts"; }
  bool IsIdle(const framework::PodContext& context) const override {
    return context.pod.host_ports.empty();
  }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kHostPortChange, {}}; }
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
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

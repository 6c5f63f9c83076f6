#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects nodes whose kubelet does not declare a feature that the pod cannot run without.
class NodeDeclaredFeatures final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "NodeDeclaredFeatures"; }
  bool IsIdle(const framework::PodContext& context) const override;
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kFeatureChange, {}}; }
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

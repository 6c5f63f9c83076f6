#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects nodes that are in another zone or region than the labels of a bound volume say.
class VolumeZone final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "VolumeZone"; }
  bool IsIdle(const framework::PodContext& context) const override;
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kClusterWide, {}}; }
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
  // Nothing tells nodes apart for a pod that is not filtered.
  bool AddTraits(const framework::PodContext& context, framework::PluginState& state,
                 framework::Traits& traits) const override;
};

}  // namespace berth::plugins

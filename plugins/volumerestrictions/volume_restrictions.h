#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Keeps apart what cannot share a volume: pods that spell out the same disk on one node, and pods
// that use a claim with access mode ReadWriteOncePod anywhere.
class VolumeRestrictions final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "VolumeRestrictions"; }
  bool IsIdle(const framework::PodContext& context) const override;
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {cluster::kClusterWide, {}}; }
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
  bool PretendPod(const framework::PodContext& context, framework::PluginState& state,
                  const cluster::PodClass& other, framework::NodeIndex node,
                  std::int32_t change) const override;
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
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;
};

}  // namespace berth::plugins

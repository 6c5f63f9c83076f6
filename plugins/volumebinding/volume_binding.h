#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Finds nodes from which a pod's volumes can be reached, or on which those that are still to come
// can be: matched with a volume that is there, or provisioned. Reserve assumes what was chosen, so
// that the next pod sees it. Scores nothing: that is behind a feature gate which is off in 1.36.
class VolumeBinding final : public framework::Plugin {
 public:
  explicit VolumeBinding(config::VolumeBindingArgs args) : args_(args) {}

  std::string_view Name() const override { return "VolumeBinding"; }
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
  framework::Status PreScore(const framework::PodContext&, framework::PluginState&,
                             const framework::NodeMask&) const override {
    return {framework::Code::kSkip, {}};
  }
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  framework::Status Reserve(const framework::PodContext& context, framework::PluginState& state,
                            const api::Pod& pod, framework::NodeIndex node) const override;
  void Unreserve(const framework::PodContext& context, framework::PluginState& state,
                 const api::Pod& pod, framework::NodeIndex node) const override;
  std::unique_ptr<framework::PreBinding> PreBind(const framework::PodContext& context,
                                                 const api::Pod& pod,
                                                 framework::NodeIndex node) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  config::VolumeBindingArgs args_;
};

}  // namespace berth::plugins

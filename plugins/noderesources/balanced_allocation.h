#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// NodeResourcesBalancedAllocation: prefers nodes whose resources the pod brings into balance, by
// the difference of the standard deviation of the used fractions before and after. Takes exact
// requests; a pod that asks for none of the configured resources is not scored.
class BalancedAllocation final : public framework::Plugin {
 public:
  explicit BalancedAllocation(config::NodeResourcesBalancedAllocationArgs args)
      : args_(std::move(args)) {}

  std::string_view Name() const override { return "NodeResourcesBalancedAllocation"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {{}, cluster::kPodResourceChange | cluster::kAllocatableChange | cluster::kDeviceChange};
  }
  framework::Status PreScore(const framework::PodContext& context, framework::PluginState& state,
                             const framework::NodeMask& nodes) const override;
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
  std::optional<scoring::BoundPart> BoundOf(const framework::PodContext& context,
                                            framework::PluginState& state) const override;

 private:
  config::NodeResourcesBalancedAllocationArgs args_;
};

}  // namespace berth::plugins

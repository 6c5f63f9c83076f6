#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Prefers the node that has least free of what the pod asks for: 100 * (1 - (free CPU * asked CPU +
// free GPU * asked GPU) / 2), with CPU in units of 128 cores and all GPUs of a node as one resource
// in units of 8.
class DotProduct final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "DotProduct"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {{}, cluster::kPodResourceChange | cluster::kAllocatableChange | cluster::kGpuChange};
  }
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
};

}  // namespace berth::plugins

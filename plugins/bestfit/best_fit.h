#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Prefers the node where least is left of CPU and GPUs together: 100 * (1 - (CPU left / 128 cores +
// GPU left / 8 GPUs) / 2) with the pod on it, truncated, then stretched to 0..100 over the feasible
// nodes (all 0 where all are equal).
class BestFit final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "BestFit"; }
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
  framework::Normalization Normalize() const override { return framework::Normalization::kOwn; }
  void NormalizeScores(const framework::PodContext& context, framework::PluginState& state,
                       const framework::NodeMask& nodes,
                       std::span<std::int64_t> scores) const override;
};

}  // namespace berth::plugins

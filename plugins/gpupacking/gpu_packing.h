#pragma once

#include "scheduler/framework/node_by_node.h"

namespace berth::plugins {

// Fills GPUs that are in use before free ones, and nodes in use before free ones. A node with all
// GPUs free gets 33 less its number of GPUs; one where the pod needs some of the free GPUs 50 less
// how many, at least 33; else 100 less a tenth of what is left on the GPU, in percent, at least 50.
// Pods without GPUs get 0.
class GpuPacking final : public framework::NodeByNodePlugin {
 public:
  std::string_view Name() const override { return "GpuPacking"; }
  bool IsIdle(const framework::PodContext& context) const override {
    return !context.pod.gpu.any();
  }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {{}, cluster::kGpuChange}; }

 protected:
  std::int64_t ScoreNode(const framework::PodContext& context, const framework::PluginState& state,
                         framework::NodeIndex node) const override;
};

}  // namespace berth::plugins

#pragma once

#include "scheduler/framework/node_by_node.h"

namespace berth::plugins {

// Keeps pods of one class (shares, one GPU, two GPUs ...) together: 75 for a node whose pods with
// GPUs are all of the pod's class, 50 if some are, 25 if it has none, 0 if it has others only; and
// up to 25 more the less of 8 GPUs is free. Pods without GPUs get 0.
class GpuClustering final : public framework::NodeByNodePlugin {
 public:
  std::string_view Name() const override { return "GpuClustering"; }
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

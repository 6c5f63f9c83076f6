#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/node_by_node.h"

namespace berth::plugins {

// Prefers the node whose GPUs are fragmented least by the pod, or mended most
// (cluster/gpu_fragmentation.h): 100 * sigmoid(fragmentation before - after, in GPUs), truncated.
class FragmentationGradientDescent final : public framework::NodeByNodePlugin {
 public:
  explicit FragmentationGradientDescent(config::FragmentationGradientDescentArgs args)
      : args_(std::move(args)) {}

  std::string_view Name() const override { return "FragmentationGradientDescent"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {{}, cluster::kPodResourceChange | cluster::kAllocatableChange | cluster::kGpuChange};
  }

 protected:
  std::int64_t ScoreNode(const framework::PodContext& context, const framework::PluginState& state,
                         framework::NodeIndex node) const override;

 private:
  config::FragmentationGradientDescentArgs args_;
};

}  // namespace berth::plugins

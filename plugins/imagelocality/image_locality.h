#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Prefers nodes that already have the pod's images: the sum over its images on the node of
// size * (nodes with the image / all nodes), scaled from 23 MiB .. 1000 MiB a container to 0..100.
class ImageLocality final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "ImageLocality"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override { return {{}, cluster::kImageChange}; }
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  // Nothing is to be scored where no node has any of the images. It is not among the plugins that
  // kube-scheduler asks at PreScore, so that it is seen to score 0.
  framework::Status PreScore(const framework::PodContext& context, framework::PluginState& state,
                             const framework::NodeMask& nodes) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
};

}  // namespace berth::plugins

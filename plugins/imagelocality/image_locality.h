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
  std::int64_t ScoreNode(const framework::PodContext& context, framework::PluginState& state,
                         framework::NodeIndex node) const override;
};

}  // namespace berth::plugins

#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// A pod that names its node fits there only. Such pods are bound already when a scheduler sees
// them; the filter counts where somebody asks about them as if they were not.
class NodeName final : public framework::Plugin {
 public:
  std::string_view Name() const override { return "NodeName"; }
  bool IsIdle(const framework::PodContext& context) const override {
    return context.pod.node_name.empty();
  }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  void Filter(const framework::PodContext& context, framework::PluginState& state,
              framework::NodeMask& nodes) const override;
  framework::NodeStatus Explain(const framework::PodContext& context,
                                const framework::PluginState& state,
                                framework::NodeIndex node) const override;
  std::vector<framework::EventRegistration> EventsToRegister() const override {
    return {{{framework::EventResource::kNode, framework::kAdd}, false}};
  }
};

}  // namespace berth::plugins

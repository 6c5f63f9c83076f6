// For plugins that are simplest written one node at a time.
#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::framework {

// Derive and say what one node gets; Filter, Explain and Score follow from it at the price of one
// virtual call a node. Such a plugin can later be written in batches without its users noticing.
class NodeByNodePlugin : public Plugin {
 public:
  void Filter(const PodContext& context, PluginState& state, NodeMask& nodes) const final;
  NodeStatus Explain(const PodContext& context, const PluginState& state,
                     NodeIndex node) const final;
  void Score(const PodContext& context, PluginState& state, const NodeMask& nodes,
             std::span<std::int64_t> out) const final;
  // 0 unless the plugin scores.
  std::int64_t ScoreNode(const PodContext& context, PluginState& state,
                         NodeIndex node) const override;

 protected:
  virtual NodeStatus FilterNode(const PodContext& context, const PluginState& state,
                                NodeIndex node) const;
};

}  // namespace berth::framework

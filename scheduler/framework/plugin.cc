#include "scheduler/framework/plugin.h"

#include "scheduler/base/key_builder.h"

namespace berth::framework {

void Plugin::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.id);
}

void Plugin::Filter(const PodContext&, PluginState&, NodeMask&) const {}

NodeStatus Plugin::Explain(const PodContext&, const PluginState&, NodeIndex) const { return {}; }

Status Plugin::PreScore(const PodContext&, PluginState&, const NodeMask&) const { return {}; }

void Plugin::Score(const PodContext&, PluginState&, const NodeMask&,
                   std::span<std::int64_t>) const {}

void Plugin::NormalizeScores(const PodContext&, PluginState&, const NodeMask&,
                             std::span<std::int64_t>) const {}

}  // namespace berth::framework

#include "scheduler/framework/plugin.h"

#include "scheduler/base/key_builder.h"

namespace berth::framework {

void Plugin::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.id);
}

std::unique_ptr<PluginState> Plugin::NewState(const PodContext&) const {
  return std::make_unique<PluginState>();
}

bool Plugin::Less(const QueuedPod& a, const QueuedPod& b) const {
  return a.timestamp < b.timestamp;
}

void Plugin::Filter(const PodContext&, PluginState&, NodeMask&) const {}

NodeStatus Plugin::Explain(const PodContext&, const PluginState&, NodeIndex) const { return {}; }

Status Plugin::PreScore(const PodContext&, PluginState&, const NodeMask&) const { return {}; }

void Plugin::Score(const PodContext&, PluginState&, const NodeMask&,
                   std::span<std::int64_t>) const {}

void Plugin::NormalizeScores(const PodContext&, PluginState&, const NodeMask&,
                             std::span<std::int64_t>) const {}

Status Plugin::Reserve(const PodContext&, PluginState&, const api::Pod&, NodeIndex) const {
  return {};
}

void Plugin::Unreserve(const PodContext&, PluginState&, const api::Pod&, NodeIndex) const {}

}  // namespace berth::framework

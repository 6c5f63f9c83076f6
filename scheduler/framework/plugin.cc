#include "scheduler/framework/plugin.h"

#include "scheduler/base/key_builder.h"
#include "scoring/column.h"

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

Rejections Plugin::ExplainAll(const PodContext& context, const PluginState& state,
                              const NodeMask& nodes) const {
  Rejections rejections;
  nodes.ForEach(
      [&](NodeIndex node) { rejections.Add(node, Explain(context, state, node), nodes.size()); });
  return rejections;
}

Status Plugin::PreScore(const PodContext&, PluginState&, const NodeMask&) const { return {}; }

void Plugin::Score(const PodContext&, PluginState&, const NodeMask&,
                   std::span<std::int64_t>) const {}

void Plugin::ScoreNodes(const PodContext& context, PluginState& state,
                        std::span<const NodeIndex> nodes, std::span<std::int64_t> scores) const {
  NodeMask rows(context.nodes().rows());
  for (const NodeIndex node : nodes) rows.Set(node);
  scoring::Column<std::int64_t> column(rows.size());
  Score(context, state, rows, {column.data(), rows.word_count() * scoring::kRowsPerWord});
  for (std::size_t i = 0; i < nodes.size(); ++i) scores[i] = column[nodes[i]];
}

void Plugin::NormalizeScores(const PodContext&, PluginState&, const NodeMask&,
                             std::span<std::int64_t>) const {}

void Plugin::NormalizeNodes(const PodContext&, PluginState&, std::span<const NodeIndex>,
                            std::span<std::int64_t>) const {}

Status Plugin::Reserve(const PodContext&, PluginState&, const api::Pod&, NodeIndex) const {
  return {};
}

void Plugin::Unreserve(const PodContext&, PluginState&, const api::Pod&, NodeIndex) const {}

std::vector<EventRegistration> Plugin::EventsToRegister() const {
  return {{ClusterEvent(), false}};
}

base::Result<Hint> Plugin::QueueingHint(const PodContext&, const api::Pod&,
                                        const ObjectChange&) const {
  return Hint::kQueue;
}

}  // namespace berth::framework

#include "plugins/random/random.h"

#include "scheduler/base/random.h"

namespace berth::plugins {

using framework::NodeIndex;
using framework::PodContext;

void Random::AppendKey(const PodContext&, std::string&) const {}

std::unique_ptr<framework::PluginState> Random::NewState(const PodContext&) const {
  return std::make_unique<framework::PluginState>();
}

void Random::Score(const PodContext& context, framework::PluginState&,
                   const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const std::size_t count = nodes.Count();
  if (count == 0) return;
  base::Random mixed(static_cast<std::uint64_t>(args_.seed));
  base::Random random(mixed.Next() + context.cluster.log.end());
  std::uint64_t left = random.Below(count);
  nodes.ForEach([&](NodeIndex node) { out[node] = left-- == 0 ? 100 : 0; });
}

}  // namespace berth::plugins

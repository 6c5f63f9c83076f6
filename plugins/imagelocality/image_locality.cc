#include "plugins/imagelocality/image_locality.h"

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kMinThreshold = 23 * kMiB;
constexpr std::int64_t kMaxContainerThreshold = 1000 * kMiB;

struct State final : framework::PluginState {
  // Of init containers, containers and image volumes, with repetitions; only known ones.
  std::vector<base::Symbol> images;
  std::int64_t max_threshold = kMaxContainerThreshold;
};

// The name under which a node reports an image: with a tag. No registry is filled in, and what has
// a digest counts as tagged.
std::string NormalizedName(std::string_view image) {
  const auto colon = image.rfind(':');
  const auto slash = image.rfind('/');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  return tagged ? std::string(image) : std::string(image) + ":latest";
}

template <typename Visit>
void ForEachImage(const api::PodSpec& spec, Visit visit) {
  for (const auto& container : spec.init_containers) visit(container.image);
  for (const auto& container : spec.containers) visit(container.image);
  for (const auto& volume : spec.volumes) {
    if (volume.kind == api::VolumeKind::kImage) visit(volume.source);
  }
}

std::int64_t SumOfImages(const PodContext& context, const State& state, NodeIndex node) {
  const auto all_nodes = static_cast<double>(context.nodes().node_count());
  std::int64_t sum = 0;
  for (const base::Symbol image : state.images) {
    const auto* found = context.cluster.images.Find(node, image);
    if (found == nullptr) continue;
    const double spread = static_cast<double>(found->node_count) / all_nodes;
    sum += static_cast<std::int64_t>(static_cast<double>(found->size_bytes) * spread);
  }
  return sum;
}

}  // namespace

// Images that no node has count for nothing, so pods that differ in them are alike.
void ImageLocality::AppendKey(const PodContext& context, std::string& key) const {
  const api::PodSpec& spec = *context.pod.spec;
  const cluster::Cluster& cluster = context.cluster;
  bool any_known = false;
  ForEachImage(spec, [&](const std::string& image) {
    const auto symbol = cluster.symbols.Find(NormalizedName(image));
    if (!cluster.images.Known(symbol)) return;
    base::AppendKey(key, symbol);
    any_known = true;
  });
  if (any_known) base::AppendKey(key, spec.containers.size() + spec.init_containers.size());
}

std::unique_ptr<framework::PluginState> ImageLocality::NewState(const PodContext& context) const {
  const api::PodSpec& spec = *context.pod.spec;
  auto state = std::make_unique<State>();
  ForEachImage(spec, [&](const std::string& image) {
    const auto symbol = context.cluster.symbols.Find(NormalizedName(image));
    if (context.cluster.images.Known(symbol)) state->images.push_back(symbol);
  });
  const auto containers =
      static_cast<std::int64_t>(spec.containers.size() + spec.init_containers.size());
  state->max_threshold = kMaxContainerThreshold * containers;
  return state;
}

std::int64_t ImageLocality::ScoreNode(const PodContext& context,
                                      framework::PluginState& plugin_state, NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const std::int64_t range = state.max_threshold - kMinThreshold;
  if (range <= 0) return 0;
  const std::int64_t sum =
      std::min(std::max(SumOfImages(context, state, node), kMinThreshold), state.max_threshold);
  return 100 * (sum - kMinThreshold) / range;
}

void ImageLocality::Score(const PodContext& context, framework::PluginState& state,
                          const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  nodes.ForEach([&](NodeIndex node) { out[node] = ScoreNode(context, state, node); });
}

}  // namespace berth::plugins

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

// What an image adds to the sum of a node: bytes, scaled by the share of nodes that have it.
std::int64_t ScaledSize(std::int64_t bytes, std::int32_t holders, std::size_t all_nodes) {
  const double spread = static_cast<double>(holders) / static_cast<double>(all_nodes);
  return static_cast<std::int64_t>(static_cast<double>(bytes) * spread);
}

std::int64_t SumOfImages(const PodContext& context, const State& state, NodeIndex node) {
  std::int64_t sum = 0;
  for (const base::Symbol image : state.images) {
    const auto* found = context.cluster.images.Find(node, image);
    if (found == nullptr) continue;
    sum += ScaledSize(found->size_bytes, found->node_count, context.nodes().node_count());
  }
  return sum;
}

std::int64_t ScoreOf(const State& state, std::int64_t sum) {
  const std::int64_t range = state.max_threshold - kMinThreshold;
  if (range <= 0) return 0;
  return 100 * (std::clamp(sum, kMinThreshold, state.max_threshold) - kMinThreshold) / range;
}

// Calls visit(first row) for the words of `nodes` that are not zero.
template <typename Visit>
void ForEachWord(const framework::NodeMask& nodes, Visit visit) {
  for (std::size_t i = 0; i < nodes.word_count(); ++i) {
    if (nodes.words()[i] != 0) visit(i * scoring::kRowsPerWord);
  }
}

// Nodes with the same images have the same sum, so most scores are those of the row before.
void SumsToScores(const State& state, std::span<std::int64_t> rows) {
  std::int64_t sum = 0;
  std::int64_t score = 0;
  for (std::int64_t& row : rows) {
    if (row != sum) {
      sum = row;
      score = ScoreOf(state, sum);
    }
    row = score;
  }
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

framework::Status ImageLocality::PreScore(const PodContext&, framework::PluginState& state,
                                          const framework::NodeMask&) const {
  return static_cast<const State&>(state).images.empty()
             ? framework::Status{framework::Code::kSkip, {}}
             : framework::Status{};
}

void ImageLocality::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                               std::span<const NodeIndex> nodes,
                               std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::ranges::transform(nodes, scores.begin(), [&](NodeIndex node) {
    return ScoreOf(state, SumOfImages(context, state, node));
  });
}

void ImageLocality::Score(const PodContext& context, framework::PluginState& plugin_state,
                          const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  ForEachWord(nodes, [&](std::size_t first) {
    std::ranges::fill(out.subspan(first, scoring::kRowsPerWord), 0);
  });
  const std::size_t all_nodes = context.nodes().node_count();
  for (const base::Symbol image : state.images) {
    context.cluster.images.ForEachHolder(
        image, [&](NodeIndex node, std::int64_t bytes, std::int32_t holders) {
          if (nodes.words()[node / scoring::kRowsPerWord] == 0) return;
          out[node] += ScaledSize(bytes, holders, all_nodes);
        });
  }
  ForEachWord(nodes, [&](std::size_t first) {
    SumsToScores(state, out.subspan(first, scoring::kRowsPerWord));
  });
}

}  // namespace berth::plugins

#include "plugins/dotproduct/dot_product.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

// The largest node there may be; free amounts beyond it count as that much.
constexpr double kMilliCpu = 128'000;
constexpr double kGpuMilli = 8'000;

struct State final : framework::PluginState {
  double cpu = 0;  // what the pod asks for, as parts of the largest node
  double gpu = 0;
};

// The columns that the score reads.
struct Free {
  explicit Free(const PodContext& context)
      : allocatable(context.nodes().allocatable(cluster::kCpu).data()),
        requested(context.nodes().requested(cluster::kCpu).data()),
        gpu(context.cluster.gpus.total_free().data()) {}

  std::int64_t ScoreOf(const State& asked, std::size_t row) const {
    const double cpu_part = PartOf(allocatable[row] - requested[row], kMilliCpu);
    const double gpu_part = PartOf(gpu[row], kGpuMilli);
    const double product = cpu_part * asked.cpu + gpu_part * asked.gpu;
    return static_cast<std::int64_t>(100.0 * (1.0 - product / 2));
  }

  static double PartOf(std::int64_t amount, double most) {
    return std::clamp(static_cast<double>(amount) / most, 0.0, 1.0);
  }

  const std::int64_t* allocatable;
  const std::int64_t* requested;
  const std::int64_t* gpu;
};

}  // namespace

void DotProduct::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.requests[cluster::kCpu]);
  base::AppendKey(key, context.pod.gpu.total());
}

std::unique_ptr<framework::PluginState> DotProduct::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  state->cpu = Free::PartOf(context.pod.requests[cluster::kCpu], kMilliCpu);
  state->gpu = Free::PartOf(context.pod.gpu.total(), kGpuMilli);
  return state;
}

void DotProduct::Score(const PodContext& context, framework::PluginState& plugin_state,
                       const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const Free free(context);
  for (std::size_t word = 0; word < nodes.word_count(); ++word) {
    if (nodes.words()[word] == 0) continue;
    const std::size_t first = word * scoring::kRowsPerWord;
    for (std::size_t row = first; row < first + scoring::kRowsPerWord; ++row) {
      out[row] = free.ScoreOf(state, row);
    }
  }
}

void DotProduct::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                            std::span<const NodeIndex> nodes,
                            std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const Free free(context);
  std::ranges::transform(nodes, scores.begin(),
                         [&](NodeIndex node) { return free.ScoreOf(state, node); });
}

}  // namespace berth::plugins

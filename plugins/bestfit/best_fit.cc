#include "plugins/bestfit/best_fit.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

// The largest node there may be.
constexpr double kMilliCpu = 128'000;
constexpr double kGpuMilli = 8'000;

struct State final : framework::PluginState {
  std::int64_t milli_cpu = 0;
  std::int64_t gpu_milli = 0;
};

// The columns that the score reads.
struct Free {
  explicit Free(const PodContext& context)
      : allocatable(context.nodes().allocatable(cluster::kCpu).data()),
        requested(context.nodes().requested(cluster::kCpu).data()),
        gpu(context.cluster.gpus.total_free().data()) {}

  std::int64_t ScoreOf(const State& asked, std::size_t row) const {
    const auto cpu_left = static_cast<double>(allocatable[row] - requested[row] - asked.milli_cpu);
    const auto gpu_left = static_cast<double>(gpu[row] - asked.gpu_milli);
    const double left = 0.5 * (cpu_left / kMilliCpu) + 0.5 * (gpu_left / kGpuMilli);
    return static_cast<std::int64_t>(100.0 * (1.0 - left));
  }

  const std::int64_t* allocatable;
  const std::int64_t* requested;
  const std::int64_t* gpu;
};

}  // namespace

void BestFit::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.requests[cluster::kCpu]);
  base::AppendKey(key, context.pod.gpu.total());
}

std::unique_ptr<framework::PluginState> BestFit::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  state->milli_cpu = context.pod.requests[cluster::kCpu];
  state->gpu_milli = context.pod.gpu.total();
  return state;
}

void BestFit::Score(const PodContext& context, framework::PluginState& plugin_state,
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

void BestFit::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                         std::span<const NodeIndex> nodes, std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const Free free(context);
  std::ranges::transform(nodes, scores.begin(),
                         [&](NodeIndex node) { return free.ScoreOf(state, node); });
}

void BestFit::NormalizeScores(const PodContext&, framework::PluginState&,
                              const framework::NodeMask& nodes,
                              std::span<std::int64_t> scores) const {
  const auto range = scoring::MinMaxOf(scores.data(), nodes.words(), nodes.word_count());
  if (range.max > range.min) {
    scoring::NormalizeByMinMax(range, nodes.words(), nodes.word_count(), scores.data());
    return;
  }
  nodes.ForEach([&](NodeIndex node) { scores[node] = 0; });
}

}  // namespace berth::plugins

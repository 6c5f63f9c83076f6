#include "plugins/bestfit/best_fit.h"

#include <algorithm>

#include "plugins/cpu_and_gpu.h"
#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

struct State final : framework::PluginState {
  std::int64_t milli_cpu = 0;
  std::int64_t gpu_milli = 0;
};

std::int64_t ScoreOf(const FreeCpuAndGpu& free, const State& asked, std::size_t row) {
  const auto cpu_left = static_cast<double>(free.milli_cpu(row) - asked.milli_cpu);
  const auto gpu_left = static_cast<double>(free.gpu_milli(row) - asked.gpu_milli);
  const double left = 0.5 * (cpu_left / kLargestMilliCpu) + 0.5 * (gpu_left / kLargestGpuMilli);
  return static_cast<std::int64_t>(100.0 * (1.0 - left));
}

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
  const FreeCpuAndGpu free(context);
  ScoreWords(nodes, [&](std::size_t row) { return ScoreOf(free, state, row); }, out);
}

void BestFit::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                         std::span<const NodeIndex> nodes, std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const FreeCpuAndGpu free(context);
  std::ranges::transform(nodes, scores.begin(),
                         [&](NodeIndex node) { return ScoreOf(free, state, node); });
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

#include "plugins/dotproduct/dot_product.h"

#include <algorithm>

#include "plugins/cpu_and_gpu.h"
#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

struct State final : framework::PluginState {
  double cpu = 0;  // what the pod asks for, as parts of the largest node
  double gpu = 0;
};

// Amounts beyond the largest node count as that much.
double PartOf(std::int64_t amount, double most) {
  return std::clamp(static_cast<double>(amount) / most, 0.0, 1.0);
}

std::int64_t ScoreOf(const FreeCpuAndGpu& free, const State& asked, std::size_t row) {
  const double cpu_part = PartOf(free.milli_cpu(row), kLargestMilliCpu);
  const double gpu_part = PartOf(free.gpu_milli(row), kLargestGpuMilli);
  const double product = cpu_part * asked.cpu + gpu_part * asked.gpu;
  return static_cast<std::int64_t>(100.0 * (1.0 - product / 2));
}

}  // namespace

void DotProduct::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.requests[cluster::kCpu]);
  base::AppendKey(key, context.pod.gpu.total());
}

std::unique_ptr<framework::PluginState> DotProduct::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  state->cpu = PartOf(context.pod.requests[cluster::kCpu], kLargestMilliCpu);
  state->gpu = PartOf(context.pod.gpu.total(), kLargestGpuMilli);
  return state;
}

void DotProduct::Score(const PodContext& context, framework::PluginState& plugin_state,
                       const framework::NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const FreeCpuAndGpu free(context);
  ScoreWords(nodes, [&](std::size_t row) { return ScoreOf(free, state, row); }, out);
}

void DotProduct::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                            std::span<const NodeIndex> nodes,
                            std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const FreeCpuAndGpu free(context);
  std::ranges::transform(nodes, scores.begin(),
                         [&](NodeIndex node) { return ScoreOf(free, state, node); });
}

}  // namespace berth::plugins

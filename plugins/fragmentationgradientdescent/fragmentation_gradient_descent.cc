#include "plugins/fragmentationgradientdescent/fragmentation_gradient_descent.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "scheduler/base/key_builder.h"
#include "scheduler/framework/gpu_shapes.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

struct State final : framework::PluginState {
  std::optional<cluster::GpuFragmentation> configured;  // where typical pods are
};

// Where 100 * sigmoid(x) reaches 1, 2, ... 99.
std::array<double, 99> MakeThresholds() {
  std::array<double, 99> thresholds{};
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    const auto score = static_cast<double>(i + 1);
    thresholds[i] = std::log(score / (100 - score));
  }
  return thresholds;
}

// 100 * sigmoid(x), truncated. By thresholds, since no two libraries agree on the last bit of exp.
std::int64_t SigmoidScore(double x) {
  static const std::array<double, 99> thresholds = MakeThresholds();
  return std::ranges::upper_bound(thresholds, x) - thresholds.begin();
}

}  // namespace

void FragmentationGradientDescent::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.requests[cluster::kCpu]);
  base::AppendKey(key, context.pod.gpu.devices);
  base::AppendKey(key, context.pod.gpu.milli);
}

std::unique_ptr<framework::PluginState> FragmentationGradientDescent::NewState(
    const PodContext& context) const {
  auto state = std::make_unique<State>();
  if (!args_.typical_pods.empty()) {
    state->configured.emplace(framework::GpuShapesOf(args_.typical_pods, context.cluster.symbols));
  }
  return state;
}

std::int64_t FragmentationGradientDescent::ScoreNode(const PodContext& context,
                                                     const framework::PluginState& plugin_state,
                                                     NodeIndex node) const {
  const cluster::Cluster& cluster = context.cluster;
  const auto& state = static_cast<const State&>(plugin_state);
  const cluster::GpuFragmentation& fragmentation =
      state.configured ? *state.configured : cluster.typical_gpu_pods.fragmentation();
  const cluster::GpuRequest& request = context.pod.gpu;
  if (request.any() && !cluster.gpus.Fits(node, request)) return 0;
  if (fragmentation.weight() == 0) return SigmoidScore(0);
  const auto change = fragmentation.Placing(cluster.gpus, cluster.nodes, node,
                                            context.pod.requests[cluster::kCpu], request);
  return SigmoidScore(static_cast<double>(change.before - change.after) /
                      static_cast<double>(cluster::kMilliPerGpu * fragmentation.weight()));
}

}  // namespace berth::plugins

#include "plugins/gpupacking/gpu_packing.h"

#include <algorithm>
#include <bit>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

// Where the bands of the three kinds of node begin; the first one also ends at kIdleMost.
constexpr std::int64_t kIdleMost = 33;
constexpr std::int64_t kFreeGpuMost = 50;
constexpr std::int64_t kSharedMost = 100;

}  // namespace

void GpuPacking::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.gpu.devices);
  base::AppendKey(key, context.pod.gpu.milli);
}

std::unique_ptr<framework::PluginState> GpuPacking::NewState(const PodContext&) const {
  return std::make_unique<framework::PluginState>();
}

std::int64_t GpuPacking::ScoreNode(const PodContext& context, const framework::PluginState&,
                                   NodeIndex node) const {
  const cluster::GpuDevices& gpus = context.cluster.gpus;
  const cluster::GpuRequest& request = context.pod.gpu;
  if (!gpus.Fits(node, request)) return 0;
  const std::int64_t count = gpus.count()[node];
  if (gpus.whole_free()[node] == count) return std::max<std::int64_t>(kIdleMost - count, 0);
  if (!request.is_share()) return std::max(kFreeGpuMost - request.devices, kIdleMost);
  const auto device = static_cast<std::size_t>(std::countr_zero(gpus.TightestFit(node, request)));
  const std::int64_t left = gpus.FreeOn(node)[device];
  if (left == cluster::kMilliPerGpu) return kFreeGpuMost - 1;
  // A tenth of the percentage, truncated together with the rest.
  return std::max((kSharedMost * 100 - left) / 100, kFreeGpuMost);
}

}  // namespace berth::plugins

#include "plugins/gpuclustering/gpu_clustering.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::NodeIndex;
using framework::PodContext;

constexpr std::int64_t kOnlyThis = 75;
constexpr std::int64_t kThisAmongOthers = 50;
constexpr std::int64_t kNone = 25;
constexpr std::int64_t kOnlyOthers = 0;

constexpr std::int64_t kFullBonus = 25;
constexpr std::int64_t kMostGpuMilli = 8'000;

}  // namespace

void GpuClustering::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, cluster::ClassOf(context.pod.gpu));
}

std::unique_ptr<framework::PluginState> GpuClustering::NewState(const PodContext&) const {
  return std::make_unique<framework::PluginState>();
}

std::int64_t GpuClustering::ScoreNode(const PodContext& context, const framework::PluginState&,
                                      NodeIndex node) const {
  const cluster::GpuDevices& gpus = context.cluster.gpus;
  const std::uint32_t all = gpus.PodsOn(node);
  const std::uint32_t same = gpus.PodsOn(node, cluster::ClassOf(context.pod.gpu));
  std::int64_t band = kNone;
  if (all > 0) band = same == all ? kOnlyThis : same > 0 ? kThisAmongOthers : kOnlyOthers;
  const std::int64_t taken = std::max<std::int64_t>(kMostGpuMilli - gpus.total_free()[node], 0);
  return band + kFullBonus * taken / kMostGpuMilli;
}

}  // namespace berth::plugins

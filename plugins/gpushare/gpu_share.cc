#include "plugins/gpushare/gpu_share.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "plugins/gpushare/gpu_index_writing.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/random.h"
#include "scheduler/framework/gpu_shapes.h"
#include "scoring/kernels.h"

namespace berth::plugins {
namespace {

using cluster::GpuDevices;
using cluster::GpuMask;
using cluster::GpuRequest;
using framework::Code;
using framework::EventResource;
using framework::Hint;
using framework::NodeIndex;
using framework::PodContext;

constexpr std::string_view kNoGpu = "node(s) had no GPU";
constexpr std::string_view kFewGpus = "node(s) had too few GPUs";
constexpr std::string_view kNoShare = "Insufficient GPU share";
constexpr std::string_view kNoWhole = "Insufficient whole GPUs";
constexpr const char* kMalformed =
    "annotations alibabacloud.com/gpu-count and alibabacloud.com/gpu-milli ask for no GPUs that "
    "there could be";

struct State final : framework::PluginState {
  std::optional<cluster::GpuFragmentation> configured;  // where typical pods are
};

// Any GPU that has so much left; there is one.
GpuMask AnyFit(const PodContext& context, NodeIndex node, std::int64_t seed) {
  const auto free = context.cluster.gpus.FreeOn(node);
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < free.size(); ++i) {
    if (free[i] >= context.pod.gpu.milli) fitting.push_back(i);
  }
  // By the place in the log, so that equal runs draw equally whatever is cached.
  // Not by the seed as it is: a plugin that draws nodes by the same one at the same place would
  // draw alike, and node and GPU would go together.
  base::Random mixed(~static_cast<std::uint64_t>(seed));
  base::Random random(mixed.Next() + context.cluster.log.end());
  return GpuMask{1} << fitting[random.Below(fitting.size())];
}

const cluster::GpuFragmentation& FragmentationOf(const PodContext& context, const State& state) {
  return state.configured ? *state.configured : context.cluster.typical_gpu_pods.fragmentation();
}

GpuMask DevicesOf(const PodContext& context, const api::Pod& pod, NodeIndex node) {
  for (const cluster::PodIndex index : context.cluster.PodsOn(node)) {
    if (framework::IsSamePod(context.cluster.pod(index), pod)) {
      return context.cluster.gpus.DevicesOf(index);
    }
  }
  return 0;
}

}  // namespace

bool GpuShare::IsIdle(const PodContext& context) const {
  return !context.pod.gpu.any() && !context.pod.gpu.malformed;
}

void GpuShare::AppendKey(const PodContext& context, std::string& key) const {
  const GpuRequest& request = context.pod.gpu;
  base::AppendKey(key, request.devices);
  base::AppendKey(key, request.milli);
  base::AppendKey(key, request.malformed);
}

std::unique_ptr<framework::PluginState> GpuShare::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  if (!args_.typical_pods.empty()) {
    state->configured.emplace(framework::GpuShapesOf(args_.typical_pods, context.cluster.symbols));
  }
  return state;
}

framework::PreFilterResult GpuShare::PreFilter(const PodContext& context,
                                               framework::PluginState&) const {
  if (!context.pod.gpu.malformed) return {};
  return {{Code::kUnschedulableAndUnresolvable, {kMalformed}}, std::nullopt};
}

void GpuShare::Filter(const PodContext& context, framework::PluginState&,
                      framework::NodeMask& nodes) const {
  const GpuDevices& gpus = context.cluster.gpus;
  const GpuRequest& request = context.pod.gpu;
  const auto& left = request.is_share() ? gpus.largest_free() : gpus.whole_free();
  const std::int64_t wanted = request.is_share() ? request.milli : request.devices;
  scoring::FitRows(left.data(), context.nodes().zeros().data(), wanted, nodes.word_count(),
                   nodes.words());
}

framework::NodeStatus GpuShare::Explain(const PodContext& context, const framework::PluginState&,
                                        NodeIndex node) const {
  const GpuDevices& gpus = context.cluster.gpus;
  const GpuRequest& request = context.pod.gpu;
  if (gpus.Fits(node, request)) return {};
  const std::int64_t count = gpus.count()[node];
  if (count == 0) return {Code::kUnschedulableAndUnresolvable, {kNoGpu}};
  if (count < request.devices) return {Code::kUnschedulableAndUnresolvable, {kFewGpus}};
  return {Code::kUnschedulable, {request.is_share() ? kNoShare : kNoWhole}};
}

GpuMask GpuShare::Choose(const PodContext& context, const framework::PluginState& plugin_state,
                         NodeIndex node) const {
  const cluster::Cluster& cluster = context.cluster;
  const GpuRequest& request = context.pod.gpu;
  if (!request.is_share()) return cluster.gpus.TightestFit(node, request);
  switch (args_.device_selection) {
    case config::GpuSelection::kBestFit:
      break;
    case config::GpuSelection::kRandom:
      return AnyFit(context, node, args_.seed);
    case config::GpuSelection::kFragmentationGradientDescent:
      return FragmentationOf(context, static_cast<const State&>(plugin_state))
          .Placing(cluster.gpus, cluster.nodes, node, context.pod.requests[cluster::kCpu], request)
          .devices;
  }
  return cluster.gpus.TightestFit(node, request);
}

framework::Status GpuShare::Reserve(const PodContext& context, framework::PluginState& state,
                                    const api::Pod& pod, NodeIndex node) const {
  GpuDevices& gpus = context.cluster.gpus;
  if (!gpus.Fits(node, context.pod.gpu)) {
    return {Code::kUnschedulable, {std::string(context.pod.gpu.is_share() ? kNoShare : kNoWhole)}};
  }
  gpus.Choose(pod.Key(), node, Choose(context, state, node));
  return {};
}

void GpuShare::Unreserve(const PodContext& context, framework::PluginState&, const api::Pod& pod,
                         NodeIndex) const {
  context.cluster.gpus.DropChoice(pod.Key());
}

std::unique_ptr<framework::PreBinding> GpuShare::PreBind(const PodContext& context,
                                                         const api::Pod& pod,
                                                         NodeIndex node) const {
  if (!context.pod.gpu.any()) return nullptr;
  const GpuMask devices = DevicesOf(context, pod, node);
  if (devices == 0) return nullptr;
  return std::make_unique<GpuIndexWriting>(GpuIndexPatch(pod, devices));
}

std::vector<framework::EventRegistration> GpuShare::EventsToRegister() const {
  return {{{EventResource::kPod, framework::kDelete}},
          {{EventResource::kNode, framework::kAdd | framework::kUpdateNodeAllocatable}}};
}

base::Result<Hint> GpuShare::QueueingHint(const PodContext& context, const api::Pod&,
                                          const framework::ObjectChange& change) const {
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const auto pod, framework::VersionsOf<api::Pod>(change));
    return framework::QueueIf(framework::HoldsRoom(pod.Any()));
  }
  BERTH_ASSIGN(const auto versions, framework::VersionsOf<api::Node>(change));
  if (versions.after == nullptr) return Hint::kSkip;
  const auto row = context.nodes().Find(versions.after->meta.name);
  return framework::QueueIf(row && context.cluster.gpus.Fits(*row, context.pod.gpu));
}

}  // namespace berth::plugins

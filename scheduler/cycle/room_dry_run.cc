#include "scheduler/cycle/room_dry_run.h"

#include <algorithm>
#include <utility>

#include "scheduler/base/wrapping.h"

namespace berth::cycle {
namespace {

// What pods on a node can do to a filter.
constexpr cluster::ChangeSet kChangesOfPods = cluster::kPodResourceChange |
                                              cluster::kHostPortChange | cluster::kDeviceChange |
                                              cluster::kGpuChange | cluster::kClusterWide;

}  // namespace

std::optional<RoomDryRun> RoomDryRun::Make(const framework::PodContext& context,
                                           framework::ProfileRuntime& profile,
                                           framework::ClassPlan& plan,
                                           std::span<const std::size_t> skipped,
                                           const scoring::NodeMask& nodes) {
  if (!context.cluster.disruption_budgets.empty()) return std::nullopt;
  std::optional<cluster::ResourceVector> needed;
  scoring::NodeMask pass = nodes;
  for (const auto& active : profile.At(config::ExtensionPoint::kFilter)) {
    if (plan.IsIdle(active.slot)) continue;
    if (std::ranges::find(skipped, active.slot) != skipped.end()) continue;
    framework::CachedState& state = *plan.states[active.slot];
    if (auto room = active.plugin->RoomNeeded(context, state.state())) {
      if (needed) return std::nullopt;
      needed = std::move(room);
    } else if ((active.plugin->DependsOn().filter & kChangesOfPods) != 0) {
      return std::nullopt;
    } else {
      state.Filter(context, profile.caching(), pass);
    }
  }
  if (!needed) return std::nullopt;
  return RoomDryRun(context.cluster, *std::move(needed), std::move(pass));
}

bool RoomDryRun::Knows(scoring::NodeIndex node) const {
  return other_filters_pass_.Test(node) &&
         (cluster_->nominated.empty() ||
          !cluster_->nominated.by_node().contains(cluster_->nodes.Name(node)));
}

std::int64_t RoomDryRun::AmountOf(const RankedPod& pod, cluster::ResourceId resource) const {
  if (resource == cluster::kCpu) return pod.milli_cpu;
  if (resource == cluster::kMemory) return pod.memory;
  const auto& usage = pod.usage != nullptr ? *pod.usage : cluster_->UsageOf(pod.victim.index);
  return usage.requested[resource];
}

template <typename Apply>
void RoomDryRun::Change(Amounts& free, const RankedPod& pod, Apply apply) const {
  auto* amount = free.data();
  for (const auto& [resource, wanted] : needed_) {
    *amount = apply(*amount, AmountOf(pod, resource));
    ++amount;
  }
}

bool RoomDryRun::Fits(const Amounts& free) const {
  const auto* amount = free.data();
  return std::ranges::all_of(
      needed_, [&](const cluster::ResourceAmount& wanted) { return *amount++ >= wanted.amount; });
}

std::optional<std::vector<Victim>> RoomDryRun::ChooseVictims(
    scoring::NodeIndex node, std::span<const RankedPod> pods) const {
  const cluster::NodeTable& table = cluster_->nodes;
  Amounts free;
  for (const auto& [resource, wanted] : needed_) {
    free.push_back(
        base::WrapSub(table.allocatable(resource)[node], table.requested(resource)[node]));
  }
  for (const RankedPod& pod : pods) Change(free, pod, base::WrapAdd);
  std::int64_t places =
      table.allowed_pods()[node] - table.pod_count()[node] + static_cast<std::int64_t>(pods.size());
  if (places < 1 || !Fits(free)) return std::nullopt;
  std::vector<Victim> victims;
  for (const RankedPod& pod : pods) {
    Change(free, pod, base::WrapSub);
    if (places > 1 && Fits(free)) {
      --places;
      continue;
    }
    Change(free, pod, base::WrapAdd);
    victims.push_back(pod.victim);
  }
  return victims;
}

}  // namespace berth::cycle

#include "scheduler/cycle/inspection.h"

#include <algorithm>

#include "scheduler/cycle/scheduling_cycle.h"
#include "scheduler/cycle/what_if.h"

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::NodeIndex;
using framework::NodeMask;
using framework::ProfileRuntime;

namespace {

framework::Status Owned(const framework::NodeStatus& status) {
  return {status.code, {status.reasons.begin(), status.reasons.end()}};
}

}  // namespace

NodeInspection SchedulingAlgorithm::Inspect(ProfileRuntime& profile, const cluster::PodClass& pod,
                                            const api::Pod* itself, NodeIndex node) {
  NodeInspection inspection;
  Cycle cycle(cluster_, profile, pod, masks_, itself);
  if (!RunPreFilter(cycle)) return inspection;
  if (!cycle.Candidates().Test(node)) inspection.narrowed_by = cycle.narrowing_plugins;
  for (const ActivePlugin& active : profile.At(ExtensionPoint::kFilter)) {
    FilterVerdict& verdict = inspection.filters.emplace_back();
    verdict.plugin = active.plugin->Name();
    verdict.skipped = cycle.SkipsFilter(active);
    if (verdict.skipped) continue;
    verdict.status =
        Owned(active.plugin->Explain(cycle.context, cycle.StateOf(active).state(), node));
  }
  WhatIf what_if(cycle.context, profile, cycle.plan, cycle.skipped_filters, itself);
  const NodeVerdict nominated = what_if.FilterWithNominated(node);
  inspection.with_nominated = {nominated.plugin, false, Owned(nominated.status)};
  return inspection;
}

std::vector<framework::Remedy> SchedulingAlgorithm::Advise(ProfileRuntime& profile,
                                                           const cluster::PodClass& pod,
                                                           std::string_view plugin,
                                                           NodeMask nodes) {
  Cycle cycle(cluster_, profile, pod, masks_);
  if (!RunPreFilter(cycle)) return {};
  const auto& filters = profile.At(ExtensionPoint::kFilter);
  const auto active = std::ranges::find_if(
      filters, [&](const ActivePlugin& filter) { return filter.plugin->Name() == plugin; });
  if (active == filters.end() || cycle.SkipsFilter(*active)) return {};
  auto& state = cycle.StateOf(*active);
  // A node may be rejected for the sake of nominated pods only.
  NodeMask kept = nodes;
  state.Filter(cycle.context, profile.caching(), kept);
  nodes.AndNot(kept);
  if (!nodes.Any()) return {};
  return active->plugin->Advise(cycle.context, state.state(), nodes);
}

}  // namespace berth::cycle

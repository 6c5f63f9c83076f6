#include "scheduler/cycle/what_if.h"

#include <algorithm>

namespace berth::cycle {

using config::ExtensionPoint;
using framework::ActivePlugin;
using framework::NodeIndex;

WhatIf::WhatIf(const framework::PodContext& context, framework::ProfileRuntime& profile,
               framework::ClassPlan& plan, std::span<const std::size_t> skipped,
               const api::Pod* self)
    : context_(context),
      profile_(profile),
      plan_(plan),
      skipped_(skipped.begin(), skipped.end()),
      self_(self) {}

WhatIf::~WhatIf() { RefreshStates(); }

void WhatIf::Suspend(cluster::PodIndex pod) {
  context_.cluster.Suspend(pod);
  stale_ = true;
}

void WhatIf::Resume(cluster::PodIndex pod) {
  context_.cluster.Resume(pod);
  stale_ = true;
}

bool WhatIf::Skips(std::size_t slot) const {
  return plan_.IsIdle(slot) || std::ranges::find(skipped_, slot) != skipped_.end();
}

// Only what depends on pods anywhere keeps counts in its state; the others read the columns.
void WhatIf::RefreshStates() {
  if (!stale_) return;
  stale_ = false;
  for (const ActivePlugin& active : profile_.At(ExtensionPoint::kPreFilter)) {
    if (Skips(active.slot)) continue;
    if ((active.plugin->DependsOn().filter & cluster::kClusterWide) == 0) continue;
    active.plugin->PreFilter(context_, plan_.states[active.slot]->state());
  }
}

NodeVerdict WhatIf::FilterOnce(NodeIndex node) {
  RefreshStates();
  for (const ActivePlugin& active : profile_.At(ExtensionPoint::kFilter)) {
    if (Skips(active.slot)) continue;
    auto status = active.plugin->Explain(context_, plan_.states[active.slot]->state(), node);
    if (!status.ok()) return {active.plugin->Name(), std::move(status)};
  }
  return {};
}

NodeVerdict WhatIf::FilterWithNominated(NodeIndex node) {
  cluster::Cluster& cluster = context_.cluster;
  std::vector<cluster::PodIndex> added;
  // A set: whoever goes frees a port, even where somebody else holds it too.
  const auto ports = cluster.host_ports.Used(node);
  cluster.nominated.ForEachBefore(
      cluster.nodes.Name(node), self_, context_.pod.priority(),
      [&](const cluster::NominatedPod& nominated) {
        added.push_back(cluster.AddPod(nominated.pod, *nominated.pod_class, node));
      });
  if (added.empty()) return {};
  stale_ = true;
  NodeVerdict verdict = FilterOnce(node);
  while (!added.empty()) {
    cluster.RemovePod(added.back());
    added.pop_back();
  }
  cluster.host_ports.Restore(node, ports);
  stale_ = true;
  return verdict;
}

NodeVerdict WhatIf::Filter(NodeIndex node) {
  NodeVerdict verdict = FilterWithNominated(node);
  return verdict.ok() ? FilterOnce(node) : verdict;
}

}  // namespace berth::cycle

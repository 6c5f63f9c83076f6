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

WhatIf::~WhatIf() {
  if (!changed_) return;
  for (const ActivePlugin& active : profile_.At(ExtensionPoint::kPreFilter)) {
    if (CountsPods(active)) {
      active.plugin->PreFilter(context_, plan_.states[active.slot]->state());
    }
  }
}

void WhatIf::Suspend(cluster::PodIndex pod) {
  context_.cluster.Suspend(pod);
  Pretend(context_.cluster.ClassOf(pod), context_.cluster.NodeOf(pod), -1);
}

void WhatIf::Resume(cluster::PodIndex pod) {
  context_.cluster.Resume(pod);
  Pretend(context_.cluster.ClassOf(pod), context_.cluster.NodeOf(pod), 1);
}

bool WhatIf::Skips(std::size_t slot) const {
  return plan_.IsIdle(slot) || std::ranges::find(skipped_, slot) != skipped_.end();
}

bool WhatIf::CountsPods(const ActivePlugin& active) const {
  return !Skips(active.slot) && (active.plugin->DependsOn().filter & cluster::kClusterWide) != 0;
}

void WhatIf::Pretend(const cluster::PodClass& other, NodeIndex node, std::int32_t change) {
  changed_ = true;
  for (const ActivePlugin& active : profile_.At(ExtensionPoint::kPreFilter)) {
    if (!CountsPods(active) || std::ranges::find(stale_, &active) != stale_.end()) continue;
    auto& state = plan_.states[active.slot]->state();
    if (!active.plugin->PretendPod(context_, state, other, node, change)) stale_.push_back(&active);
  }
}

void WhatIf::RefreshStates() {
  for (const ActivePlugin* active : stale_) {
    active->plugin->PreFilter(context_, plan_.states[active->slot]->state());
  }
  stale_.clear();
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
        Pretend(*nominated.pod_class, node, 1);
      });
  if (added.empty()) return {};
  NodeVerdict verdict = FilterOnce(node);
  for (; !added.empty(); added.pop_back()) {
    const cluster::PodClass& pod_class = cluster.ClassOf(added.back());
    cluster.RemovePod(added.back());
    Pretend(pod_class, node, -1);
  }
  cluster.host_ports.Restore(node, ports);
  return verdict;
}

NodeVerdict WhatIf::Filter(NodeIndex node) {
  NodeVerdict verdict = FilterWithNominated(node);
  return verdict.ok() ? FilterOnce(node) : verdict;
}

}  // namespace berth::cycle

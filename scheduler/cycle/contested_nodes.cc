// Nodes that other pods have been promised: the steps of a cycle that look at nominated pods.
#include "scheduler/cycle/scheduling_cycle.h"
#include "scheduler/cycle/what_if.h"

namespace berth::cycle {

using framework::NodeIndex;

namespace {

void AddRejection(NodeIndex node, const NodeVerdict& verdict, std::size_t rows,
                  Diagnosis& diagnosis) {
  ++diagnosis.rejected_count;
  for (auto& [plugin, rejections] : diagnosis.rejected) {
    if (plugin == verdict.plugin) return rejections.Add(node, verdict.status, rows);
  }
  diagnosis.rejected.push_back({verdict.plugin, {}});
  diagnosis.rejected.back().rejections.Add(node, verdict.status, rows);
}

}  // namespace

std::vector<NodeIndex> SchedulingAlgorithm::ContestedNodes(const Cycle& cycle) const {
  std::vector<NodeIndex> nodes;
  for (const auto& [name, pods] : cluster_.nominated.by_node()) {
    const auto node = cluster_.nodes.Find(name);
    if (!node) continue;
    bool any = false;
    cluster_.nominated.ForEachBefore(name, cycle.pod, cycle.context.pod.priority(),
                                     [&](const cluster::NominatedPod&) { any = true; });
    if (any) nodes.push_back(*node);
  }
  return nodes;
}

void SchedulingAlgorithm::FilterContested(const std::vector<NodeIndex>& nodes, Cycle& cycle) {
  if (nodes.empty()) return;
  WhatIf what_if(cycle.context, cycle.profile, cycle.plan, cycle.skipped_filters, cycle.pod);
  for (const NodeIndex node : nodes) {
    if (!cycle.Feasible().Test(node) || what_if.FilterWithNominated(node).ok()) continue;
    if (cycle.feasible_is_steady) cycle.feasible = cycle.steady->feasible();
    cycle.feasible_is_steady = false;
    cycle.feasible.Clear(node);
    --cycle.feasible_count;
  }
}

void SchedulingAlgorithm::DiagnoseContested(const std::vector<NodeIndex>& nodes, Cycle& cycle,
                                            Diagnosis& diagnosis) {
  if (nodes.empty()) return;
  WhatIf what_if(cycle.context, cycle.profile, cycle.plan, cycle.skipped_filters, cycle.pod);
  for (const NodeIndex node : nodes) {
    if (!cycle.Candidates().Test(node)) continue;
    const NodeVerdict verdict = what_if.Filter(node);
    if (!verdict.ok()) AddRejection(node, verdict, cluster_.nodes.rows(), diagnosis);
  }
}

bool SchedulingAlgorithm::TakeNominatedNode(Cycle& cycle) {
  if (cycle.pod == nullptr || cluster_.nominated.empty()) return false;
  const auto node = cluster_.nodes.Find(cluster_.nominated.NodeOf(*cycle.pod));
  if (!node) return false;
  WhatIf what_if(cycle.context, cycle.profile, cycle.plan, cycle.skipped_filters, cycle.pod);
  if (!what_if.Filter(*node).ok()) return false;
  cycle.feasible.Resize(cluster_.nodes.rows());
  cycle.feasible.ClearAll();
  cycle.feasible.Set(*node);
  cycle.feasible_count = 1;
  return true;
}

}  // namespace berth::cycle

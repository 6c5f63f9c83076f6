#include "scheduler/framework/object_events.h"

#include <algorithm>

#include "scheduler/cluster/pod_requests.h"

namespace berth::framework {
namespace {

// Whether the pod asks for less of anything, or no longer for something.
bool AsksForLess(const api::Pod& before, const api::Pod& after) {
  const auto now = cluster::PodRequests(*after.spec, &after.status, {});
  const auto then = cluster::PodRequests(*before.spec, &before.status, {});
  return std::ranges::any_of(then, [&](const auto& entry) {
    const api::Quantity* amount = now.Find(entry.first);
    return amount == nullptr || *amount < entry.second;
  });
}

}  // namespace

std::vector<ClusterEvent> EventsOfNodeUpdate(const api::Node& before, const api::Node& after) {
  std::vector<ClusterEvent> events;
  const auto add_if = [&](bool changed, Actions action) {
    if (changed) events.push_back({EventResource::kNode, action});
  };
  add_if(before.unschedulable && !after.unschedulable, kUpdateNodeTaint);
  add_if(before.allocatable != after.allocatable, kUpdateNodeAllocatable);
  add_if(before.meta.labels != after.meta.labels, kUpdateNodeLabel);
  add_if(before.taints != after.taints, kUpdateNodeTaint);
  add_if(before.conditions != after.conditions, kUpdateNodeCondition);
  add_if(before.meta.annotations != after.meta.annotations, kUpdateNodeAnnotation);
  add_if(before.declared_features != after.declared_features, kUpdateNodeDeclaredFeature);
  return events;
}

std::vector<ClusterEvent> EventsOfPodUpdate(const api::Pod& before, const api::Pod& after) {
  const EventResource resource =
      after.node_name.empty() ? EventResource::kUnschedulablePod : EventResource::kAssignedPod;
  std::vector<ClusterEvent> events;
  const auto add_if = [&](bool changed, Actions action) {
    if (changed) events.push_back({resource, action});
  };
  add_if(before.meta.labels != after.meta.labels, kUpdatePodLabel);
  add_if(AsksForLess(before, after), kUpdatePodScaleDown);
  add_if(!before.spec->scheduling_gates.empty() && after.spec->scheduling_gates.empty(),
         kUpdatePodSchedulingGatesEliminated);
  add_if(before.spec->tolerations.size() != after.spec->tolerations.size(), kUpdatePodToleration);
  add_if(before.status.resource_claims != after.status.resource_claims ||
             before.status.extended_resource_claim != after.status.extended_resource_claim,
         kUpdatePodGeneratedResourceClaim);
  if (events.empty()) add_if(true, kUpdate);
  return events;
}

}  // namespace berth::framework

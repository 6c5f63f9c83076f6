// Preemption that is carried out: victims leave at once, there is nobody to wait for.
#include <algorithm>
#include <utility>

#include "scheduler/simulate/released_claims.h"
#include "scheduler/simulate/simulation.h"

namespace berth::simulate {

bool Simulation::Apply(const cycle::PostFilterResult& result, const PendingPod& pending) {
  if (!result.node) {
    if (result.clears_nomination) cluster_->nominated.Remove(*pending.pod);
    return result.gave_up;
  }
  for (const cluster::PodIndex victim : result.victims) Evict(victim, *pending.pod);
  const std::string& node = cluster_->nodes.Name(*result.node);
  cluster_->nominated.RemoveLower(node, pending.pod_class->priority());
  cluster_->nominated.Set({pending.pod, pending.pod_class}, node);
  return true;
}

void Simulation::Evict(cluster::PodIndex victim, const api::Pod& preemptor) {
  const std::shared_ptr<const api::Pod> pod = cluster_->SharedPod(victim);
  const cluster::NodeIndex node = cluster_->NodeOf(victim);
  const auto& [meta, node_name, spec, status] = *pod;
  summary_.evictions.push_back(
      {meta.namespace_name, meta.name, cluster_->nodes.Name(node), preemptor.Key()});
  cluster_->RemovePod(victim);
  const bool waits_again = options_.requeue_evicted && WaitsAgain(*pod);
  auto claims = ReleaseClaims(*pod, waits_again, *cluster_);
  if (node_name.empty()) {
    // It was placed in this run, and is so no longer.
    --summary_.counts.placed;
    std::erase_if(summary_.placements, [&](const Placement& placement) {
      return placement.pod == meta.name && placement.namespace_name == meta.namespace_name;
    });
    if (!options_.requeue_evicted) {
      Fail(*pod, Verdict::kUnschedulable, "evicted for " + preemptor.Key());
    }
  }
  auto again = waits_again ? WaitingAgain(*pod) : nullptr;
  if (on_evicted_) {
    on_evicted_({pod, node, std::move(again), std::move(claims)});
  } else if (again != nullptr) {
    Enqueue(Pending(std::move(again)));
  }
}

bool Simulation::WaitsAgain(const api::Pod& evicted) const {
  return ProfileOf(evicted) != nullptr && !evicted.meta.deletion_timestamp;
}

std::shared_ptr<const api::Pod> Simulation::WaitingAgain(const api::Pod& evicted) {
  auto pod = std::make_shared<api::Pod>(evicted);
  pod->node_name.clear();
  const auto claims = std::move(pod->status.resource_claims);
  pod->status = {};
  pod->status.resource_claims = claims;
  return pod;
}

}  // namespace berth::simulate

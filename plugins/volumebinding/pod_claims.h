// The claims of a pod, sorted by what has to become of them.
#pragma once

#include <optional>
#include <vector>

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// A claim that waits for its first consumer: it gets a volume where the pod lands.
struct DelayedClaim {
  cluster::ClaimId id;
  const api::PersistentVolumeClaim* claim;  // as assumed
  const cluster::ClassRecord* storage_class;
  bool selected = false;  // a node has been chosen for it already

  // Unless it is selected, set by FindCandidates: the volume that is reserved for it, which it has
  // to take; else those that it can have, the smallest first (they count beside a reserved one
  // where a pod names the claim twice); and the nodes on which it finds one, if it chooses first.
  std::optional<cluster::VolumeId> reserved = {};
  std::vector<cluster::VolumeId> candidates = {};
  framework::NodeMask reach = {};
};

// Of one cycle: the pointers are good until the next change of the storage.
struct PodClaims {
  std::vector<cluster::VolumeId> bound;  // the volumes of the bound claims, in the pod's order
  std::vector<DelayedClaim> delayed;     // those that no node has been chosen for by size

  // In which order Kubernetes looks for volumes: claims with a node first, then small ones.
  void SortDelayed();
};

// Success, or why the pod cannot be placed at all, or Error for a class that does not say when it
// binds. What is missing or being deleted is told as the API server has it, whether claims are
// bound as it is assumed.
framework::Status SortClaims(const framework::PodContext& context, PodClaims& out);

}  // namespace berth::plugins

// What a pod that has left its node gives back beside it, as the controllers of a cluster see to
// it.
#pragma once

#include <memory>
#include <vector>

#include "scheduler/api/device_objects.h"
#include "scheduler/api/objects.h"
#include "scheduler/cluster/cluster.h"

namespace berth::simulate {

// A claim for devices before and after; `after` is null where it is gone.
struct ReleasedClaim {
  std::shared_ptr<const api::ResourceClaim> before;
  std::shared_ptr<const api::ResourceClaim> after;
};

// For a pod that is no longer in the cluster. Claims that were made for it alone, for volumes or
// for devices, go with it, and come anew if it `waits_again`; of shared device claims it is no
// consumer any more, and one without consumers loses its devices. A claim for a volume that is not
// made for the pod stays bound, and a volume whose claim has gone is nobody's until somebody cleans
// it. Returns the claims for devices of the pod, as they were and are.
std::vector<ReleasedClaim> ReleaseClaims(const api::Pod& pod, bool waits_again,
                                         cluster::Cluster& cluster);

}  // namespace berth::simulate

// May a pod that has its node be bound?
#pragma once

#include "scheduler/cluster/cluster.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::cycle {

// Runs the Permit plugins of the profile in their order, for a pod that is on its node by now.
// Success; kWait if some of them ask to wait and none rejects; the first rejection; or Error, which
// says who failed: "running Permit plugin "X": ...". The timeout is the shortest of those who wait.
framework::PermitResult Permit(cluster::Cluster& cluster, const framework::ProfileRuntime& profile,
                               const cluster::PodClass& pod_class, const api::Pod& pod,
                               framework::NodeIndex node);

}  // namespace berth::cycle

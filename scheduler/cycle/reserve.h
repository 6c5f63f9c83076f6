// What follows a decision: the plugins take what it needs beside the node.
#pragma once

#include "scheduler/cluster/cluster.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::cycle {

// Runs the Reserve plugins of the profile in their order, for a pod whose node has just been chosen
// and which is not on it yet. Where one fails, all of them give back what they have, in reverse
// order, and the status says who failed: "running Reserve plugin "X": ...". Not thread-safe.
framework::Status Reserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
                          const cluster::PodClass& pod_class, const api::Pod& pod,
                          framework::NodeIndex node);

// Undoes Reserve for a pod that did not get to its node after all.
void Unreserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
               const cluster::PodClass& pod_class, const api::Pod& pod, framework::NodeIndex node);

}  // namespace berth::cycle

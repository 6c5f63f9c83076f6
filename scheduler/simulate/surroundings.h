// What a virtual cluster knows beside its nodes and pods.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/cluster/cluster.h"

namespace berth::simulate {

// Namespaces, what selects pods, disruption budgets, volumes and claims for them.
void FillSurroundings(const api::ClusterObjects& objects, cluster::Cluster& cluster);

}  // namespace berth::simulate

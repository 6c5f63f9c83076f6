// Which events an update of an object comes to: one for each kind of change, in kube-scheduler's
// order. Pure functions.
#pragma once

#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/framework/cluster_event.h"

namespace berth::framework {

// kUpdateNodeTaint stands for a node that is no longer cordoned, too, and then comes first (and
// again where the taints have changed as well). Empty where nothing has changed that scheduling
// looks at.
std::vector<ClusterEvent> EventsOfNodeUpdate(const api::Node& before, const api::Node& after);

// Of kAssignedPod where the pod is on a node by now, otherwise of kUnschedulablePod. Never empty: a
// change of which nothing is known here is kUpdate.
std::vector<ClusterEvent> EventsOfPodUpdate(const api::Pod& before, const api::Pod& after);

}  // namespace berth::framework

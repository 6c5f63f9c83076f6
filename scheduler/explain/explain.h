// One question to a scheduler: where would this pod go, and why?
#pragma once

#include <memory>
#include <optional>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/explain/explanation.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::explain {

struct Question {
  std::shared_ptr<const api::Pod> pod;
  std::optional<cluster::PodIndex> running;  // where the pod is in the cluster, if it is on a node
  std::optional<cluster::NodeIndex> node;    // to be looked at under every filter
  cycle::AlgorithmOptions algorithm;
};

// Decides the pod as the next one, with everybody else where they are, and explains the decision.
// A pod that runs is taken off its node for as long as it takes. Nothing is placed or evicted: the
// cluster is as before when it returns, but for the order of the pods on that node, and for the
// claims that the PostFilter of DynamicResources lets go. Not thread-safe.
Explanation Explain(const Question& question, cluster::Cluster& cluster,
                    framework::ProfileRuntime& profile);

}  // namespace berth::explain

// A workload made into objects for a number of nodes: Kubernetes' JSON, which everybody reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/workloads/workload.h"

namespace berth::bench {

// One thing that happens to the cluster.
struct Operation {
  OperationRule::Kind kind = OperationRule::Kind::kDeletePod;
  std::int64_t before_arrival = 0;  // just before this pod is decided, from 0
  std::string name;                 // of the node; of the pod, with its namespace
};

struct Expansion {
  std::string cluster;      // a v1 List: what is there at the start, and the pods that arrive
  std::string added_nodes;  // a v1 List: the nodes that operations add
  std::vector<Operation> operations;  // in the order in which they happen
};

enum class Deployments : std::uint8_t {
  kWhole,   // as Deployments, where the order of arrival allows it
  kAsPods,  // as ReplicaSets and their pods, the way an API server stores them
};

struct ExpandOptions {
  std::int64_t nodes = 500;
  std::uint64_t seed = 1;
  Deployments deployments = Deployments::kAsPods;
};

// The same text for the same input, on every machine.
Expansion Expand(const Workload& workload, const ExpandOptions& options);

}  // namespace berth::bench

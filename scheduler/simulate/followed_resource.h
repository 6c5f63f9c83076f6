// One resource of a whole cluster, of which somebody keeps an account.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"

namespace berth::simulate {

// The resource whose amounts are thousandths of GPUs, by annotations or else by the extended
// resources that cluster/gpu_request.h knows. All other resources have Kubernetes' names, and their
// amounts are in millicores (cpu) or in their own unit.
inline constexpr std::string_view kAllGpus = "gpu";

struct FollowedResource {
  std::string name;
  bool is_gpu = false;         // kAllGpus
  cluster::ResourceId id = 0;  // unless it is GPUs
  std::int64_t capacity = 0;   // of all nodes

  std::int64_t AskedBy(const cluster::PodClass& pod) const {
    return is_gpu ? pod.gpu.total() : pod.requests[id];
  }
};

// The capacity is 0 where no node has any.
FollowedResource FollowedIn(cluster::Cluster& cluster, std::string_view resource);

// Fails where no node has any of it.
base::Result<FollowedResource> Follow(cluster::Cluster& cluster, std::string_view resource);

// cpu, memory and ephemeral-storage first, then what else any node has, by name.
std::vector<cluster::ResourceId> ShownResources(const cluster::Cluster& cluster);

}  // namespace berth::simulate

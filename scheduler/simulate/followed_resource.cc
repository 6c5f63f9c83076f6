#include "scheduler/simulate/followed_resource.h"

#include <algorithm>

#include "scheduler/base/wrapping.h"

namespace berth::simulate {
namespace {

// What is free, and what pods have.
std::int64_t GpusOf(const cluster::Cluster& cluster) {
  std::int64_t sum = 0;
  cluster.nodes.alive().ForEach([&](cluster::NodeIndex row) {
    sum += cluster.gpus.total_free()[row];
    for (const cluster::PodIndex pod : cluster.PodsOn(row)) {
      sum += cluster.ClassOf(pod).gpu.total();
    }
  });
  return sum;
}

std::int64_t AllocatableOf(const cluster::Cluster& cluster, cluster::ResourceId id) {
  std::int64_t sum = 0;
  if (id >= cluster.nodes.resource_count()) return sum;
  const auto& allocatable = cluster.nodes.allocatable(id);
  cluster.nodes.alive().ForEach(
      [&](cluster::NodeIndex row) { sum = base::WrapAdd(sum, allocatable[row]); });
  return sum;
}

}  // namespace

FollowedResource FollowedIn(cluster::Cluster& cluster, std::string_view resource) {
  FollowedResource followed{.name = std::string(resource)};
  if (resource == kAllGpus) {
    followed.is_gpu = true;
    followed.capacity = GpusOf(cluster);
    return followed;
  }
  const auto id = cluster.resources.Intern(resource);
  if (id == cluster::ResourceNames::kNoResource) return followed;
  followed.id = id;
  followed.capacity = AllocatableOf(cluster, id);
  return followed;
}

base::Result<FollowedResource> Follow(cluster::Cluster& cluster, std::string_view resource) {
  FollowedResource followed = FollowedIn(cluster, resource);
  if (followed.capacity <= 0) return base::Fail("no node has any " + std::string(resource));
  return followed;
}

std::vector<cluster::ResourceId> ShownResources(const cluster::Cluster& cluster) {
  std::vector<cluster::ResourceId> shown;
  for (cluster::ResourceId id = 0; id < cluster.nodes.resource_count(); ++id) {
    const auto& allocatable = cluster.nodes.allocatable(id);
    bool any = false;
    cluster.nodes.alive().ForEach([&](cluster::NodeIndex row) { any |= allocatable[row] != 0; });
    if (any || id == cluster::kCpu || id == cluster::kMemory) shown.push_back(id);
  }
  std::ranges::sort(shown, [&](cluster::ResourceId a, cluster::ResourceId b) {
    const bool a_scalar = a >= cluster::kFirstScalar;
    const bool b_scalar = b >= cluster::kFirstScalar;
    if (a_scalar != b_scalar) return b_scalar;
    return a_scalar ? cluster.resources.Name(a) < cluster.resources.Name(b) : a < b;
  });
  return shown;
}

}  // namespace berth::simulate

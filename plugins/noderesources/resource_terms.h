// What the scores over resources have in common: which resources count for a pod, and the columns
// that they are computed from.
#pragma once

#include <boost/container/small_vector.hpp>
#include <memory>
#include <string>
#include <vector>

#include "plugins/noderesources/device_columns.h"
#include "scheduler/api/objects.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"
#include "scoring/bounds.h"
#include "scoring/kernels.h"

namespace berth::plugins {

// A configured resource that counts for the pod.
struct ScoredResource {
  cluster::ResourceId resource;
  std::int64_t request;
  std::int64_t weight;
  std::shared_ptr<DeviceColumns> devices;  // of one that stands for devices; null for most
};

// How much of a resource a node counts as used.
enum class UsedColumn {
  kRequested,         // exact requests
  kNonZeroRequested,  // cpu and memory with the defaults for containers without a request
};

// The configured resources with the pod's requests of them. A scalar resource that the pod does not
// ask for, or a name that scheduling does not track, does not count.
std::vector<ScoredResource> ScoredResources(const std::vector<config::ResourceSpec>& configured,
                                            const cluster::ResourceVector& requests,
                                            const framework::PodContext& context);

void AppendKey(const std::vector<ScoredResource>& resources, std::string& key);

// Valid until the node table or a device changes.
boost::container::small_vector<scoring::ResourceTerm, 4> Terms(
    const std::vector<ScoredResource>& resources, const framework::PodContext& context,
    UsedColumn used);

// The same for bounds; empty where they cannot be made. Valid until the node table changes.
std::vector<scoring::BoundTerm> BoundTerms(const std::vector<ScoredResource>& resources,
                                           const cluster::NodeTable& nodes, UsedColumn used);

}  // namespace berth::plugins

// What a pod asks for: containers, init containers, sidecars, pod-level resources and overhead put
// together as Kubernetes does (component-helpers resource.PodRequests).
#pragma once

#include "scheduler/api/objects.h"

namespace berth::cluster {

// What scoring assumes of a container that requests no cpu or no memory.
inline constexpr std::int64_t kDefaultMilliCpuRequest = 100;
inline constexpr std::int64_t kDefaultMemoryRequest = 200 * 1024 * 1024;

struct PodRequestsOptions {
  // Whether spec.resources replaces the sum over the containers.
  bool pod_level = true;
  // Whether a container (init containers too) that lacks the key counts with the default above.
  bool default_cpu = false;
  bool default_memory = false;
};

// The sum over regular containers and sidecars, at least what any init container needs while the
// sidecars before it run; then pod-level requests in the place of it; then overhead. With a status,
// a container that is being resized counts with the largest of what it wants, has and was given.
// A resource that is named anywhere is in the result, even with 0.
api::ResourceList PodRequests(const api::PodSpec& spec, const api::PodStatus* status,
                              const PodRequestsOptions& options);

// True if spec.resources.requests names a resource that is supported at pod level.
bool HasPodLevelRequests(const api::PodSpec& spec);

}  // namespace berth::cluster

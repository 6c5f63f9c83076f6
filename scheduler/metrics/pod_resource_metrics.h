// What /metrics/resources shows: requests and limits of each pod, in a registry of its own.
#pragma once

#include <functional>
#include <string>

#include "scheduler/metrics/registry.h"

namespace berth::metrics {

// One amount of one pod. The caller leaves out what is zero, and pods that have ended.
struct PodResource {
  std::string namespace_name;
  std::string pod;
  std::string node = {};  // "" as long as it waits
  std::string scheduler;
  std::string priority = {};  // "" for none
  std::string resource;
  std::string unit = {};  // "cores", "bytes", "integer" or "" for what is counted otherwise
  double value = 0;
};
using EmitPodResource = std::function<void(const PodResource&)>;

// kube_pod_resource_request and kube_pod_resource_limit; the functions are called at each scrape
// and emit every amount.
void AddPodResourceMetrics(Registry& registry, std::function<void(const EmitPodResource&)> requests,
                           std::function<void(const EmitPodResource&)> limits);

}  // namespace berth::metrics

#include "scheduler/cluster/pod_requests.h"

#include <algorithm>

namespace berth::cluster {
namespace {

using api::Container;
using api::PodSpec;
using api::PodStatus;
using api::Quantity;
using api::ResourceList;

void AddTo(ResourceList& sum, const ResourceList& list) {
  for (const auto& [name, quantity] : list) sum[name] += quantity;
}

void MaxInto(ResourceList& max, const ResourceList& list) {
  for (const auto& [name, quantity] : list) {
    if (auto& value = max[name]; value < quantity) value = quantity;
  }
}

bool IsPodLevelResource(std::string_view name) {
  return name == "cpu" || name == "memory" || name.starts_with("hugepages-");
}

const api::ContainerResourceStatus* FindStatus(const PodStatus* status, std::string_view name) {
  if (status == nullptr) return nullptr;
  const auto it =
      std::ranges::find(status->container_resources, name, &api::ContainerResourceStatus::name);
  return it == status->container_resources.end() ? nullptr : &*it;
}

// What is wanted against what a resize in place has granted so far.
ResourceList WithStatus(const ResourceList& wanted, const api::ContainerResourceStatus& granted,
                        bool resize_infeasible) {
  ResourceList list = granted.requests;
  MaxInto(list, granted.allocated_resources);
  if (!resize_infeasible) MaxInto(list, wanted);
  return list;
}

ResourceList ContainerRequests(const Container& container, const PodStatus* status,
                               const PodRequestsOptions& options) {
  ResourceList requests = container.resources.requests;
  if (const auto* granted = FindStatus(status, container.name)) {
    requests = WithStatus(requests, *granted, status->resize_infeasible);
  }
  if (options.default_cpu && !requests.Contains("cpu")) {
    requests["cpu"] = Quantity::FromMilli(kDefaultMilliCpuRequest);
  }
  if (options.default_memory && !requests.Contains("memory")) {
    requests["memory"] = Quantity::FromValue(kDefaultMemoryRequest);
  }
  return requests;
}

// Adds the sidecars to `base` and returns the most that any init container needs at its time.
ResourceList InitContainerRequests(const PodSpec& spec, const PodStatus* status,
                                   const PodRequestsOptions& options, ResourceList& base) {
  ResourceList most;
  ResourceList sidecars;
  for (const auto& container : spec.init_containers) {
    ResourceList needed =
        ContainerRequests(container, container.restart_always ? status : nullptr, options);
    if (container.restart_always) {
      AddTo(base, needed);
      AddTo(sidecars, needed);
      needed = sidecars;
    } else {
      AddTo(needed, sidecars);
    }
    MaxInto(most, needed);
  }
  return most;
}

void ApplyPodLevel(const PodSpec& spec, const PodStatus* status, ResourceList& base) {
  ResourceList requests = spec.resources->requests;
  if (status != nullptr && status->pod_resources) {
    requests = WithStatus(requests, *status->pod_resources, status->resize_infeasible);
  }
  for (const auto& [name, quantity] : requests) {
    if (IsPodLevelResource(name)) base[name] = quantity;
  }
}

}  // namespace

bool HasPodLevelRequests(const PodSpec& spec) {
  return spec.resources && std::ranges::any_of(spec.resources->requests, [](const auto& entry) {
           return IsPodLevelResource(entry.first);
         });
}

ResourceList PodRequests(const PodSpec& spec, const PodStatus* status,
                         const PodRequestsOptions& options) {
  ResourceList base;
  for (const auto& container : spec.containers) {
    AddTo(base, ContainerRequests(container, status, options));
  }
  MaxInto(base, InitContainerRequests(spec, status, options, base));
  if (options.pod_level && HasPodLevelRequests(spec)) ApplyPodLevel(spec, status, base);
  AddTo(base, spec.overhead);
  return base;
}

}  // namespace berth::cluster

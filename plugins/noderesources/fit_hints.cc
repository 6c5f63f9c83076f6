// Which events may have made room for a pod that did not fit.
#include <algorithm>

#include "plugins/noderesources/device_columns.h"
#include "plugins/noderesources/fit.h"
#include "scheduler/cluster/pod_requests.h"

namespace berth::plugins {
namespace {

using cluster::ResourceVector;
using framework::EventResource;
using framework::Hint;
using framework::PodContext;
using framework::Versions;

std::int64_t AllowedPods(const api::Node& node) {
  const api::Quantity* pods = node.allocatable.Find("pods");
  return pods == nullptr ? 0 : pods->Value();
}

// What a pod takes of its node at the moment, resizes included.
ResourceVector Taken(const api::Pod& pod, cluster::ResourceNames& names) {
  return ToVector(cluster::PodRequests(*pod.spec, &pod.status, {}), names);
}

// Whether devices stand in for a resource that the node itself does not have.
bool IsDelegated(const PodContext& context, cluster::ResourceId resource,
                 std::int64_t allocatable) {
  return allocatable <= 0 && StandsForDevices(context, resource);
}

// A class that has come to stand for a resource that the pod requests. An update can only do so by
// the name that it spells out.
Hint HintOfClass(const PodContext& context, const Versions<api::DeviceClass>& changed) {
  const api::DeviceClass& now = changed.Any();
  if (changed.IsUpdate() && changed.before->extended_resource_name == now.extended_resource_name) {
    return Hint::kSkip;
  }
  return framework::QueueIf(
      std::ranges::any_of(context.pod.requests, [&](const cluster::ResourceAmount& wanted) {
        const std::string_view name = context.cluster.resources.Name(wanted.resource);
        return changed.IsUpdate() ? name == now.extended_resource_name
                                  : cluster::StandsFor(now, name);
      }));
}

}  // namespace

bool Fit::FitsEmpty(const PodContext& context, const api::Node& node) const {
  if (AllowedPods(node) < 1) return false;
  auto& names = context.cluster.resources;
  const ResourceVector allocatable = ToVector(node.allocatable, names);
  return std::ranges::all_of(context.pod.requests, [&](const cluster::ResourceAmount& wanted) {
    const auto [resource, amount] = wanted;
    return amount <= 0 || amount <= allocatable[resource] || IsIgnored(names.Name(resource)) ||
           IsDelegated(context, resource, allocatable[resource]);
  });
}

Hint Fit::HintOfPod(const PodContext& context, const api::Pod& pod,
                    const Versions<api::Pod>& changed) const {
  if (!changed.IsUpdate()) return framework::QueueIf(framework::HoldsRoom(changed.Any()));
  if (framework::IsSamePod(*changed.after, pod)) return Hint::kQueue;
  if (!framework::HoldsRoom(*changed.after)) return Hint::kSkip;
  auto& names = context.cluster.resources;
  const ResourceVector before = Taken(*changed.before, names);
  const ResourceVector after = Taken(*changed.after, names);
  return framework::QueueIf(
      std::ranges::any_of(context.pod.requests, [&](const cluster::ResourceAmount& wanted) {
        return wanted.amount != 0 && after[wanted.resource] < before[wanted.resource];
      }));
}

Hint Fit::HintOfNode(const PodContext& context, const Versions<api::Node>& node) const {
  if (node.after == nullptr || !FitsEmpty(context, *node.after)) return Hint::kSkip;
  if (node.before == nullptr) return Hint::kQueue;
  if (AllowedPods(*node.after) > AllowedPods(*node.before)) return Hint::kQueue;
  auto& names = context.cluster.resources;
  const ResourceVector before = ToVector(node.before->allocatable, names);
  const ResourceVector after = ToVector(node.after->allocatable, names);
  return framework::QueueIf(
      std::ranges::any_of(context.pod.requests, [&](const cluster::ResourceAmount& wanted) {
        const auto [resource, amount] = wanted;
        return amount > 0 && (after[resource] > before[resource] ||
                              IsDelegated(context, resource, after[resource]));
      }));
}

std::vector<framework::EventRegistration> Fit::EventsToRegister() const {
  return {{{EventResource::kPod, framework::kDelete | framework::kUpdatePodScaleDown}},
          {{EventResource::kNode, framework::kAdd | framework::kUpdateNodeAllocatable}},
          {{EventResource::kDeviceClass, framework::kAdd | framework::kUpdate}}};
}

base::Result<Hint> Fit::QueueingHint(const PodContext& context, const api::Pod& pod,
                                     const framework::ObjectChange& change) const {
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const auto changed, framework::VersionsOf<api::Pod>(change));
    return HintOfPod(context, pod, changed);
  }
  if (change.event.resource == EventResource::kDeviceClass) {
    BERTH_ASSIGN(const auto device_class, framework::VersionsOf<api::DeviceClass>(change));
    return HintOfClass(context, device_class);
  }
  BERTH_ASSIGN(const auto node, framework::VersionsOf<api::Node>(change));
  return HintOfNode(context, node);
}

}  // namespace berth::plugins

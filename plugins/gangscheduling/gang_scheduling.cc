#include "plugins/gangscheduling/gang_scheduling.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::EventResource;
using framework::Hint;

constexpr std::chrono::minutes kMaxWait{5};

framework::Status Hold(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

bool IsInGroup(const api::Pod& pod) { return !pod.spec->pod_group_name.empty(); }

}  // namespace

framework::Status GangScheduling::PreEnqueueIn(const cluster::Cluster& cluster,
                                               const api::Pod& pod) const {
  if (!IsInGroup(pod)) return {};
  const api::PodGroup* group = cluster.groups.Of(pod);
  if (group == nullptr) {
    return Hold("waiting for pods's pod group \"" + pod.spec->pod_group_name +
                "\" to appear in scheduling queue");
  }
  if (!group->min_count || cluster.groups.Known(pod) >= *group->min_count) return {};
  return Hold("waiting for minCount pods from a gang to appear in scheduling queue");
}

framework::PermitResult GangScheduling::Permit(const framework::PodContext& context,
                                               const api::Pod& pod, framework::NodeIndex) const {
  if (!IsInGroup(pod)) return {};
  const auto& groups = context.cluster.groups;
  const api::PodGroup* group = groups.Of(pod);
  if (group != nullptr && groups.Placed(pod) >= group->min_count.value_or(0)) return {};
  return {{Code::kWait, {"waiting for minCount pods from a gang to be scheduled"}}, kMaxWait};
}

std::vector<framework::EventRegistration> GangScheduling::EventsToRegister() const {
  return {{{EventResource::kPod, framework::kAdd}}, {{EventResource::kPodGroup, framework::kAdd}}};
}

// The group itself, or one more pod of it.
base::Result<Hint> GangScheduling::QueueingHint(const framework::PodContext&, const api::Pod& pod,
                                                const framework::ObjectChange& change) const {
  const auto& [meta, node_name, spec, status] = pod;
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const api::Pod* added, framework::VersionAfter<api::Pod>(change));
    return framework::QueueIf(added->meta.namespace_name == meta.namespace_name &&
                              added->spec->pod_group_name == spec->pod_group_name);
  }
  BERTH_ASSIGN(const api::PodGroup* group, framework::VersionAfter<api::PodGroup>(change));
  return framework::QueueIf(group->meta.namespace_name == meta.namespace_name &&
                            group->meta.name == spec->pod_group_name);
}

}  // namespace berth::plugins

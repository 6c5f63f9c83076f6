#include "scheduler/cycle/reserve.h"

#include <ranges>
#include <string>
#include <utility>

namespace berth::cycle {

using config::ExtensionPoint;
using framework::Code;
using framework::NodeIndex;
using framework::PodContext;
using framework::Status;

Status Reserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
               const cluster::PodClass& pod_class, const api::Pod& pod, NodeIndex node) {
  const auto& plugins = profile.At(ExtensionPoint::kReserve);
  if (plugins.empty()) return {};
  const PodContext context{cluster, pod_class};
  framework::ClassPlan& plan = profile.PlanFor(context);
  for (const framework::ActivePlugin& active : plugins) {
    Status status = active.plugin->Reserve(context, plan.states[active.slot]->state(), pod, node);
    if (status.ok()) continue;
    Unreserve(cluster, profile, pod_class, pod, node);
    if (framework::IsRejected(status.code)) return status;
    return {Code::kError,
            {"running Reserve plugin \"" + std::string(active.plugin->Name()) +
             "\": " + status.Message()}};
  }
  return {};
}

void Unreserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
               const cluster::PodClass& pod_class, const api::Pod& pod, NodeIndex node) {
  const PodContext context{cluster, pod_class};
  framework::ClassPlan& plan = profile.PlanFor(context);
  for (const auto& active : profile.At(ExtensionPoint::kReserve) | std::views::reverse) {
    active.plugin->Unreserve(context, plan.states[active.slot]->state(), pod, node);
  }
}

}  // namespace berth::cycle

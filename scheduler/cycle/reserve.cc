#include "scheduler/cycle/reserve.h"

#include <boost/container/small_vector.hpp>
#include <memory>
#include <ranges>
#include <string>
#include <utility>

namespace berth::cycle {

using config::ExtensionPoint;
using framework::Code;
using framework::NodeIndex;
using framework::PodContext;
using framework::Status;

namespace {

// A Reserve plugin with its state. Plugins change the cluster here, and with it what the next plan
// would be, so that the states are kept.
struct Reserving {
  const framework::ActivePlugin* active;
  std::shared_ptr<framework::CachedState> state;
};
using ReservingPlugins = boost::container::small_vector<Reserving, 4>;

ReservingPlugins PluginsOf(const PodContext& context, framework::ProfileRuntime& profile) {
  ReservingPlugins plugins;
  const framework::ClassPlan& plan = profile.PlanFor(context);
  for (const auto& active : profile.At(ExtensionPoint::kReserve)) {
    if (!plan.IsIdle(active.slot)) plugins.push_back({&active, plan.states[active.slot]});
  }
  return plugins;
}

void UnreserveAll(const PodContext& context, const ReservingPlugins& plugins, const api::Pod& pod,
                  NodeIndex node) {
  for (const auto& [active, state] : plugins | std::views::reverse) {
    active->plugin->Unreserve(context, state->state(), pod, node);
  }
}

}  // namespace

Status Reserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
               const cluster::PodClass& pod_class, const api::Pod& pod, NodeIndex node) {
  const PodContext context{cluster, pod_class};
  const ReservingPlugins plugins = PluginsOf(context, profile);
  for (const auto& [active, state] : plugins) {
    Status status = active->plugin->Reserve(context, state->state(), pod, node);
    if (status.ok()) continue;
    UnreserveAll(context, plugins, pod, node);
    if (framework::IsRejected(status.code)) return status;
    return {Code::kError,
            {"running Reserve plugin \"" + std::string(active->plugin->Name()) +
             "\": " + status.Message()}};
  }
  return {};
}

void Unreserve(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
               const cluster::PodClass& pod_class, const api::Pod& pod, NodeIndex node) {
  const PodContext context{cluster, pod_class};
  UnreserveAll(context, PluginsOf(context, profile), pod, node);
}

}  // namespace berth::cycle

#include "plugins/volumebinding/volume_binding.h"

#include <string>
#include <utility>

#include "plugins/volumebinding/binding_plan.h"
#include "plugins/volumebinding/pod_claims.h"
#include "plugins/volumebinding/volume_matching.h"
#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;
using framework::Status;

struct State final : framework::PluginState {
  PodClaims claims;  // of this cycle
};

bool HasClaims(const PodContext& context) {
  return context.pod.volumes != nullptr && !context.pod.volumes->claims.empty();
}

}  // namespace

bool VolumeBinding::IsIdle(const PodContext& context) const { return !HasClaims(context); }

void VolumeBinding::AppendKey(const PodContext& context, std::string& key) const {
  if (HasClaims(context)) base::AppendKey(key, context.pod.id);
}

std::unique_ptr<framework::PluginState> VolumeBinding::NewState(const PodContext&) const {
  return std::make_unique<State>();
}

framework::PreFilterResult VolumeBinding::PreFilter(const PodContext& context,
                                                    framework::PluginState& state) const {
  if (!HasClaims(context)) return {{Code::kSkip, {}}, {}};
  context.cluster.storage.node_volumes.Refresh();  // which plugins have been handed over
  PodClaims& claims = static_cast<State&>(state).claims;
  Status status = SortClaims(context, claims);
  if (status.ok()) FindCandidates(context, claims);
  return {std::move(status), {}};
}

void VolumeBinding::Filter(const PodContext& context, framework::PluginState& state,
                           NodeMask& nodes) const {
  if (!HasClaims(context)) return;
  const PodClaims& claims = static_cast<const State&>(state).claims;
  KeepReachable(context, claims, nodes);
  KeepBindable(context, claims, nodes);
}

framework::NodeStatus VolumeBinding::Explain(const PodContext& context,
                                             const framework::PluginState& state,
                                             NodeIndex node) const {
  if (!HasClaims(context)) return {};
  const auto choice = ChooseOn(context, static_cast<const State&>(state).claims, node);
  if (choice.ok()) return {};
  framework::NodeStatus status{Code::kUnschedulableAndUnresolvable, {}};
  if (!choice.reachable) {
    status.reasons.push_back("node(s) didn't match PersistentVolume's node affinity");
  }
  if (!choice.bindable) {
    status.reasons.push_back("node(s) didn't find available persistent volumes to bind");
  }
  if (!choice.has_room) status.reasons.push_back("node(s) did not have enough free storage");
  if (!choice.volumes_exist) {
    status.reasons.push_back(
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
  }
  return status;
}

void VolumeBinding::Score(const PodContext&, framework::PluginState&, const NodeMask& nodes,
                          std::span<std::int64_t> out) const {
  nodes.ForEach([&](NodeIndex node) { out[node] = 0; });
}

Status VolumeBinding::Reserve(const PodContext& context, framework::PluginState&, const api::Pod&,
                              NodeIndex node) const {
  if (!HasClaims(context)) return {};
  PodClaims claims;
  if (Status status = SortClaims(context, claims); !status.ok()) return status;
  if (claims.delayed.empty()) return {};
  FindCandidates(context, claims);
  Assume(context, ChooseOn(context, claims, node), node);
  return {};
}

void VolumeBinding::Unreserve(const PodContext& context, framework::PluginState&, const api::Pod&,
                              NodeIndex node) const {
  if (HasClaims(context)) Forget(context.cluster.storage, PlanOf(context, node));
}

}  // namespace berth::plugins

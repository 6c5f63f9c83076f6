#include "plugins/dynamicresources/dynamic_resources.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugins/dynamicresources/allocation.h"
#include "plugins/dynamicresources/binding_conditions.h"
#include "plugins/dynamicresources/claim_pre_binding.h"
#include "plugins/dynamicresources/device_state.h"
#include "plugins/dynamicresources/pod_claims.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {
namespace {

using dra::Allocated;
using dra::Binding;
using dra::ClaimsOf;
using dra::DeviceState;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::NodeStatus;
using framework::PodContext;
using framework::Status;

constexpr std::string_view kCannotAllocate = "cannot allocate all claims";
constexpr std::string_view kInvalidPools = "invalid resource pools were encountered";
constexpr std::string_view kNotAvailable = "resourceclaim not available on the node";
std::string UidOf(const api::Pod& pod) { return pod.meta.uid.empty() ? pod.Key() : pod.meta.uid; }

using Claims = std::vector<const cluster::Claim*>;

bool HasOtherStatus(const api::ResourceClaim& before, const api::ResourceClaim& after) {
  return before.allocation != after.allocation || before.reserved_for != after.reserved_for;
}

base::Result<Claims> ClaimsOf(const cluster::Cluster& cluster, const api::Pod& pod) {
  const cluster::Claimant claimant{pod.meta.name, UidOf(pod), pod.status.resource_claims, ""};
  return dra::ClaimsOf(cluster.devices, pod.meta.namespace_name, *pod.spec, claimant);
}

Status Reject(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

const DeviceState& StateOf(const framework::PluginState& state) {
  return static_cast<const DeviceState&>(state);
}

// An error of the allocator with the name of the claim that it is about.
std::string ErrorText(const PodContext& context, const DeviceState& state,
                      const dra::Allocator& allocator, NodeIndex node) {
  if (allocator.timed_out()) {
    return "node " + context.nodes().Name(node) + ": timed out trying to allocate devices";
  }
  if (!allocator.error_claim()) return allocator.error();
  const std::size_t number = *allocator.error_claim();
  if (number >= state.numbers().size()) {
    return "claim " + std::string(context.cluster.symbols.Text(context.pod.namespace_name)) +
           "/<extended-resources>" + allocator.error();
  }
  const auto claims = ClaimsOf(context);
  if (!claims) return allocator.error();
  return "claim " + (*claims)[state.numbers()[number]]->object.Key() + allocator.error();
}

// The claim of the pod for its extended resources, as it is until the API server names it.
api::ResourceClaim NewExtendedClaim(const api::Pod& pod, api::ResourceClaimSpec spec) {
  api::ResourceClaim claim;
  claim.meta.name = cluster::ExtendedClaimName(pod.meta.name);
  claim.meta.namespace_name = pod.meta.namespace_name;
  claim.meta.uid = pod.meta.namespace_name + "/" + claim.meta.name;
  claim.meta.annotations[api::kExtendedResourceClaim] = "true";
  claim.meta.owner_references.push_back({"v1", "Pod", pod.meta.name, UidOf(pod), true});
  claim.spec = std::move(spec);
  return claim;
}

}  // namespace

bool DynamicResources::IsIdle(const PodContext& context) const {
  return context.pod.claimant == nullptr && dra::DelegatedResources(context).empty();
}

void DynamicResources::AppendKey(const PodContext& context, std::string& key) const {
  const cluster::Devices& devices = context.cluster.devices;
  base::AppendKey(key, devices.class_version());
  const auto delegated = dra::DelegatedResources(context);
  if (!delegated.empty()) {
    // Which container wants what: the specification itself.
    base::AppendKey(key, reinterpret_cast<std::uintptr_t>(context.pod.spec.get()));
  }
  if (context.pod.claimant == nullptr) return;
  const auto claims = ClaimsOf(context);
  const auto is_special = [](const cluster::Claim* claim) { return claim->pending; };
  if (!claims || !context.pod.claimant->extended_claim.empty() ||
      std::ranges::any_of(*claims, is_special)) {
    // Words about this one pod, as long as nothing changes.
    base::AppendKey(key, context.pod.id);
    base::AppendKey(key, devices.claim_version());
    return;
  }
  for (const cluster::Claim* claim : *claims) {
    const bool allocated = claim->object.allocation.has_value();
    base::AppendKey(key, allocated);
    // No two claims share a version.
    base::AppendKey(key, allocated ? claim->version : std::uint64_t{claim->spec});
    if (!allocated) continue;
    base::AppendKey(
        key, static_cast<int>(dra::BindingOf(claim->object, devices.now(), args_.binding_timeout)));
  }
}

std::unique_ptr<framework::PluginState> DynamicResources::NewState(
    const PodContext& context) const {
  return std::make_unique<DeviceState>(context, args_);
}

Status DynamicResources::PreEnqueueIn(const cluster::Cluster& cluster, const api::Pod& pod) const {
  if (pod.spec->resource_claims.empty()) return {};
  const auto claims = ClaimsOf(cluster, pod);
  return claims ? Status() : Reject(claims.error().message());
}

framework::PreFilterResult DynamicResources::PreFilter(const PodContext&,
                                                       framework::PluginState& state) const {
  return {StateOf(state).prefilter(), {}};
}

void DynamicResources::Filter(const PodContext& context, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  auto& state = static_cast<DeviceState&>(plugin_state);
  if (!state.prefilter().ok()) return;
  const NodeMask asked = nodes;
  state.exhausted().Resize(nodes.size());
  state.exhausted().AndNot(asked);
  asked.ForEach([&](NodeIndex node) {
    state.SetFailed(context, node, false);
    if (!state.Refusal(context, node).empty()) return nodes.Clear(node);
    const Allocated allocated = state.Allocate(context, node);
    if (allocated == Allocated::kError) state.SetFailed(context, node, true);
    if (allocated == Allocated::kNo) state.exhausted().Set(node);
    if (allocated != Allocated::kYes || !state.ClaimsReach(context, node)) nodes.Clear(node);
  });
}

NodeStatus DynamicResources::Explain(const PodContext& context,
                                     const framework::PluginState& plugin_state,
                                     NodeIndex node) const {
  const DeviceState& state = StateOf(plugin_state);
  state.SetFailed(context, node, false);
  if (const auto refusal = state.Refusal(context, node); !refusal.empty()) {
    return {Code::kUnschedulableAndUnresolvable, {refusal}};
  }
  if (!state.DemandOn(context, node).claims.empty()) {
    dra::Allocator allocator = state.AllocatorFor(context, node);
    switch (allocator.Run()) {
      case Allocated::kError:
        state.SetFailed(context, node, true);
        return {Code::kError, {state.Keep(ErrorText(context, state, allocator, node))}};
      case Allocated::kNo:
        return {Code::kUnschedulableAndUnresolvable, {kCannotAllocate}};
      case Allocated::kInvalidPools:
        return {Code::kUnschedulableAndUnresolvable, {kInvalidPools}};
      case Allocated::kYes:
        break;
    }
  }
  if (state.ClaimsReach(context, node)) return {};
  return {Code::kUnschedulableAndUnresolvable, {kNotAvailable}};
}

// A search in vain is the usual reason, and need not be made again.
framework::Rejections DynamicResources::ExplainAll(const PodContext& context,
                                                   const framework::PluginState& plugin_state,
                                                   const NodeMask& nodes) const {
  framework::Rejections rejections;
  NodeMask exhausted = nodes;
  exhausted.And(StateOf(plugin_state).exhausted());
  NodeMask others = nodes;
  others.AndNot(exhausted);
  rejections.Add(std::move(exhausted), {Code::kUnschedulableAndUnresolvable, {kCannotAllocate}});
  others.ForEach([&](NodeIndex node) {
    rejections.Add(node, Explain(context, plugin_state, node), nodes.size());
  });
  return rejections;
}

std::vector<framework::Remedy> DynamicResources::Advise(const PodContext& context,
                                                        const framework::PluginState& plugin_state,
                                                        const NodeMask& nodes) const {
  constexpr std::size_t kFew = 3;
  const auto claims = ClaimsOf(context);
  if (!claims) return {};
  std::vector<std::string> waiting;
  std::vector<std::string> allocated;
  for (const cluster::Claim* claim : *claims) {
    const api::ResourceClaim& object = claim->object;
    (object.allocation ? allocated : waiting).push_back(object.meta.name);
  }
  const DeviceState& state = StateOf(plugin_state);
  if (!dra::DelegatedResources(context).empty()) waiting.emplace_back("<extended-resources>");
  NodeMask unreached(nodes.size());
  NodeMask without_devices(nodes.size());
  nodes.ForEach([&](NodeIndex node) {
    (state.ClaimsReach(context, node) ? without_devices : unreached).Set(node);
  });
  framework::Obstacle none{"no free devices here for the claims " + base::ListFew(waiting, kFew),
                           "free such devices, or ask for others",
                           {{"resourceClaims", waiting}}};
  framework::Obstacle elsewhere{
      "the devices of the claims " + base::ListFew(allocated, kFew) + " cannot be used from here",
      "release the claims, so that they can be allocated anew",
      {{"resourceClaims", allocated}}};
  std::vector<framework::Remedy> remedies;
  if (without_devices.Any()) remedies.push_back({{none}, std::move(without_devices)});
  if (unreached.Any()) {
    framework::Remedy& remedy = remedies.emplace_back();
    remedy.obstacles.push_back(std::move(elsewhere));
    if (!waiting.empty()) remedy.obstacles.push_back(std::move(none));
    remedy.nodes = std::move(unreached);
  }
  return remedies;
}

std::optional<NodeMask> DynamicResources::FailedNodes(const PodContext& context,
                                                      const framework::PluginState& state) const {
  if (!StateOf(state).prefilter().ok()) return std::nullopt;
  NodeMask failed = StateOf(state).failed();
  failed.Resize(context.nodes().rows());
  return failed;
}

void DynamicResources::Score(const PodContext& context, framework::PluginState& plugin_state,
                             const NodeMask& nodes, std::span<std::int64_t> out) const {
  const DeviceState& state = StateOf(plugin_state);
  const bool scores = state.prefilter().ok() && state.has_scores();
  nodes.ForEach([&](NodeIndex node) {
    out[node] = 0;
    const auto& claims = state.DemandOn(context, node).claims;
    // Where nothing is left to be allocated kube-scheduler does not look at the alternatives.
    if (claims.empty()) return;
    out[node] = state.allocated_score();
    if (!scores) return;
    dra::Allocator allocator = state.AllocatorFor(context, node);
    if (allocator.Run() != Allocated::kYes) return;
    std::set<std::pair<std::size_t, std::size_t>> seen;  // one alternative may be many devices
    for (const dra::Pick& pick : allocator.picks()) {
      if (!claims[pick.claim].requests[pick.request].prioritized) continue;
      if (!seen.insert({pick.claim, pick.request}).second) continue;
      out[node] += dra::ScoreOf(pick.alternative);
    }
  });
}

Status DynamicResources::Reserve(const PodContext& context, framework::PluginState& plugin_state,
                                 const api::Pod& pod, NodeIndex node) const {
  const DeviceState& state = StateOf(plugin_state);
  if (!state.prefilter().ok()) return {};
  cluster::Devices& devices = context.cluster.devices;
  const auto claims = ClaimsOf(context);
  if (!claims) return Reject(claims.error().message());
  const DeviceState::Demand& demand = state.DemandOn(context, node);
  dra::Allocator allocator = state.AllocatorFor(context, node);
  if (!demand.claims.empty() && allocator.Run() != Allocated::kYes) {
    return Reject(std::string(kCannotAllocate));
  }
  const std::string share = UidOf(pod) + "-" + pod.meta.name + "-";
  // Together first: what is assumed for one claim must not be in the way of the next.
  std::vector<api::ClaimAllocation> allocations;
  for (std::size_t i = 0; i < demand.claims.size(); ++i) {
    allocations.push_back(dra::MakeAllocation(demand.claims, i, allocator.picks(), devices,
                                              context.nodes().Name(node),
                                              share + std::to_string(i) + "-"));
  }
  const std::string& ns = pod.meta.namespace_name;
  const api::ClaimConsumer consumer{"", "pods", pod.meta.name, UidOf(pod)};
  for (std::size_t i = 0; i < state.numbers().size(); ++i) {
    const api::ResourceClaim& claim = (*claims)[state.numbers()[i]]->object;
    // A claim that the pod names twice keeps the devices of the first time.
    if (!claim.allocation) devices.Assume(ns, claim.meta.name, std::move(allocations[i]));
  }
  for (const cluster::Claim* claim : *claims) {
    devices.AddConsumer(ns, claim->object.meta.name, consumer);
  }
  if (demand.extended.empty()) return {};
  const std::string name = cluster::ExtendedClaimName(pod.meta.name);
  devices.SetClaim(NewExtendedClaim(pod, *demand.claims.back().spec));
  devices.Assume(ns, name, std::move(allocations.back()));
  devices.AddConsumer(ns, name, consumer);
  return {};
}

void DynamicResources::Unreserve(const PodContext& context, framework::PluginState&,
                                 const api::Pod& pod, NodeIndex) const {
  cluster::Devices& devices = context.cluster.devices;
  devices.RemoveClaim(pod.meta.namespace_name, cluster::ExtendedClaimName(pod.meta.name));
  const auto claims = ClaimsOf(context);
  if (!claims) return;
  for (const cluster::Claim* claim : *claims) {
    devices.Forget(pod.meta.namespace_name, claim->object.meta.name, UidOf(pod));
  }
}

std::optional<dra::ExtendedClaim> DynamicResources::ExtendedClaimOn(const PodContext& context,
                                                                    NodeIndex node) const {
  const DeviceState state(context, args_);
  const auto& resources = state.DemandOn(context, node).extended;
  if (resources.empty()) return std::nullopt;
  return dra::MakeExtendedClaim(*context.pod.spec, resources);
}

std::unique_ptr<framework::PreBinding> DynamicResources::PreBind(const PodContext& context,
                                                                 const api::Pod& pod,
                                                                 NodeIndex node) const {
  const bool assumed_extended =
      context.cluster.devices.FindClaim(pod.meta.namespace_name,
                                        cluster::ExtendedClaimName(pod.meta.name)) != nullptr;
  auto extended = assumed_extended ? ExtendedClaimOn(context, node) : std::nullopt;
  if (!extended && pod.spec->resource_claims.empty()) return nullptr;
  return std::make_unique<ClaimPreBinding>(pod, context.nodes().Name(node), std::move(extended),
                                           args_.binding_timeout);
}

framework::PostFilterOutcome DynamicResources::PostFilter(
    const PodContext& context, const framework::PostFilterInput& input) const {
  const auto unschedulable = [](std::string reason) {
    return Status{Code::kUnschedulable, {std::move(reason)}};
  };
  const auto claims = ClaimsOf(context);
  if (!claims || input.state == nullptr || StateOf(*input.state).prefilter().code == Code::kSkip) {
    return {unschedulable("no new claims to deallocate")};
  }
  const DeviceState& state = StateOf(*input.state);
  cluster::Devices& devices = context.cluster.devices;
  for (const std::size_t number : state.OutOfReach(context, input.rejected)) {
    const api::ResourceClaim& claim = (*claims)[number]->object;
    const bool only_ours = std::ranges::all_of(claim.reserved_for, [&](const auto& consumer) {
      return consumer.uid == context.pod.claimant->pod_uid;
    });
    if (!only_ours) continue;
    std::vector<framework::ApiWrite> writes = {dra::Deallocate(claim)};
    if (input.carry_out) devices.Deallocate(claim.meta.namespace_name, claim.meta.name);
    return {unschedulable("deallocation of ResourceClaim completed"), true, std::move(writes)};
  }
  if (!state.left_over().empty()) {
    const auto namespace_name = context.cluster.symbols.Text(context.pod.namespace_name);
    std::vector<framework::ApiWrite> writes;
    if (const auto* claim = devices.FindClaim(namespace_name, state.left_over())) {
      writes.push_back(dra::DeleteClaim(claim->object));
    }
    if (input.carry_out) devices.RemoveClaim(namespace_name, state.left_over());
    return {unschedulable("deletion of ResourceClaim completed"), true, std::move(writes)};
  }
  return {unschedulable("still not schedulable")};
}

std::vector<framework::EventRegistration> DynamicResources::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kNode,
            framework::kAdd | framework::kUpdateNodeLabel | framework::kUpdateNodeAllocatable},
           false},
          {{EventResource::kResourceClaim, framework::kAdd | framework::kUpdate}},
          {{EventResource::kPod, framework::kUpdatePodGeneratedResourceClaim}},
          {{EventResource::kDeviceClass, framework::kAdd | framework::kUpdate}, false},
          {{EventResource::kResourceSlice, framework::kAdd | framework::kUpdate}, false}};
}

// A claim of the pod that is new or has another status, or anybody's that has given devices back.
base::Result<framework::Hint> DynamicResources::QueueingHint(
    const PodContext& context, const api::Pod& pod, const framework::ObjectChange& change) const {
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const api::Pod* changed, framework::VersionAfter<api::Pod>(change));
    return framework::QueueIf(framework::IsSamePod(*changed, pod) &&
                              ClaimsOf(context.cluster, *changed).has_value());
  }
  BERTH_ASSIGN(const auto claim, framework::VersionsOf<api::ResourceClaim>(change));
  const auto own = ClaimsOf(context.cluster, pod);
  if (!own) return framework::Hint::kSkip;  // PreEnqueue would hold it back
  if (claim.IsUpdate() && claim.before->allocation && !claim.after->allocation) {
    return framework::Hint::kQueue;
  }
  const bool is_own = std::ranges::any_of(*own, [&](const cluster::Claim* wanted) {
    return wanted->object.Key() == claim.Any().Key();
  });
  return framework::QueueIf(is_own &&
                            (!claim.IsUpdate() || HasOtherStatus(*claim.before, *claim.after)));
}

}  // namespace berth::plugins

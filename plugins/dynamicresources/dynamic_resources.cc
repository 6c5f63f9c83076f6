#include "plugins/dynamicresources/dynamic_resources.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "plugins/dynamicresources/allocation.h"
#include "plugins/dynamicresources/allocator.h"
#include "plugins/dynamicresources/pod_claims.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/cluster/node_selector.h"

namespace berth::plugins {
namespace {

using dra::Allocated;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::NodeStatus;
using framework::PodContext;
using framework::Status;

constexpr std::string_view kCannotAllocate = "cannot allocate all claims";
constexpr std::string_view kInvalidPools = "invalid resource pools were encountered";
constexpr std::string_view kNotAvailable = "resourceclaim not available on the node";
// What the first alternative of a request is worth.
constexpr std::int64_t kFirstAlternativeScore = 8;

std::int64_t ScoreOf(std::size_t alternative) {
  return kFirstAlternativeScore - static_cast<std::int64_t>(alternative);
}

using Claims = std::vector<const cluster::Claim*>;

base::Result<Claims> ClaimsOf(const PodContext& context) {
  return dra::ClaimsOf(context.cluster.devices,
                       std::string(context.cluster.symbols.Text(context.pod.namespace_name)),
                       *context.pod.spec, *context.pod.claimant);
}

Status Reject(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

class State final : public framework::PluginState {
 public:
  explicit State(const PodContext& context) {
    if (context.pod.claimant == nullptr) {
      prefilter_.code = Code::kSkip;
      return;
    }
    const auto claims = ClaimsOf(context);
    if (!claims) {
      prefilter_ = Reject(claims.error().message());
      return;
    }
    if (claims->empty()) prefilter_.code = Code::kSkip;
    for (std::size_t i = 0; i < claims->size() && prefilter_.ok(); ++i) {
      AddClaim(context, *(*claims)[i], i);
    }
  }

  const Status& prefilter() const { return prefilter_; }
  bool has_scores() const { return has_scores_; }
  // Of the claims that have their devices already.
  std::int64_t allocated_score() const { return allocated_score_; }
  // Numbers of the claims, among those of the pod, that the compiled ones stand for.
  const std::vector<std::size_t>& numbers() const { return numbers_; }
  std::vector<dra::CompiledClaim>& compiled() const { return compiled_; }

  dra::Allocator AllocatorFor(const PodContext& context, NodeIndex node) const {
    return {compiled_, context.cluster.devices, context.cluster.devices.OfNode(node)};
  }

  // One search without end is enough to fail the pod: after it no other is begun.
  Allocated Allocate(const PodContext& context, NodeIndex node) {
    if (compiled_.empty()) return Allocated::kYes;
    if (gave_up_) return Allocated::kNo;
    dra::Allocator allocator = AllocatorFor(context, node);
    const Allocated allocated = allocator.Run();
    gave_up_ = allocator.timed_out();
    return allocated;
  }

  bool ClaimsReach(const PodContext& context, NodeIndex node) const {
    return std::ranges::all_of(selectors_, [&](const ClaimSelector& claim) {
      return claim.selector.Matches(context.nodes(), context.cluster.symbols, node);
    });
  }

  // The claims, by number, whose devices are out of reach of one of the nodes, on which nothing
  // else was amiss.
  std::vector<std::size_t> OutOfReach(const PodContext& context, const NodeMask& nodes) const {
    std::set<std::size_t> numbers;
    if (selectors_.empty()) return {};
    nodes.ForEach([&](NodeIndex node) {
      if (!compiled_.empty() && AllocatorFor(context, node).Run() != Allocated::kYes) return;
      for (const auto& [number, selector] : selectors_) {
        if (!selector.Matches(context.nodes(), context.cluster.symbols, node)) {
          numbers.insert(number);
        }
      }
    });
    return {numbers.begin(), numbers.end()};
  }

  // Text that lives as long as the state.
  std::string_view Keep(std::string text) const { return *texts_.insert(std::move(text)).first; }

  NodeMask failed;

 private:
  void AddClaim(const PodContext& context, const cluster::Claim& claim, std::size_t number) {
    const api::ResourceClaim& object = claim.object;
    if (claim.pending) {
      prefilter_ =
          Reject("resource claim " + object.Key() + " is in the process of being allocated");
      return;
    }
    if (object.allocation) {
      AddAllocatedScore(object);
      if (!object.allocation->node_selector) return;
      selectors_.push_back({number, cluster::CompiledNodeSelector::Compile(
                                        *object.allocation->node_selector, context.cluster.nodes,
                                        context.cluster.symbols)});
      return;
    }
    const api::ResourceClaimSpec& spec = specs_.emplace_back(object.spec);
    dra::CompiledClaim compiled{&spec, {}};
    for (const auto& request : spec.requests) {
      if (!AddRequest(context, object, request, compiled)) return;
    }
    numbers_.push_back(number);
    compiled_.push_back(std::move(compiled));
  }

  // The alternatives that an allocated claim got count as well, the same on every node.
  void AddAllocatedScore(const api::ResourceClaim& claim) {
    for (const auto& request : claim.spec.requests) {
      for (std::size_t i = 0; i < request.first_available.size(); ++i) {
        const std::string name = request.name + "/" + request.first_available[i].name;
        const auto& devices = claim.allocation->devices;
        if (std::ranges::find(devices, name, &api::AllocatedDevice::request) == devices.end()) {
          continue;
        }
        allocated_score_ += ScoreOf(i);
        break;
      }
    }
  }

  bool AddRequest(const PodContext& context, const api::ResourceClaim& claim,
                  const api::ClaimRequest& request, dra::CompiledClaim& compiled) {
    dra::CompiledRequest made{request.name, !request.first_available.empty(), {}};
    has_scores_ |= made.prioritized;
    if (!request.exactly && !made.prioritized) {
      prefilter_ = Reject("resource claim " + claim.Key() + ", request " + request.name +
                          ": unknown request type");
      return false;
    }
    if (request.exactly) {
      if (!AddAlternative(context, request.name, *request.exactly, made)) return false;
    } else {
      for (const auto& alternative : request.first_available) {
        const std::string name = request.name + "/" + alternative.name;
        if (!AddAlternative(context, name, alternative, made)) return false;
      }
    }
    compiled.requests.push_back(std::move(made));
    return true;
  }

  bool AddAlternative(const PodContext& context, const std::string& name,
                      const api::DeviceRequest& request, dra::CompiledRequest& made) {
    const auto* device_class = context.cluster.devices.FindClass(request.class_name);
    if (device_class == nullptr) {
      prefilter_ =
          Reject("request " + name + ": device class " + request.class_name + " does not exist");
      return false;
    }
    made.alternatives.push_back({&request, dra::SelectorMatcher(*device_class, request)});
    return true;
  }

  Status prefilter_;
  std::deque<api::ResourceClaimSpec> specs_;
  std::vector<std::size_t> numbers_;
  // The matchers in it remember what they have found, which changes no answer.
  mutable std::vector<dra::CompiledClaim> compiled_;
  // Where the devices of a claim can be used that has them already.
  struct ClaimSelector {
    std::size_t number;
    cluster::CompiledNodeSelector selector;
  };
  std::vector<ClaimSelector> selectors_;
  bool has_scores_ = false;
  std::int64_t allocated_score_ = 0;
  mutable std::set<std::string> texts_;
  bool gave_up_ = false;
};

const State& StateOf(const framework::PluginState& state) {
  return static_cast<const State&>(state);
}

// An error of the allocator with the name of the claim that it is about.
std::string ErrorText(const PodContext& context, const State& state,
                      const dra::Allocator& allocator, NodeIndex node) {
  if (allocator.timed_out()) {
    return "node " + context.nodes().Name(node) + ": timed out trying to allocate devices";
  }
  if (!allocator.error_claim()) return allocator.error();
  const auto claims = ClaimsOf(context);
  if (!claims) return allocator.error();
  const std::size_t number = state.numbers()[*allocator.error_claim()];
  return "claim " + (*claims)[number]->object.Key() + allocator.error();
}

}  // namespace

void DynamicResources::AppendKey(const PodContext& context, std::string& key) const {
  if (context.pod.claimant == nullptr) return;
  const cluster::Devices& devices = context.cluster.devices;
  base::AppendKey(key, devices.class_version());
  const auto claims = ClaimsOf(context);
  const auto is_special = [](const cluster::Claim* claim) { return claim->pending; };
  if (!claims || std::ranges::any_of(*claims, is_special)) {
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
  }
}

std::unique_ptr<framework::PluginState> DynamicResources::NewState(
    const PodContext& context) const {
  return std::make_unique<State>(context);
}

Status DynamicResources::PreEnqueueIn(const cluster::Cluster& cluster, const api::Pod& pod) const {
  if (pod.spec->resource_claims.empty()) return {};
  const cluster::Claimant claimant{pod.meta.name, pod.meta.uid.empty() ? pod.Key() : pod.meta.uid,
                                   pod.status.resource_claims};
  const auto claims = dra::ClaimsOf(cluster.devices, pod.meta.namespace_name, *pod.spec, claimant);
  return claims ? Status() : Reject(claims.error().message());
}

framework::PreFilterResult DynamicResources::PreFilter(const PodContext&,
                                                       framework::PluginState& state) const {
  return {StateOf(state).prefilter(), {}};
}

void DynamicResources::Filter(const PodContext& context, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  auto& state = static_cast<State&>(plugin_state);
  if (!state.prefilter().ok()) return;
  state.failed.Resize(nodes.size());
  const NodeMask asked = nodes;
  asked.ForEach([&](NodeIndex node) {
    const Allocated allocated = state.Allocate(context, node);
    state.failed.Clear(node);
    if (allocated == Allocated::kError) state.failed.Set(node);
    if (allocated != Allocated::kYes || !state.ClaimsReach(context, node)) nodes.Clear(node);
  });
}

NodeStatus DynamicResources::Explain(const PodContext& context,
                                     const framework::PluginState& plugin_state,
                                     NodeIndex node) const {
  const State& state = StateOf(plugin_state);
  if (!state.compiled().empty()) {
    dra::Allocator allocator = state.AllocatorFor(context, node);
    switch (allocator.Run()) {
      case Allocated::kError:
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

std::optional<NodeMask> DynamicResources::FailedNodes(const PodContext&,
                                                      const framework::PluginState& state) const {
  if (!StateOf(state).prefilter().ok()) return std::nullopt;
  return StateOf(state).failed;
}

void DynamicResources::Score(const PodContext& context, framework::PluginState& plugin_state,
                             const NodeMask& nodes, std::span<std::int64_t> out) const {
  const State& state = StateOf(plugin_state);
  const bool scores = state.prefilter().ok() && state.has_scores();
  // Where nothing is left to be allocated kube-scheduler does not look at the alternatives.
  const std::int64_t common = state.compiled().empty() ? 0 : state.allocated_score();
  nodes.ForEach([&](NodeIndex node) {
    out[node] = common;
    if (!scores) return;
    dra::Allocator allocator = state.AllocatorFor(context, node);
    if (allocator.Run() != Allocated::kYes) return;
    std::set<std::pair<std::size_t, std::size_t>> seen;  // one alternative may be many devices
    for (const dra::Pick& pick : allocator.picks()) {
      if (!state.compiled()[pick.claim].requests[pick.request].prioritized) continue;
      if (!seen.insert({pick.claim, pick.request}).second) continue;
      out[node] += ScoreOf(pick.alternative);
    }
  });
}

Status DynamicResources::Reserve(const PodContext& context, framework::PluginState& plugin_state,
                                 const api::Pod& pod, NodeIndex node) const {
  const State& state = StateOf(plugin_state);
  if (!state.prefilter().ok()) return {};
  cluster::Devices& devices = context.cluster.devices;
  const auto claims = ClaimsOf(context);
  if (!claims) return Reject(claims.error().message());
  dra::Allocator allocator = state.AllocatorFor(context, node);
  if (!state.compiled().empty() && allocator.Run() != Allocated::kYes) {
    return Reject(std::string(kCannotAllocate));
  }
  const std::string share = context.pod.claimant->pod_uid + "-" + pod.meta.name + "-";
  // Together first: what is assumed for one claim must not be in the way of the next.
  std::vector<api::ClaimAllocation> allocations;
  for (std::size_t i = 0; i < state.compiled().size(); ++i) {
    allocations.push_back(dra::MakeAllocation(state.compiled(), i, allocator.picks(), devices,
                                              context.nodes().Name(node),
                                              share + std::to_string(i) + "-"));
  }
  const std::string& ns = pod.meta.namespace_name;
  for (std::size_t i = 0; i < allocations.size(); ++i) {
    const api::ResourceClaim& claim = (*claims)[state.numbers()[i]]->object;
    // A claim that the pod names twice keeps the devices of the first time.
    if (!claim.allocation) devices.Assume(ns, claim.meta.name, std::move(allocations[i]));
  }
  for (const cluster::Claim* claim : *claims) {
    devices.AddConsumer(ns, claim->object.meta.name,
                        {"", "pods", pod.meta.name, context.pod.claimant->pod_uid});
  }
  return {};
}

void DynamicResources::Unreserve(const PodContext& context, framework::PluginState&,
                                 const api::Pod& pod, NodeIndex) const {
  if (context.pod.claimant == nullptr) return;
  const auto claims = ClaimsOf(context);
  if (!claims) return;
  for (const cluster::Claim* claim : *claims) {
    context.cluster.devices.Forget(pod.meta.namespace_name, claim->object.meta.name,
                                   context.pod.claimant->pod_uid);
  }
}

std::vector<std::string> DynamicResources::ClaimsToWrite(const PodContext& context) const {
  std::vector<std::string> texts;
  if (context.pod.claimant == nullptr) return texts;
  const auto claims = ClaimsOf(context);
  if (!claims) return texts;
  for (const cluster::Claim* claim : *claims) texts.push_back(dra::ClaimJson(claim->object));
  return texts;
}

framework::PostFilterOutcome DynamicResources::PostFilter(
    const PodContext& context, const framework::PostFilterInput& input) const {
  const auto unschedulable = [](std::string reason) {
    return Status{Code::kUnschedulable, {std::move(reason)}};
  };
  if (context.pod.claimant == nullptr) return {unschedulable("no new claims to deallocate")};
  const auto claims = ClaimsOf(context);
  if (!claims || claims->empty() || input.state == nullptr) {
    return {unschedulable("no new claims to deallocate")};
  }
  for (const std::size_t number : StateOf(*input.state).OutOfReach(context, input.rejected)) {
    const api::ResourceClaim& claim = (*claims)[number]->object;
    const bool only_ours = std::ranges::all_of(claim.reserved_for, [&](const auto& consumer) {
      return consumer.uid == context.pod.claimant->pod_uid;
    });
    if (!only_ours) continue;
    if (input.carry_out)
      context.cluster.devices.Deallocate(claim.meta.namespace_name, claim.meta.name);
    return {unschedulable("deallocation of ResourceClaim completed"), true};
  }
  return {unschedulable("still not schedulable")};
}

}  // namespace berth::plugins

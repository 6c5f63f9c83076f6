#include "plugins/dynamicresources/device_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "plugins/dynamicresources/binding_conditions.h"
#include "plugins/dynamicresources/pod_claims.h"

namespace berth::plugins::dra {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;
using framework::Status;

Status Reject(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

// A search counts its steps where kube-scheduler looks at the clock, so that equal input is decided
// equally on every machine; so many are about what it does in a second.
constexpr std::int64_t kStepsPerSecond = 200'000;

std::size_t StepsWithin(std::chrono::nanoseconds timeout) {
  if (timeout.count() == 0) return std::numeric_limits<std::size_t>::max();
  constexpr std::int64_t kNanosecondsPerStep = 1'000'000'000 / kStepsPerSecond;
  return static_cast<std::size_t>(timeout.count() / kNanosecondsPerStep);
}

CompiledRequest Compile(const PodContext& context, const api::ClaimRequest& request) {
  CompiledRequest made{request.name, !request.first_available.empty(), {}};
  const auto add = [&](const api::DeviceRequest& alternative) {
    const auto* device_class = context.cluster.devices.FindClass(alternative.class_name);
    made.alternatives.push_back(
        {&alternative, SelectorMatcher(*device_class, alternative, context.cluster.devices)});
  };
  if (request.exactly) {
    add(*request.exactly);
  } else {
    for (const auto& alternative : request.first_available) add(alternative);
  }
  return made;
}

// All classes of which are there.
CompiledClaim Compile(const PodContext& context, const api::ResourceClaimSpec& spec) {
  CompiledClaim compiled{&spec, {}};
  for (const auto& request : spec.requests) compiled.requests.push_back(Compile(context, request));
  return compiled;
}

}  // namespace

std::vector<DelegatedResource> DelegatedResources(const PodContext& context) {
  std::vector<DelegatedResource> delegated;
  const auto& resources = context.cluster.devices.extended_resources();
  if (resources.empty()) return delegated;
  for (const auto& [id, amount] : context.pod.requests) {
    if (id < cluster::kFirstScalar || amount <= 0) continue;
    const std::string_view name = context.cluster.resources.Name(id);
    if (const auto* class_name = resources.ClassOf(name)) {
      delegated.push_back({id, std::string(name), *class_name});
    }
  }
  return delegated;
}

base::Result<std::vector<const cluster::Claim*>> ClaimsOf(const PodContext& context) {
  if (context.pod.claimant == nullptr) return {};
  return ClaimsOf(context.cluster.devices,
                  std::string(context.cluster.symbols.Text(context.pod.namespace_name)),
                  *context.pod.spec, *context.pod.claimant);
}

DeviceState::DeviceState(const PodContext& context, const config::DynamicResourcesArgs& args)
    : max_steps_(StepsWithin(args.filter_timeout)), binding_timeout_(args.binding_timeout) {
  const auto claims = ClaimsOf(context);
  if (!claims) {
    prefilter_ = Reject(claims.error().message());
    return;
  }
  delegated_ = DelegatedResources(context);
  if (claims->empty() && delegated_.empty()) prefilter_.code = Code::kSkip;
  for (std::size_t i = 0; i < claims->size() && prefilter_.ok(); ++i) {
    AddClaim(context, *(*claims)[i], i);
  }
  FindLeftOver(context);
}

void DeviceState::FindLeftOver(const PodContext& context) {
  if (delegated_.empty() || context.pod.claimant == nullptr) return;
  const std::string& name = context.pod.claimant->extended_claim;
  const auto* claim = context.cluster.devices.FindClaim(
      context.cluster.symbols.Text(context.pod.namespace_name), name);
  if (claim != nullptr && !claim->object.spec.requests.empty()) left_over_ = name;
}

// ---- Claims ----

void DeviceState::AddClaim(const PodContext& context, const cluster::Claim& claim,
                           std::size_t number) {
  const api::ResourceClaim& object = claim.object;
  if (claim.pending) {
    prefilter_ = Reject("resource claim " + object.Key() + " is in the process of being allocated");
  } else if (object.allocation) {
    AddAllocated(context, object, number);
  } else {
    CheckRequests(context, object);
    specs_.push_back(object.spec);
    numbers_.push_back(number);
  }
}

void DeviceState::AddAllocated(const PodContext& context, const api::ResourceClaim& claim,
                               std::size_t number) {
  AddAllocatedScore(claim);
  const Binding binding = BindingOf(claim, context.cluster.devices.now(), binding_timeout_);
  if (binding == Binding::kFailed || binding == Binding::kTimedOut) unbindable_.insert(number);
  if (!claim.allocation->node_selector) return;
  selectors_.push_back({number, cluster::CompiledNodeSelector::Compile(
                                    *claim.allocation->node_selector, context.cluster.nodes,
                                    context.cluster.symbols)});
}

// The alternatives that an allocated claim got count as well, the same on every node.
void DeviceState::AddAllocatedScore(const api::ResourceClaim& claim) {
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

void DeviceState::CheckRequests(const PodContext& context, const api::ResourceClaim& claim) {
  const auto check_class = [&](const std::string& name, const std::string& class_name) {
    if (!prefilter_.ok() || context.cluster.devices.FindClass(class_name) != nullptr) return;
    prefilter_ = Reject("request " + name + ": device class " + class_name + " does not exist");
  };
  for (const auto& request : claim.spec.requests) {
    has_scores_ |= !request.first_available.empty();
    if (request.exactly) {
      check_class(request.name, request.exactly->class_name);
    } else if (request.first_available.empty()) {
      prefilter_ = Reject("resource claim " + claim.Key() + ", request " + request.name +
                          ": unknown request type");
    }
    if (!request.exactly) {
      for (const auto& alternative : request.first_available) {
        check_class(request.name + "/" + alternative.name, alternative.class_name);
      }
    }
    if (!prefilter_.ok()) return;
  }
}

// ---- Nodes ----

DeviceState::Demand DeviceState::MakeDemand(const PodContext& context,
                                            const Delegated& lacked) const {
  Demand demand;
  for (const auto& spec : specs_) demand.claims.push_back(Compile(context, spec));
  for (std::size_t i = 0; i < delegated_.size(); ++i) {
    if (lacked[i]) demand.extended[delegated_[i].name] = delegated_[i].class_name;
  }
  if (demand.extended.empty()) return demand;
  extended_.push_back(MakeExtendedClaim(*context.pod.spec, demand.extended));
  if (extended_.back().spec.requests.empty()) {
    demand.extended.clear();
  } else {
    demand.claims.push_back(Compile(context, extended_.back().spec));
  }
  return demand;
}

DeviceState::Demand& DeviceState::DemandOn(const PodContext& context, NodeIndex node) const {
  Delegated lacked(delegated_.size());
  for (std::size_t i = 0; i < delegated_.size(); ++i) {
    lacked[i] = context.nodes().allocatable(delegated_[i].id)[node] <= 0;
  }
  const auto known = demands_.find(lacked);
  if (known != demands_.end()) return known->second;
  return demands_.emplace(lacked, MakeDemand(context, lacked)).first->second;
}

Allocator DeviceState::AllocatorFor(const PodContext& context, NodeIndex node) const {
  return {DemandOn(context, node).claims, context.cluster.devices,
          context.cluster.devices.OfNode(node), max_steps_};
}

Allocated DeviceState::Allocate(const PodContext& context, NodeIndex node) {
  if (DemandOn(context, node).claims.empty()) return Allocated::kYes;
  if (gave_up_) return Allocated::kNo;
  Allocator allocator = AllocatorFor(context, node);
  const Allocated allocated = allocator.Run();
  gave_up_ = allocator.timed_out();
  return allocated;
}

void DeviceState::SetFailed(const PodContext& context, NodeIndex node, bool failed) const {
  if (failed_.size() < context.nodes().rows()) failed_.Resize(context.nodes().rows());
  if (failed) {
    failed_.Set(node);
  } else {
    failed_.Clear(node);
  }
}

std::string_view DeviceState::Refusal(const PodContext& context, NodeIndex node) const {
  if (delegated_.empty()) return "";
  if (!left_over_.empty()) return "cannot schedule extended resource claim";
  const api::ResourceList& allocatable = context.nodes().node(node).allocatable;
  for (const auto& [id, amount] : context.pod.requests) {
    if (id < cluster::kFirstScalar || amount <= 0) continue;
    if (std::ranges::find(delegated_, id, &DelegatedResource::id) != delegated_.end()) continue;
    // Only for resources that NodeResourcesFit has been told to ignore.
    if (!allocatable.Contains(context.cluster.resources.Name(id))) return "cannot fit resource";
  }
  return "";
}

bool DeviceState::ClaimsReach(const PodContext& context, NodeIndex node) const {
  return unbindable_.empty() && std::ranges::all_of(selectors_, [&](const ClaimSelector& claim) {
           return claim.selector.Matches(context.nodes(), context.cluster.symbols, node);
         });
}

std::set<std::size_t> DeviceState::OutOfReach(const PodContext& context,
                                              const NodeMask& nodes) const {
  std::set<std::size_t> numbers;
  if (selectors_.empty() && unbindable_.empty()) return numbers;
  nodes.ForEach([&](NodeIndex node) {
    if (!Refusal(context, node).empty()) return;
    if (!DemandOn(context, node).claims.empty() &&
        AllocatorFor(context, node).Run() != Allocated::kYes) {
      return;
    }
    numbers.insert(unbindable_.begin(), unbindable_.end());
    for (const auto& [number, selector] : selectors_) {
      if (!selector.Matches(context.nodes(), context.cluster.symbols, node)) numbers.insert(number);
    }
  });
  return numbers;
}

}  // namespace berth::plugins::dra

#include "plugins/volumebinding/volume_binding.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plugins/volumebinding/binding_plan.h"
#include "plugins/volumebinding/pod_claims.h"
#include "plugins/volumebinding/volume_matching.h"
#include "plugins/volumebinding/volume_pre_binding.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::EventResource;
using framework::Hint;
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

std::vector<std::string> NamesOf(const std::vector<const api::PersistentVolumeClaim*>& claims) {
  std::vector<std::string> names;
  for (const auto* claim : claims) names.push_back(claim->meta.name);
  return names;
}

// The bound claims whose volumes cannot be reached from a node.
std::vector<std::string> Unreachable(const PodContext& context, NodeIndex node) {
  cluster::Storage& storage = context.cluster.storage;
  std::vector<std::string> names;
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    const auto* object = storage.claim(claim.id).object.get();
    if (object == nullptr || object->spec.volume_name.empty()) continue;
    PodClaims alone;
    alone.bound = {storage.IdOfVolume(object->spec.volume_name)};
    NodeMask reached(context.nodes().rows());
    reached.Set(node);
    KeepReachable(context, alone, reached);
    if (!reached.Any()) names.push_back(claim.name + " (volume " + object->spec.volume_name + ")");
  }
  return names;
}

std::vector<std::string> Delayed(const PodClaims& claims) {
  std::vector<const api::PersistentVolumeClaim*> delayed;
  for (const DelayedClaim& claim : claims.delayed) delayed.push_back(claim.claim);
  return NamesOf(delayed);
}

framework::Obstacle ClaimsObstacle(std::string what, std::string change,
                                   std::vector<std::string> claims) {
  constexpr std::size_t kFew = 3;
  return {std::move(what) + ": " + base::ListFew(claims, kFew),
          std::move(change),
          {{"persistentVolumeClaims", std::move(claims)}}};
}

std::vector<framework::Obstacle> ObstaclesOf(const PodContext& context, const PodClaims& claims,
                                             NodeIndex node) {
  const NodeVolumeChoice choice = ChooseOn(context, claims, node);
  std::vector<framework::Obstacle> obstacles;
  if (!choice.reachable || !choice.volumes_exist) {
    obstacles.push_back(ClaimsObstacle("bound claims whose volumes cannot be reached from here",
                                       "give the claims volumes that can be reached",
                                       Unreachable(context, node)));
  }
  if (!choice.bindable) {
    obstacles.push_back(ClaimsObstacle(
        "no volume to bind, and none that can be provisioned here, for one of the claims",
        "add a PersistentVolume that fits and can be reached", Delayed(claims)));
  }
  if (!choice.has_room) {
    obstacles.push_back(ClaimsObstacle("too little storage capacity here for one of the claims",
                                       "ask for less storage", Delayed(claims)));
  }
  return obstacles;
}

// ---- Which changes of storage may have made room ----

bool ReachesElsewhere(const api::StorageClass& before, const api::StorageClass& after) {
  return before.allowed_topologies != after.allowed_topologies;
}

bool IsHandedOverElsewise(const api::CsiNode& before, const api::CsiNode& after) {
  const auto* then = before.meta.annotations.Find(api::kMigratedPlugins);
  const auto* now = after.meta.annotations.Find(api::kMigratedPlugins);
  return (then == nullptr ? std::string() : *then) != (now == nullptr ? std::string() : *now);
}

// The size of the largest volume that fits.
std::optional<api::Quantity> LimitOf(const api::CsiStorageCapacity& capacity) {
  return capacity.maximum_volume_size ? capacity.maximum_volume_size : capacity.capacity;
}

bool HasGrown(const api::CsiStorageCapacity& before, const api::CsiStorageCapacity& after) {
  const auto now = LimitOf(after);
  const auto then = LimitOf(before);
  return now && (!then || *now > *then);
}

bool NoLongerCounts(const api::CsiDriver& before, const api::CsiDriver& after) {
  return before.storage_capacity && !after.storage_capacity;
}

bool SpellsOut(const api::PodSpec& spec, const std::string& driver) {
  return std::ranges::any_of(spec.volumes, [&](const api::Volume& volume) {
    return volume.kind == api::VolumeKind::kCsi && volume.scope == driver;
  });
}

// An object that is new, or of which `matters` says so.
template <typename T>
base::Result<Hint> HintOf(const framework::ObjectChange& change,
                          bool (*matters)(const T& before, const T& after)) {
  BERTH_ASSIGN(const auto object, framework::VersionsOf<T>(change));
  return framework::QueueIf(!object.IsUpdate() || matters(*object.before, *object.after));
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

std::vector<framework::Remedy> VolumeBinding::Advise(const PodContext& context,
                                                     const framework::PluginState& state,
                                                     const NodeMask& nodes) const {
  const PodClaims& claims = static_cast<const State&>(state).claims;
  std::map<std::vector<std::string>, framework::Remedy> by_texts;
  nodes.ForEach([&](NodeIndex node) {
    auto obstacles = ObstaclesOf(context, claims, node);
    std::vector<std::string> texts;
    for (const auto& obstacle : obstacles) texts.push_back(obstacle.text);
    by_texts.try_emplace(texts, framework::Remedy{std::move(obstacles), NodeMask(nodes.size())})
        .first->second.nodes.Set(node);
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [texts, remedy] : by_texts) remedies.push_back(std::move(remedy));
  framework::SortByEase(remedies);
  return remedies;
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

std::unique_ptr<framework::PreBinding> VolumeBinding::PreBind(const PodContext& context,
                                                              const api::Pod&,
                                                              NodeIndex node) const {
  if (!HasClaims(context)) return nullptr;
  BindingPlan plan = PlanOf(context, node);
  if (plan.empty()) return nullptr;
  return std::make_unique<VolumePreBinding>(std::move(plan), node, context.nodes().Name(node),
                                            std::chrono::seconds(args_.bind_timeout_seconds));
}

std::vector<framework::EventRegistration> VolumeBinding::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kStorageClass, framework::kAdd | framework::kUpdate}},
          {{EventResource::kPersistentVolumeClaim, framework::kAdd | framework::kUpdate}},
          {{EventResource::kPersistentVolume, framework::kAdd | framework::kUpdate}, false},
          {{EventResource::kNode, framework::kAdd | framework::kUpdateNodeLabel}, false},
          {{EventResource::kCsiNode, framework::kAdd | framework::kUpdate}},
          {{EventResource::kCsiDriver, framework::kUpdate}},
          {{EventResource::kCsiStorageCapacity, framework::kAdd | framework::kUpdate}}};
}

base::Result<Hint> VolumeBinding::QueueingHint(const PodContext&, const api::Pod& pod,
                                               const framework::ObjectChange& change) const {
  switch (change.event.resource) {
    case EventResource::kStorageClass:
      return HintOf<api::StorageClass>(change, ReachesElsewhere);
    case EventResource::kCsiNode:
      return HintOf<api::CsiNode>(change, IsHandedOverElsewise);
    case EventResource::kCsiStorageCapacity:
      return HintOf<api::CsiStorageCapacity>(change, HasGrown);
    case EventResource::kCsiDriver: {
      BERTH_ASSIGN(const auto driver, framework::VersionsOf<api::CsiDriver>(change));
      return framework::QueueIf(driver.IsUpdate() &&
                                NoLongerCounts(*driver.before, *driver.after) &&
                                SpellsOut(*pod.spec, driver.after->meta.name));
    }
    default: {
      BERTH_ASSIGN(const auto claim, framework::VersionsOf<api::PersistentVolumeClaim>(change));
      return framework::QueueIf(cluster::UsesClaim(pod, claim.Any()));
    }
  }
}

}  // namespace berth::plugins

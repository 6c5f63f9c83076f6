#include "plugins/volumerestrictions/volume_restrictions.h"

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

constexpr std::string_view kReadWriteOncePod = "ReadWriteOncePod";

struct State final : framework::PluginState {
  // Of this cycle: the pod's ReadWriteOncePod claims, and how many of them are in use.
  std::vector<const cluster::PodClaim*> single_pod_claims;
  std::int32_t taken = 0;
};

bool IsForOnePod(const api::PersistentVolumeClaim& claim) {
  const auto& modes = claim.spec.access_modes;
  return std::ranges::find(modes, kReadWriteOncePod) != modes.end();
}

// Pods on nodes that name a claim of their namespace.
std::vector<std::string> UsersOf(const PodContext& context, const std::string& claim) {
  const cluster::Cluster& cluster = context.cluster;
  const auto own = cluster.symbols.Text(context.pod.namespace_name);
  std::vector<std::string> users;
  context.nodes().alive().ForEach([&](NodeIndex node) {
    for (const cluster::PodIndex index : cluster.PodsOn(node)) {
      const api::Pod& pod = cluster.pod(index);
      const bool uses = std::ranges::any_of(pod.spec->volumes, [&](const api::Volume& volume) {
        return volume.kind == api::VolumeKind::kPersistentVolumeClaim && volume.source == claim;
      });
      if (uses && pod.meta.namespace_name == own) users.push_back(pod.Key());
    }
  });
  std::ranges::sort(users);
  return users;
}

framework::Obstacle TakenClaim(const PodContext& context, const std::string& claim) {
  constexpr std::size_t kFew = 3;
  std::vector<std::string> users = UsersOf(context, claim);
  return {"claim " + claim + " (ReadWriteOncePod) is in use by " + base::ListFew(users, kFew),
          "take that pod away, or give the pod a claim of its own",
          {{"persistentVolumeClaim", claim}, {"pods", std::move(users)}}};
}

framework::Obstacle TakenDisk() {
  return {"a disk that the pod names in its volumes is in use by a pod on the node",
          "take that pod away, or mount the disk read-only in both where its kind allows that",
          {}};
}

// Whether a pod with the one kept out a pod with the other: by a disk, or by a claim.
bool StandInTheWay(const cluster::PodVolumes& there, const cluster::PodVolumes& wanted) {
  const auto shares = [&](const cluster::PodClaim& claim) {
    return std::ranges::find(there.claims, claim.id, &cluster::PodClaim::id) != there.claims.end();
  };
  const auto conflicts = [&](const cluster::InlineDisk& disk) {
    return std::ranges::any_of(there.disks, [&](const cluster::InlineDisk& other) {
      return cluster::Conflict(other, disk);
    });
  };
  return std::ranges::any_of(wanted.claims, shares) || std::ranges::any_of(wanted.disks, conflicts);
}

}  // namespace

bool VolumeRestrictions::IsIdle(const PodContext& context) const {
  return context.pod.volumes == nullptr;
}

void VolumeRestrictions::AppendKey(const PodContext& context, std::string& key) const {
  if (context.pod.volumes != nullptr) base::AppendKey(key, context.pod.id);
}

std::unique_ptr<framework::PluginState> VolumeRestrictions::NewState(const PodContext&) const {
  return std::make_unique<State>();
}

framework::PreFilterResult VolumeRestrictions::PreFilter(
    const PodContext& context, framework::PluginState& plugin_state) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return {{Code::kSkip, {}}, {}};
  auto& state = static_cast<State&>(plugin_state);
  state.single_pod_claims.clear();
  state.taken = 0;
  for (const cluster::PodClaim& claim : volumes->claims) {
    if (claim.ephemeral) continue;
    const cluster::ClaimRecord& record = context.cluster.storage.claim(claim.id);
    if (record.object == nullptr) {
      return {{Code::kUnschedulableAndUnresolvable,
               {"persistentvolumeclaim \"" + claim.name + "\" not found"}},
              {}};
    }
    if (!IsForOnePod(*record.object) ||
        std::ranges::find(state.single_pod_claims, claim.id, &cluster::PodClaim::id) !=
            state.single_pod_claims.end()) {
      continue;
    }
    state.single_pod_claims.push_back(&claim);
    if (record.users > 0) ++state.taken;
  }
  if (state.taken == 0 && volumes->disks.empty()) return {{Code::kSkip, {}}, {}};
  return {};
}

// kube-scheduler goes by the name of the claim alone, whatever the namespace.
bool VolumeRestrictions::PretendPod(const PodContext&, framework::PluginState& plugin_state,
                                    const cluster::PodClass& other, NodeIndex,
                                    std::int32_t change) const {
  if (other.volumes == nullptr) return true;
  auto& state = static_cast<State&>(plugin_state);
  for (const cluster::PodClaim& claim : other.volumes->claims) {
    if (claim.ephemeral) continue;
    const auto& own = state.single_pod_claims;
    if (std::ranges::find(own, claim.name, &cluster::PodClaim::name) != own.end()) {
      state.taken += change;
    }
  }
  return true;
}

void VolumeRestrictions::Filter(const PodContext& context, framework::PluginState& state,
                                NodeMask& nodes) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return;
  if (static_cast<const State&>(state).taken > 0) return nodes.ClearAll();
  const cluster::InlineDisks& disks = context.cluster.storage.disks;
  NodeMask suspects = nodes;
  suspects.And(disks.nodes());
  suspects.ForEach([&](NodeIndex node) {
    if (disks.Conflicts(node, volumes->disks)) nodes.Clear(node);
  });
}

framework::NodeStatus VolumeRestrictions::Explain(const PodContext& context,
                                                  const framework::PluginState& state,
                                                  NodeIndex node) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return {};
  if (context.cluster.storage.disks.Conflicts(node, volumes->disks)) {
    return {Code::kUnschedulable, {"node(s) had no available disk"}};
  }
  if (static_cast<const State&>(state).taken <= 0) return {};
  return {Code::kUnschedulable,
          {"node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
           "already in-use by another pod"}};
}

std::vector<framework::Remedy> VolumeRestrictions::Advise(const PodContext& context,
                                                          const framework::PluginState&,
                                                          const NodeMask& nodes) const {
  const cluster::Storage& storage = context.cluster.storage;
  std::vector<framework::Obstacle> taken;
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    const cluster::ClaimRecord& record = storage.claim(claim.id);
    if (claim.ephemeral || record.users == 0 || !IsForOnePod(*record.object)) continue;
    taken.push_back(TakenClaim(context, claim.name));
  }
  NodeMask with_disk(nodes.size());
  nodes.ForEach([&](NodeIndex node) {
    with_disk.SetTo(node, storage.disks.Conflicts(node, context.pod.volumes->disks));
  });
  NodeMask without_disk = nodes;
  without_disk.AndNot(with_disk);
  std::vector<framework::Remedy> remedies;
  if (!taken.empty() && without_disk.Any()) remedies.push_back({taken, std::move(without_disk)});
  if (with_disk.Any()) {
    taken.push_back(TakenDisk());
    remedies.push_back({std::move(taken), std::move(with_disk)});
  }
  return remedies;
}

bool VolumeRestrictions::AddTraits(const PodContext& context, framework::PluginState&,
                                   framework::Traits&) const {
  // A claim that is taken is so on every node.
  return context.pod.volumes->disks.empty();
}

std::vector<framework::EventRegistration> VolumeRestrictions::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kPod, framework::kDelete}},
          {{EventResource::kNode, framework::kAdd}, false},
          {{EventResource::kPersistentVolumeClaim, framework::kAdd}}};
}

base::Result<Hint> VolumeRestrictions::QueueingHint(const PodContext& context, const api::Pod& pod,
                                                    const framework::ObjectChange& change) const {
  if (change.event.resource == framework::EventResource::kPersistentVolumeClaim) {
    BERTH_ASSIGN(const auto claim, framework::VersionsOf<api::PersistentVolumeClaim>(change));
    return framework::QueueIf(cluster::NamesClaim(pod, claim.Any()));
  }
  BERTH_ASSIGN(const auto gone, framework::VersionsOf<api::Pod>(change));
  if (gone.Any().meta.namespace_name != pod.meta.namespace_name) return Hint::kSkip;
  auto& cluster = context.cluster;
  const auto freed = cluster::CompileVolumes(gone.Any(), cluster.storage, cluster.symbols);
  return framework::QueueIf(freed != nullptr && context.pod.volumes != nullptr &&
                            StandInTheWay(*freed, *context.pod.volumes));
}

}  // namespace berth::plugins

#include "plugins/volumerestrictions/volume_restrictions.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

constexpr std::string_view kReadWriteOncePod = "ReadWriteOncePod";

struct State final : framework::PluginState {
  bool claim_is_taken = false;  // of this cycle: a ReadWriteOncePod claim is in use
};

bool IsForOnePod(const api::PersistentVolumeClaim& claim) {
  const auto& modes = claim.spec.access_modes;
  return std::ranges::find(modes, kReadWriteOncePod) != modes.end();
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

framework::PreFilterResult VolumeRestrictions::PreFilter(const PodContext& context,
                                                         framework::PluginState& state) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return {{Code::kSkip, {}}, {}};
  bool taken = false;
  for (const cluster::PodClaim& claim : volumes->claims) {
    if (claim.ephemeral) continue;
    const cluster::ClaimRecord& record = context.cluster.storage.claim(claim.id);
    if (record.object == nullptr) {
      return {{Code::kUnschedulableAndUnresolvable,
               {"persistentvolumeclaim \"" + claim.name + "\" not found"}},
              {}};
    }
    taken |= record.users > 0 && IsForOnePod(*record.object);
  }
  static_cast<State&>(state).claim_is_taken = taken;
  if (!taken && volumes->disks.empty()) return {{Code::kSkip, {}}, {}};
  return {};
}

void VolumeRestrictions::Filter(const PodContext& context, framework::PluginState& state,
                                NodeMask& nodes) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return;
  if (static_cast<const State&>(state).claim_is_taken) return nodes.ClearAll();
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
  if (!static_cast<const State&>(state).claim_is_taken) return {};
  return {Code::kUnschedulable,
          {"node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
           "already in-use by another pod"}};
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

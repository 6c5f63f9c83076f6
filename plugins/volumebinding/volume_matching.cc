#include "plugins/volumebinding/volume_matching.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "scheduler/api/selector_match.h"

namespace berth::plugins {
namespace {

using cluster::LabelRows;
using cluster::Storage;
using cluster::VolumeId;
using cluster::VolumeRecord;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

constexpr std::string_view kNoProvisioner = "kubernetes.io/no-provisioner";

// ---- Where a volume can be reached from ----

void And(const std::shared_ptr<LabelRows>& rows, Storage& storage, NodeMask& nodes) {
  if (rows != nullptr) nodes.And(storage.label_rows.Refresh(*rows).rows());
}

bool Test(const std::shared_ptr<LabelRows>& rows, Storage& storage, NodeIndex node) {
  return rows == nullptr || storage.label_rows.Refresh(*rows).Test(node);
}

void KeepReachable(const VolumeRecord& volume, Storage& storage, NodeMask& nodes) {
  if (volume.plugin == cluster::InTreePlugin::kNone) return And(volume.affinity, storage, nodes);
  const NodeMask& migrated = storage.node_volumes.Migrated(volume.plugin);
  NodeMask rest = nodes;
  rest.AndNot(migrated);
  And(volume.affinity, storage, rest);
  nodes.And(migrated);
  And(volume.migrated_affinity, storage, nodes);
  nodes.Or(rest);
}

bool IsReachable(const VolumeRecord& volume, Storage& storage, NodeIndex node) {
  const bool migrated = volume.plugin != cluster::InTreePlugin::kNone &&
                        storage.node_volumes.Migrated(volume.plugin).Test(node);
  return Test(migrated ? volume.migrated_affinity : volume.affinity, storage, node);
}

// ---- Which volumes a claim can take ----

enum class Match { kNo, kReserved, kFree };  // kReserved: the volume names this very claim

bool IsFor(const api::ClaimReference& reference, const api::PersistentVolumeClaim& claim) {
  return reference.name == claim.meta.name &&
         reference.namespace_name == claim.meta.namespace_name &&
         (reference.uid.empty() || reference.uid == claim.meta.uid);
}

bool HasModes(const api::PersistentVolume& volume, const api::PersistentVolumeClaim& claim) {
  return std::ranges::all_of(claim.spec.access_modes, [&](const std::string& mode) {
    return std::ranges::find(volume.access_modes, mode) != volume.access_modes.end();
  });
}

// Whatever the node.
Match Compare(const api::PersistentVolume& volume, const api::PersistentVolumeClaim& claim) {
  if (volume.claim_ref && !IsFor(*volume.claim_ref, claim)) return Match::kNo;
  if (volume.capacity < claim.spec.request || volume.volume_mode != claim.spec.volume_mode ||
      volume.volume_attributes_class_name != claim.spec.volume_attributes_class_name ||
      volume.meta.deletion_timestamp) {
    return Match::kNo;
  }
  if (volume.claim_ref) return Match::kReserved;
  if (volume.phase != "Available" || !HasModes(volume, claim)) return Match::kNo;
  const auto& selector = claim.spec.selector;
  return !selector || api::Matches(*selector, volume.meta.labels) ? Match::kFree : Match::kNo;
}

// Calls visit(word, rows) for the words in which a volume can be reached from any row.
template <typename Visit>
void ForEachWord(VolumeId id, Storage& storage, const NodeMask& nodes, Visit visit) {
  const auto& affinity = storage.volume(id).affinity;
  if (affinity == nullptr) {
    for (std::size_t i = 0; i < nodes.word_count(); ++i) visit(i, nodes.words()[i]);
    return;
  }
  const LabelRows& rows = storage.label_rows.Refresh(*affinity);
  for (std::size_t i = rows.begin_word(); i < rows.end_word(); ++i) {
    visit(i, nodes.words()[i] & rows.rows().words()[i]);
  }
}

void FindCandidates(DelayedClaim& delayed, Storage& storage, const NodeMask& alive) {
  delayed.candidates.clear();
  delayed.reserved.reset();
  for (const VolumeId id : storage.VolumesOfClass(delayed.claim->StorageClassName())) {
    const Match match = Compare(*storage.volume(id).seen(), *delayed.claim);
    if (match == Match::kReserved && !delayed.reserved) delayed.reserved = id;
    if (match == Match::kFree) delayed.candidates.push_back(id);
  }
  delayed.reach = NodeMask(alive.size());
  const auto add_reach = [&](VolumeId id) {
    ForEachWord(id, storage, alive, [&](std::size_t word, NodeMask::Word rows) {
      delayed.reach.words()[word] |= rows;
    });
  };
  if (delayed.reserved) return add_reach(*delayed.reserved);
  for (const VolumeId id : delayed.candidates) add_reach(id);
}

// The volumes that the claims of the pod have taken so far on each node; nothing is remembered for
// the last claim.
class TakenVolumes {
 public:
  const NodeMask* RowsOf(VolumeId volume) const {
    const auto it = taken_.find(volume);
    return it == taken_.end() ? nullptr : &it->second;
  }
  void Add(VolumeId volume, std::size_t word, NodeMask::Word rows, std::size_t size) {
    auto [it, is_new] = taken_.try_emplace(volume);
    if (is_new) it->second.Resize(size);
    it->second.words()[word] |= rows;
  }

 private:
  std::map<VolumeId, NodeMask> taken_;
};

// The nodes among `nodes` on which the claim finds a volume that no claim before it has taken.
NodeMask MatchEverywhere(const DelayedClaim& delayed, bool is_last, Storage& storage,
                         const NodeMask& nodes, TakenVolumes& taken) {
  NodeMask matched(nodes.size());
  NodeMask open = nodes;
  open.And(delayed.reach);
  const auto take = [&](VolumeId id) {
    const NodeMask* taken_rows = taken.RowsOf(id);
    ForEachWord(id, storage, open, [&](std::size_t word, NodeMask::Word rows) {
      if (taken_rows != nullptr) rows &= ~taken_rows->words()[word];
      if (rows == 0) return;
      matched.words()[word] |= rows;
      open.words()[word] &= ~rows;
      if (!is_last) taken.Add(id, word, rows, nodes.size());
    });
  };
  // What is left open then has the reserved volume taken, by the same claim named before.
  if (delayed.reserved) take(*delayed.reserved);
  for (const VolumeId id : delayed.candidates) take(id);
  return matched;
}

std::optional<VolumeId> MatchOn(const DelayedClaim& delayed, Storage& storage, NodeIndex node,
                                const NodeVolumeChoice& choice) {
  if (!delayed.reach.Test(node)) return std::nullopt;
  const auto is_open = [&](VolumeId id) {
    const auto is_same = [id](const auto& match) { return match.second == id; };
    return std::ranges::none_of(choice.matches, is_same) &&
           Test(storage.volume(id).affinity, storage, node);
  };
  if (delayed.reserved && is_open(*delayed.reserved)) return delayed.reserved;
  const auto found = std::ranges::find_if(delayed.candidates, is_open);
  return found == delayed.candidates.end() ? std::nullopt : std::optional(*found);
}

// ---- Where a volume can be provisioned ----

// Whether the class has somebody to provision at all.
bool Provisions(const DelayedClaim& delayed) {
  const std::string& provisioner = delayed.storage_class->object.provisioner;
  return !provisioner.empty() && provisioner != kNoProvisioner;
}

// Whether the driver publishes how much room it has.
bool HasCapacities(const DelayedClaim& delayed, const Storage& storage) {
  const auto* driver = storage.FindCsiDriver(delayed.storage_class->object.provisioner);
  return driver != nullptr && driver->storage_capacity;
}

// Whether there is room for the claim in it.
bool Suffices(const cluster::CapacityRecord& capacity, const DelayedClaim& delayed) {
  const auto& object = capacity.object;
  const auto& limit = object.maximum_volume_size ? object.maximum_volume_size : object.capacity;
  return limit && *limit >= delayed.claim->spec.request && capacity.nodes != nullptr;
}

void KeepProvisionable(const DelayedClaim& delayed, Storage& storage, NodeMask& nodes) {
  if (!Provisions(delayed)) return nodes.ClearAll();
  And(delayed.storage_class->topology, storage, nodes);
  if (!HasCapacities(delayed, storage)) return;
  NodeMask with_room(nodes.size());
  for (const auto& capacity : storage.CapacitiesOfClass(delayed.storage_class->object.meta.name)) {
    if (!Suffices(capacity, delayed)) continue;
    with_room.Or(storage.label_rows.Refresh(*capacity.nodes).rows());
  }
  nodes.And(with_room);
}

bool HasRoom(const DelayedClaim& delayed, Storage& storage, NodeIndex node) {
  if (!HasCapacities(delayed, storage)) return true;
  const auto& capacities = storage.CapacitiesOfClass(delayed.storage_class->object.meta.name);
  return std::ranges::any_of(capacities, [&](const cluster::CapacityRecord& capacity) {
    return Suffices(capacity, delayed) && Test(capacity.nodes, storage, node);
  });
}

// The claims in this order; the first that cannot be provisioned decides.
void Provision(const std::vector<const DelayedClaim*>& claims, Storage& storage, NodeIndex node,
               NodeVolumeChoice& choice) {
  choice.bindable = true;
  for (const DelayedClaim* delayed : claims) {
    choice.bindable = Provisions(*delayed) && Test(delayed->storage_class->topology, storage, node);
    if (!choice.bindable) return;
    choice.has_room = HasRoom(*delayed, storage, node);
    if (!choice.has_room) return;
    choice.provisions.push_back(delayed->id);
  }
}

const std::string& SelectedNode(const DelayedClaim& delayed) {
  return *delayed.claim->meta.annotations.Find(api::kSelectedNode);
}

}  // namespace

void FindCandidates(const PodContext& context, PodClaims& claims) {
  for (DelayedClaim& delayed : claims.delayed) {
    if (delayed.selected) continue;
    FindCandidates(delayed, context.cluster.storage, context.nodes().alive());
  }
}

void KeepReachable(const PodContext& context, const PodClaims& claims, NodeMask& nodes) {
  Storage& storage = context.cluster.storage;
  for (const VolumeId id : claims.bound) {
    const VolumeRecord& volume = storage.volume(id);
    if (volume.seen() == nullptr) return nodes.ClearAll();
    KeepReachable(volume, storage, nodes);
  }
}

void KeepBindable(const PodContext& context, const PodClaims& claims, NodeMask& nodes) {
  Storage& storage = context.cluster.storage;
  TakenVolumes taken;
  for (const DelayedClaim& delayed : claims.delayed) {
    NodeMask provisionable = nodes;
    if (delayed.selected) {
      const auto row = context.nodes().Find(SelectedNode(delayed));
      const bool kept = row && nodes.Test(*row);
      nodes.ClearAll();
      if (kept) nodes.Set(*row);
      provisionable.And(nodes);
      KeepProvisionable(delayed, storage, provisionable);
      nodes = std::move(provisionable);
      continue;
    }
    KeepProvisionable(delayed, storage, provisionable);
    if (claims.delayed.size() == 1) {
      nodes.And(delayed.reach);
    } else {
      const bool is_last = &delayed == &claims.delayed.back();
      nodes = MatchEverywhere(delayed, is_last, storage, nodes, taken);
    }
    nodes.Or(provisionable);
  }
}

NodeVolumeChoice ChooseOn(const PodContext& context, const PodClaims& claims, NodeIndex node) {
  Storage& storage = context.cluster.storage;
  NodeVolumeChoice choice;
  for (const VolumeId id : claims.bound) {
    const VolumeRecord& volume = storage.volume(id);
    choice.volumes_exist = volume.seen() != nullptr;
    choice.reachable = !choice.volumes_exist || IsReachable(volume, storage, node);
    if (!choice.volumes_exist || !choice.reachable) break;
  }
  std::vector<const DelayedClaim*> unmatched;
  for (const DelayedClaim& delayed : claims.delayed) {
    if (delayed.selected) {
      choice.bindable = SelectedNode(delayed) == context.nodes().Name(node);
      if (!choice.bindable) return choice;
      unmatched.push_back(&delayed);
      continue;
    }
    if (const auto volume = MatchOn(delayed, storage, node, choice)) {
      choice.matches.emplace_back(delayed.id, *volume);
    } else {
      unmatched.push_back(&delayed);
    }
  }
  Provision(unmatched, storage, node, choice);
  return choice;
}

}  // namespace berth::plugins

#include "scheduler/cluster/storage.h"

#include <algorithm>
#include <tuple>

#include "scheduler/base/key_builder.h"

namespace berth::cluster {
namespace {

std::string QualifiedName(const std::string& namespace_name, const std::string& name) {
  return namespace_name + "/" + name;
}

// A volume's affinity is held against a node that has labels and no name: what asks for a name is
// fulfilled, as far as it can be parsed.
bool IsFulfilled(const api::Requirement& field) {
  const bool known_operator =
      field.op == api::SelectorOperator::kIn || field.op == api::SelectorOperator::kNotIn;
  return field.key == "metadata.name" && known_operator && field.values.size() == 1;
}

// nullptr: matches everywhere.
std::shared_ptr<LabelRows> RowsOf(const std::optional<api::NodeSelector>& affinity,
                                  LabelRowsCache& cache) {
  if (!affinity) return nullptr;
  api::NodeSelector selector;
  for (api::NodeSelectorTerm term : affinity->terms) {
    const bool named = !term.match_fields.empty();
    if (std::ranges::all_of(term.match_fields, IsFulfilled)) term.match_fields.clear();
    if (named && term.match_fields.empty() && term.match_expressions.empty()) return nullptr;
    selector.terms.push_back(std::move(term));
  }
  return cache.Get(selector);
}

// nullptr: everywhere. A term without expressions is nowhere.
std::shared_ptr<LabelRows> RowsOf(const std::vector<api::TopologyTerm>& topologies,
                                  LabelRowsCache& cache) {
  if (topologies.empty()) return nullptr;
  api::NodeSelector selector;
  for (const auto& term : topologies) {
    api::NodeSelectorTerm& compiled = selector.terms.emplace_back();
    for (const auto& [key, values] : term) {
      compiled.match_expressions.push_back({key, api::SelectorOperator::kIn, values});
    }
  }
  return cache.Get(selector);
}

// nullptr: nowhere.
std::shared_ptr<LabelRows> RowsOf(const std::optional<api::LabelSelector>& topology,
                                  LabelRowsCache& cache) {
  if (!topology) return nullptr;
  if (topology->empty()) return cache.Everywhere();
  api::NodeSelectorTerm term;
  for (const auto& [key, value] : topology->match_labels) {
    term.match_expressions.push_back({key, api::SelectorOperator::kIn, {value}});
  }
  term.match_expressions.insert(term.match_expressions.end(), topology->match_expressions.begin(),
                                topology->match_expressions.end());
  return cache.Get({{std::move(term)}});
}

}  // namespace

Storage::Storage(base::Interner& symbols, NodeTable& nodes, const ChangeLog& log)
    : label_rows(symbols, nodes, log), node_volumes(*this, nodes), nodes_(nodes) {}

void Storage::Set(api::StorageObjects objects) {
  for (auto& object : objects.classes) SetClass(std::move(object));
  for (auto& object : objects.csi_drivers) SetCsiDriver(std::move(object));
  for (auto& object : objects.csi_nodes) SetCsiNode(std::move(object));
  for (auto& object : objects.csi_capacities) SetCsiCapacity(std::move(object));
  for (auto& object : objects.volumes) SetVolume(std::move(object));
  for (auto& object : objects.claims) SetClaim(std::move(object));
  for (auto& object : objects.attachments) SetAttachment(std::move(object));
}

// ---- Claims ----

ClaimId Storage::IdOfClaim(const std::string& namespace_name, const std::string& name) {
  const ClaimId id = claim_names_.Intern(QualifiedName(namespace_name, name));
  if (id == claims_.size()) claims_.emplace_back();
  return id;
}

void Storage::SetClaimVolume(ClaimId id, const api::PersistentVolumeClaim* before,
                             const api::PersistentVolumeClaim* after) {
  const auto volume_of = [&](const api::PersistentVolumeClaim* claim) -> std::vector<ClaimId>* {
    if (claim == nullptr || claim->spec.volume_name.empty()) return nullptr;
    return &volumes_[IdOfVolume(claim->spec.volume_name)].claims;
  };
  if (auto* claims = volume_of(before)) std::erase(*claims, id);
  if (auto* claims = volume_of(after)) claims->push_back(id);
}

void Storage::SetClaim(api::PersistentVolumeClaim object) {
  const ClaimId id = IdOfClaim(object.meta.namespace_name, object.meta.name);
  auto claim = std::make_shared<const api::PersistentVolumeClaim>(std::move(object));
  SetClaimVolume(id, claims_[id].object.get(), claim.get());
  claims_[id].object = std::move(claim);
  claims_[id].assumed = nullptr;
  node_volumes.ClaimChanged(id);
}

void Storage::RemoveClaim(const std::string& namespace_name, const std::string& name) {
  const ClaimId id = IdOfClaim(namespace_name, name);
  SetClaimVolume(id, claims_[id].object.get(), nullptr);
  claims_[id].object = nullptr;
  claims_[id].assumed = nullptr;
  node_volumes.ClaimChanged(id);
}

void Storage::AssumeClaim(ClaimId id, std::shared_ptr<const api::PersistentVolumeClaim> claim) {
  claims_[id].assumed = std::move(claim);
}

// ---- Volumes ----

VolumeId Storage::IdOfVolume(std::string_view name) {
  const VolumeId id = volume_names_.Intern(name);
  if (id == volumes_.size()) volumes_.emplace_back();
  return id;
}

void Storage::SetVolumeObject(VolumeId id, std::shared_ptr<const api::PersistentVolume> object) {
  VolumeRecord& record = volumes_[id];
  if (record.object != nullptr) {
    std::erase(volumes_of_class_[record.object->StorageClassName()].ids, id);
  }
  record.object = std::move(object);
  record.assumed = nullptr;
  record.affinity = nullptr;
  record.migrated_affinity = nullptr;
  record.plugin = InTreePlugin::kNone;
  if (record.object != nullptr) {
    const api::PersistentVolume& volume = *record.object;
    ClassVolumes& of_class = volumes_of_class_[volume.StorageClassName()];
    of_class.ids.push_back(id);
    of_class.sorted = false;
    record.affinity = RowsOf(volume.node_affinity, label_rows);
    if (volume.source) record.plugin = InTreePluginOf(volume.source->kind);
    if (record.plugin != InTreePlugin::kNone) {
      record.migrated_affinity = RowsOf(MigratedAffinityOf(volume), label_rows);
    }
  }
  for (const ClaimId claim : record.claims) node_volumes.ClaimChanged(claim);
  // VolumeAttachments may have named it already.
  const auto attached = nodes_of_volume_.find(volume_names_.Text(id));
  if (attached == nodes_of_volume_.end()) return;
  for (const std::string& node : attached->second) CsiNodeChanged(node);
}

void Storage::SetVolume(api::PersistentVolume object) {
  const VolumeId id = IdOfVolume(object.meta.name);
  SetVolumeObject(id, std::make_shared<const api::PersistentVolume>(std::move(object)));
}

void Storage::RemoveVolume(const std::string& name) { SetVolumeObject(IdOfVolume(name), nullptr); }

void Storage::AssumeVolume(VolumeId id, std::shared_ptr<const api::PersistentVolume> volume) {
  volumes_[id].assumed = std::move(volume);
}

const std::vector<VolumeId>& Storage::VolumesOfClass(const std::string& name) {
  static const std::vector<VolumeId> none;
  const auto it = volumes_of_class_.find(name);
  if (it == volumes_of_class_.end()) return none;
  auto& [ids, sorted] = it->second;
  if (!sorted) {
    std::ranges::sort(ids, {}, [&](VolumeId id) {
      const api::PersistentVolume& volume = *volumes_[id].object;
      return std::tie(volume.capacity, volume.meta.name);
    });
    sorted = true;
  }
  return ids;
}

// ---- Classes and capacities ----

void Storage::SetClass(api::StorageClass object) {
  const std::string name = object.meta.name;
  auto topology = RowsOf(object.allowed_topologies, label_rows);
  classes_.insert_or_assign(name, ClassRecord{std::move(object), std::move(topology)});
  node_volumes.EverythingChanged();
}

void Storage::RemoveClass(const std::string& name) {
  classes_.erase(name);
  node_volumes.EverythingChanged();
}

const ClassRecord* Storage::FindClass(std::string_view name) const {
  const auto it = classes_.find(name);
  return it == classes_.end() ? nullptr : &it->second;
}

void Storage::SetCsiCapacity(api::CsiStorageCapacity object) {
  EraseCapacity(object.meta);
  class_of_capacity_[QualifiedName(object.meta.namespace_name, object.meta.name)] =
      object.storage_class_name;
  auto nodes = RowsOf(object.node_topology, label_rows);
  auto& of_class = capacities_[object.storage_class_name];
  of_class.push_back({std::move(object), std::move(nodes)});
}

void Storage::EraseCapacity(const api::ObjectMeta& meta) {
  const auto known = class_of_capacity_.find(QualifiedName(meta.namespace_name, meta.name));
  if (known == class_of_capacity_.end()) return;
  std::erase_if(capacities_[known->second], [&](const CapacityRecord& record) {
    return record.object.meta.namespace_name == meta.namespace_name &&
           record.object.meta.name == meta.name;
  });
  class_of_capacity_.erase(known);
}

void Storage::RemoveCsiCapacity(const std::string& namespace_name, const std::string& name) {
  api::ObjectMeta meta;
  meta.namespace_name = namespace_name;
  meta.name = name;
  EraseCapacity(meta);
}

const std::vector<CapacityRecord>& Storage::CapacitiesOfClass(const std::string& name) const {
  static const std::vector<CapacityRecord> none;
  const auto it = capacities_.find(name);
  return it == capacities_.end() ? none : it->second;
}

// ---- CSI nodes, drivers, attachments ----

void Storage::CsiNodeChanged(const std::string& name) {
  if (const auto row = nodes_.Find(name)) node_volumes.NodeChanged(*row);
}

void Storage::SetCsiNode(api::CsiNode object) {
  const std::string name = object.meta.name;
  const InTreePlugins migrated = MigratedPlugins(object);
  csi_nodes_.insert_or_assign(name, CsiNodeRecord{std::move(object), migrated});
  CsiNodeChanged(name);
}

void Storage::RemoveCsiNode(const std::string& name) {
  csi_nodes_.erase(name);
  CsiNodeChanged(name);
}

const CsiNodeRecord* Storage::FindCsiNode(std::string_view name) const {
  const auto it = csi_nodes_.find(name);
  return it == csi_nodes_.end() ? nullptr : &it->second;
}

void Storage::SetCsiDriver(api::CsiDriver object) {
  const std::string name = object.meta.name;
  csi_drivers_.insert_or_assign(name, std::move(object));
}

const api::CsiDriver* Storage::FindCsiDriver(std::string_view name) const {
  const auto it = csi_drivers_.find(name);
  return it == csi_drivers_.end() ? nullptr : &it->second;
}

void Storage::SetAttachment(api::VolumeAttachment object) {
  RemoveAttachment(object.meta.name);
  const std::string node = object.node_name;
  node_of_attachment_[object.meta.name] = node;
  nodes_of_volume_[object.persistent_volume_name].push_back(node);
  attachments_[node].push_back(std::move(object));
  CsiNodeChanged(node);
}

void Storage::RemoveAttachment(const std::string& name) {
  const auto known = node_of_attachment_.find(name);
  if (known == node_of_attachment_.end()) return;
  const std::string node = known->second;
  auto& on_node = attachments_[node];
  const auto removed = std::ranges::find(
      on_node, name, [](const auto& object) -> const auto& { return object.meta.name; });
  auto& nodes = nodes_of_volume_[removed->persistent_volume_name];
  nodes.erase(std::ranges::find(nodes, node));
  on_node.erase(removed);
  node_of_attachment_.erase(known);
  CsiNodeChanged(node);
}

const std::vector<api::VolumeAttachment>& Storage::AttachmentsOf(const std::string& node) const {
  static const std::vector<api::VolumeAttachment> none;
  const auto it = attachments_.find(node);
  return it == attachments_.end() ? none : it->second;
}

// ---- Nodes and pods ----

void Storage::Resize(std::size_t rows) {
  disks.Resize(rows);
  node_volumes.Resize(rows);
}

void Storage::AddPod(NodeIndex row, const PodVolumes& volumes) {
  for (const PodClaim& claim : volumes.claims) {
    if (!claim.ephemeral) ++claims_[claim.id].users;
  }
  disks.Add(row, volumes.disks);
  node_volumes.AddPod(row, volumes);
}

void Storage::RemovePod(NodeIndex row, const PodVolumes& volumes) {
  for (const PodClaim& claim : volumes.claims) {
    if (!claim.ephemeral) --claims_[claim.id].users;
  }
  disks.Remove(row, volumes.disks);
  node_volumes.RemovePod(row, volumes);
}

}  // namespace berth::cluster

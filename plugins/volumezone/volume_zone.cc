#include "plugins/volumezone/volume_zone.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"
#include "scheduler/cluster/volume_zones.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using cluster::LabelRows;
using cluster::Storage;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

struct State final : framework::PluginState {
  std::vector<std::shared_ptr<LabelRows>> required;  // of this cycle: all of them
};

std::string_view GaLabelOf(std::string_view label) {
  if (label == cluster::kBetaZoneLabel) return cluster::kZoneLabel;
  return label == cluster::kBetaRegionLabel ? cluster::kRegionLabel : label;
}

// Nodes with one of the values under the label, or else under the label that has replaced it; and
// nodes that say nothing of zones or regions at all.
api::NodeSelector NodesIn(std::string_view label, const std::vector<std::string>& values) {
  api::NodeSelector selector;
  const std::string key(label);
  const std::string ga_key(GaLabelOf(label));
  selector.terms.push_back({{{key, SelectorOperator::kIn, values}}, {}});
  if (ga_key != key) {
    selector.terms.push_back(
        {{{key, SelectorOperator::kDoesNotExist, {}}, {ga_key, SelectorOperator::kIn, values}},
         {}});
  }
  api::NodeSelectorTerm& silent = selector.terms.emplace_back();
  for (const auto topology : cluster::kTopologyLabels) {
    silent.match_expressions.push_back(
        {std::string(topology), SelectorOperator::kDoesNotExist, {}});
  }
  return selector;
}

framework::Status Rejected(std::string reason) {
  return {Code::kUnschedulableAndUnresolvable, {std::move(reason)}};
}

// The status of a claim that has no volume: Success where the volume will follow the pod.
framework::Status CheckUnbound(const api::PersistentVolumeClaim& claim, const Storage& storage) {
  const std::string& name = claim.StorageClassName();
  if (name.empty()) {
    return Rejected("PersistentVolumeClaim had no pv name and storageClass name");
  }
  const cluster::ClassRecord* record = storage.FindClass(name);
  if (record == nullptr) return Rejected("storageclass.storage.k8s.io \"" + name + "\" not found");
  const auto mode = record->object.volume_binding_mode;
  if (!mode) return Rejected("VolumeBindingMode not set for StorageClass \"" + name + "\"");
  if (*mode == api::VolumeBindingMode::kWaitForFirstConsumer) return {};
  return Rejected("PersistentVolume had no name");
}

void AddRequired(const api::PersistentVolume& volume, Storage& storage, State& state) {
  for (const auto label : cluster::kTopologyLabels) {
    const auto* value = volume.meta.labels.Find(label);
    if (value == nullptr) continue;
    const auto zones = cluster::SplitZones(*value);
    if (!zones.empty()) state.required.push_back(storage.label_rows.Get(NodesIn(label, zones)));
  }
}

framework::Status CheckClaim(const cluster::PodClaim& pod_claim, Storage& storage, State& state) {
  if (pod_claim.name.empty()) return Rejected("PersistentVolumeClaim had no name");
  const auto* claim = storage.claim(pod_claim.id).object.get();
  if (claim == nullptr) {
    return Rejected("persistentvolumeclaim \"" + pod_claim.name + "\" not found");
  }
  const std::string& name = claim->spec.volume_name;
  if (name.empty()) return CheckUnbound(*claim, storage);
  const auto* volume = storage.volume(storage.IdOfVolume(name)).object.get();
  if (volume == nullptr) return Rejected("persistentvolume \"" + name + "\" not found");
  AddRequired(*volume, storage, state);
  return {};
}

// A label of a volume that says where its nodes are.
struct VolumeLabel {
  const cluster::PodClaim* claim;
  std::string volume;
  std::string key;
  std::vector<std::string> zones;
};

std::vector<VolumeLabel> LabelsOf(const PodContext& context) {
  Storage& storage = context.cluster.storage;
  std::vector<VolumeLabel> labels;
  for (const cluster::PodClaim& claim : context.pod.volumes->claims) {
    const auto* object = claim.ephemeral ? nullptr : storage.claim(claim.id).object.get();
    if (object == nullptr || object->spec.volume_name.empty()) continue;
    const std::string& name = object->spec.volume_name;
    const auto* volume = storage.volume(storage.IdOfVolume(name)).object.get();
    if (volume == nullptr) continue;
    for (const auto key : cluster::kTopologyLabels) {
      const auto* value = volume->meta.labels.Find(key);
      if (value == nullptr) continue;
      auto zones = cluster::SplitZones(*value);
      if (!zones.empty()) labels.push_back({&claim, name, std::string(key), std::move(zones)});
    }
  }
  return labels;
}

framework::Obstacle ObstacleOf(const VolumeLabel& label) {
  constexpr std::size_t kFew = 5;
  return {"claim " + label.claim->name + ": volume " + label.volume + " is in " + label.key + " " +
              base::ListFew(label.zones, kFew),
          "give the claim a volume in the zone of the node",
          {{"persistentVolumeClaim", label.claim->name},
           {"persistentVolume", label.volume},
           {"key", label.key},
           {"values", label.zones}}};
}

}  // namespace

bool VolumeZone::IsIdle(const PodContext& context) const { return context.pod.volumes == nullptr; }

void VolumeZone::AppendKey(const PodContext& context, std::string& key) const {
  if (context.pod.volumes != nullptr) base::AppendKey(key, context.pod.id);
}

std::unique_ptr<framework::PluginState> VolumeZone::NewState(const PodContext&) const {
  return std::make_unique<State>();
}

framework::PreFilterResult VolumeZone::PreFilter(const PodContext& context,
                                                 framework::PluginState& plugin_state) const {
  const cluster::PodVolumes* volumes = context.pod.volumes.get();
  if (volumes == nullptr) return {{Code::kSkip, {}}, {}};
  auto& state = static_cast<State&>(plugin_state);
  // Held until the new ones are there, so that bitmaps live on from cycle to cycle.
  const auto before = std::move(state.required);
  state.required.clear();
  for (const cluster::PodClaim& claim : volumes->claims) {
    if (claim.ephemeral) continue;
    framework::Status status = CheckClaim(claim, context.cluster.storage, state);
    if (!status.ok()) return {std::move(status), {}};
  }
  if (state.required.empty()) return {{Code::kSkip, {}}, {}};
  return {};
}

void VolumeZone::Filter(const PodContext& context, framework::PluginState& plugin_state,
                        NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  for (const auto& rows : state.required) {
    nodes.And(context.cluster.storage.label_rows.Refresh(*rows).rows());
  }
}

framework::NodeStatus VolumeZone::Explain(const PodContext& context,
                                          const framework::PluginState& plugin_state,
                                          NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const bool fits = std::ranges::all_of(state.required, [&](const auto& rows) {
    return context.cluster.storage.label_rows.Refresh(*rows).Test(node);
  });
  if (fits) return {};
  return {Code::kUnschedulableAndUnresolvable, {"node(s) had no available volume zone"}};
}

std::vector<framework::Remedy> VolumeZone::Advise(const PodContext& context,
                                                  const framework::PluginState&,
                                                  const NodeMask& nodes) const {
  const auto labels = LabelsOf(context);
  auto& label_rows = context.cluster.storage.label_rows;
  std::map<std::vector<std::size_t>, NodeMask> by_labels;
  std::vector<std::shared_ptr<LabelRows>> rows;
  for (const auto& label : labels) rows.push_back(label_rows.Get(NodesIn(label.key, label.zones)));
  nodes.ForEach([&](NodeIndex node) {
    std::vector<std::size_t> elsewhere;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (!label_rows.Refresh(*rows[i]).Test(node)) elsewhere.push_back(i);
    }
    if (elsewhere.empty()) return;
    by_labels.try_emplace(elsewhere, NodeMask(nodes.size())).first->second.Set(node);
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [elsewhere, rejected] : by_labels) {
    framework::Remedy& remedy = remedies.emplace_back();
    for (const std::size_t i : elsewhere) remedy.obstacles.push_back(ObstacleOf(labels[i]));
    remedy.nodes = std::move(rejected);
  }
  framework::SortByEase(remedies);
  return remedies;
}

bool VolumeZone::AddTraits(const PodContext&, framework::PluginState& state,
                           framework::Traits&) const {
  return static_cast<const State&>(state).required.empty();
}

}  // namespace berth::plugins

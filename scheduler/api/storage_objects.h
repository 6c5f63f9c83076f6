// Storage as scheduling sees it: claims, volumes, classes, and what CSI drivers say of nodes. Only
// the fields that a decision, a default or a write needs are kept. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"

namespace berth::api {

// Annotations that the volume controllers and the scheduler talk through.
inline constexpr std::string_view kBindCompleted = "pv.kubernetes.io/bind-completed";
inline constexpr std::string_view kBoundByController = "pv.kubernetes.io/bound-by-controller";
inline constexpr std::string_view kSelectedNode = "volume.kubernetes.io/selected-node";
inline constexpr std::string_view kMigratedPlugins = "storage.alpha.kubernetes.io/migrated-plugins";

enum class VolumeMode : std::uint8_t { kFilesystem, kBlock };

struct PersistentVolumeClaimSpec {
  std::vector<std::string> access_modes;
  std::optional<LabelSelector> selector;  // absent: any volume
  Quantity request;                       // resources.requests[storage]
  std::string volume_name;
  std::optional<std::string> storage_class_name;
  VolumeMode volume_mode = VolumeMode::kFilesystem;
  std::string volume_attributes_class_name;
  friend bool operator==(const PersistentVolumeClaimSpec&,
                         const PersistentVolumeClaimSpec&) = default;
};

struct PersistentVolumeClaim {
  ObjectMeta meta;  // with annotations
  PersistentVolumeClaimSpec spec;
  std::string phase;

  // The annotation of old counts before the field; empty where neither names a class.
  const std::string& StorageClassName() const;
  // Whether a controller has bound it, and not merely somebody named a volume.
  bool IsBound() const {
    return !spec.volume_name.empty() && meta.annotations.Contains(kBindCompleted);
  }
};

// What a controller makes a claim of: generic ephemeral volumes, volumeClaimTemplates.
struct PersistentVolumeClaimTemplate {
  std::string name;  // of volumeClaimTemplates
  StringMap labels;
  StringMap annotations;
  PersistentVolumeClaimSpec spec;
  friend bool operator==(const PersistentVolumeClaimTemplate&,
                         const PersistentVolumeClaimTemplate&) = default;
};

// Which claim a volume belongs to.
struct ClaimReference {
  std::string namespace_name;
  std::string name;
  std::string uid;  // empty: any claim of that name
  friend bool operator==(const ClaimReference&, const ClaimReference&) = default;
};

struct PersistentVolume {
  ObjectMeta meta;    // with annotations
  Quantity capacity;  // capacity[storage]
  std::vector<std::string> access_modes;
  std::string storage_class_name;
  std::optional<ClaimReference> claim_ref;
  VolumeMode volume_mode = VolumeMode::kFilesystem;
  std::string volume_attributes_class_name;
  std::optional<NodeSelector> node_affinity;  // nodeAffinity.required
  std::optional<Volume> source;               // absent: of a kind that no plugin looks at
  std::string phase;

  const std::string& StorageClassName() const;  // as of claims
};

// One label that a topology term asks for: any of the values.
struct TopologyRequirement {
  std::string key;
  std::vector<std::string> values;
  friend bool operator==(const TopologyRequirement&, const TopologyRequirement&) = default;
};
using TopologyTerm = std::vector<TopologyRequirement>;  // all of them

enum class VolumeBindingMode : std::uint8_t { kImmediate, kWaitForFirstConsumer };

struct StorageClass {
  ObjectMeta meta;  // with annotations
  std::string provisioner;
  std::optional<VolumeBindingMode> volume_binding_mode;
  std::vector<TopologyTerm> allowed_topologies;  // any of them; empty: anywhere
};

struct CsiNodeDriver {
  std::string name;
  std::optional<std::int32_t> allocatable_count;  // absent: no limit
};

struct CsiNode {
  ObjectMeta meta;  // with annotations
  std::vector<CsiNodeDriver> drivers;
};

struct CsiDriver {
  ObjectMeta meta;
  bool storage_capacity = false;
  bool prevent_pod_scheduling_if_missing = false;
};

struct CsiStorageCapacity {
  ObjectMeta meta;
  std::string storage_class_name;
  std::optional<LabelSelector> node_topology;  // absent: no node
  std::optional<Quantity> capacity;
  std::optional<Quantity> maximum_volume_size;
};

struct VolumeAttachment {
  ObjectMeta meta;
  std::string attacher;  // the CSI driver
  std::string node_name;
  std::string persistent_volume_name;  // empty for a volume that is spelled out
};

// The storage objects of one run, in the order of the input.
struct StorageObjects {
  std::vector<PersistentVolumeClaim> claims;
  std::vector<PersistentVolume> volumes;
  std::vector<StorageClass> classes;
  std::vector<CsiNode> csi_nodes;
  std::vector<CsiDriver> csi_drivers;
  std::vector<CsiStorageCapacity> csi_capacities;
  std::vector<VolumeAttachment> attachments;
};

// What an API server and its volume controller would have filled in: namespaces and uids; and, in
// objects that never met one (which have no creationTimestamp), Immediate for a class that does not
// say when it binds, the default class for a claim that names none, the phase of a volume.
void ApplyStorageDefaults(StorageObjects& objects);

}  // namespace berth::api

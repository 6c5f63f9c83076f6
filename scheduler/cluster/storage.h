// Claims, volumes, classes and what CSI drivers say, as scheduling looks them up: by name, with the
// nodes that they can be reached from.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/storage_objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/inline_disks.h"
#include "scheduler/cluster/label_rows.h"
#include "scheduler/cluster/node_volumes.h"
#include "scheduler/cluster/pod_volumes.h"

namespace berth::cluster {

// A PersistentVolume by name, whether or not there is such an object. Dense from 0.
using VolumeId = std::uint32_t;

// Two views of an object. Most plugins see what the API server has; VolumeBinding sees what it has
// decided itself and not yet written, or written and not yet seen come back.
template <typename T>
struct StoredObject {
  std::shared_ptr<const T> object;   // null: there is none
  std::shared_ptr<const T> assumed;  // null: as `object`

  const T* seen() const { return assumed != nullptr ? assumed.get() : object.get(); }
};

struct ClaimRecord : StoredObject<api::PersistentVolumeClaim> {
  std::int32_t users = 0;  // pods on nodes that name the claim (not those it was made for)
};

struct VolumeRecord : StoredObject<api::PersistentVolume> {
  std::shared_ptr<LabelRows> affinity;  // null: everywhere
  // Where the plugin of the volume has been handed over to a CSI driver.
  std::shared_ptr<LabelRows> migrated_affinity;
  InTreePlugin plugin = InTreePlugin::kNone;
  std::vector<ClaimId> claims;  // whose volumeName it is
};

struct ClassRecord {
  api::StorageClass object;
  std::shared_ptr<LabelRows> topology;  // null: everywhere
};

struct CapacityRecord {
  api::CsiStorageCapacity object;
  std::shared_ptr<LabelRows> nodes;  // null: none
};

struct CsiNodeRecord {
  api::CsiNode object;
  InTreePlugins migrated = 0;
};

// The mutable store, with one writer. Names that pods or claims refer to get a number whether or
// not the object is there, and keep it for good. Not thread-safe.
//
// Nothing here goes into the change log, which is about nodes: the plugins that look at volumes say
// kClusterWide of themselves, are asked anew for every pod that has some, and skip for all others.
// What is worth keeping, bitmaps and counts, is kept here and brought up to date.
class Storage {
 public:
  Storage(base::Interner& symbols, NodeTable& nodes, const ChangeLog& log);

  // ---- Objects: added, or replaced by name. What was assumed about them is forgotten. ----

  void Set(api::StorageObjects objects);
  void SetClaim(api::PersistentVolumeClaim object);
  void RemoveClaim(const std::string& namespace_name, const std::string& name);
  void SetVolume(api::PersistentVolume object);
  void RemoveVolume(const std::string& name);
  void SetClass(api::StorageClass object);
  void RemoveClass(const std::string& name);
  void SetCsiNode(api::CsiNode object);
  void RemoveCsiNode(const std::string& name);
  void SetCsiDriver(api::CsiDriver object);
  void RemoveCsiDriver(const std::string& name) { csi_drivers_.erase(name); }
  void SetCsiCapacity(api::CsiStorageCapacity object);
  void RemoveCsiCapacity(const std::string& namespace_name, const std::string& name);
  void SetAttachment(api::VolumeAttachment object);
  void RemoveAttachment(const std::string& name);

  // ---- Nodes and pods: called by Cluster ----

  void Resize(std::size_t rows);
  void NodeChanged(NodeIndex row) { node_volumes.NodeChanged(row); }
  void AddPod(NodeIndex row, const PodVolumes& volumes);
  void RemovePod(NodeIndex row, const PodVolumes& volumes);

  // ---- What VolumeBinding decides ----

  void AssumeClaim(ClaimId id, std::shared_ptr<const api::PersistentVolumeClaim> claim);
  void AssumeVolume(VolumeId id, std::shared_ptr<const api::PersistentVolume> volume);
  void RestoreClaim(ClaimId id) { claims_[id].assumed = nullptr; }
  void RestoreVolume(VolumeId id) { volumes_[id].assumed = nullptr; }

  // ---- Looking up ----

  ClaimId IdOfClaim(const std::string& namespace_name, const std::string& name);
  VolumeId IdOfVolume(std::string_view name);
  const ClaimRecord& claim(ClaimId id) const { return claims_[id]; }
  const VolumeRecord& volume(VolumeId id) const { return volumes_[id]; }
  // nullptr where there is none.
  const ClassRecord* FindClass(std::string_view name) const;
  const CsiNodeRecord* FindCsiNode(std::string_view name) const;
  const api::CsiDriver* FindCsiDriver(std::string_view name) const;

  // The volumes of a class, the smallest first, by name among equally large ones (kube-scheduler
  // leaves the order of those open).
  const std::vector<VolumeId>& VolumesOfClass(const std::string& name);
  const std::vector<CapacityRecord>& CapacitiesOfClass(const std::string& name) const;
  const std::vector<api::VolumeAttachment>& AttachmentsOf(const std::string& node) const;

  InlineDisks disks;
  LabelRowsCache label_rows;
  NodeVolumes node_volumes;

 private:
  struct ClassVolumes {
    std::vector<VolumeId> ids;
    bool sorted = true;
  };

  void SetClaimVolume(ClaimId id, const api::PersistentVolumeClaim* before,
                      const api::PersistentVolumeClaim* after);
  void SetVolumeObject(VolumeId id, std::shared_ptr<const api::PersistentVolume> object);
  void CsiNodeChanged(const std::string& name);
  void EraseCapacity(const api::ObjectMeta& meta);

  const NodeTable& nodes_;
  base::Interner claim_names_;
  base::Interner volume_names_;
  std::deque<ClaimRecord> claims_;
  std::deque<VolumeRecord> volumes_;
  std::map<std::string, ClassRecord, std::less<>> classes_;
  std::map<std::string, ClassVolumes> volumes_of_class_;
  std::map<std::string, CsiNodeRecord, std::less<>> csi_nodes_;
  std::map<std::string, api::CsiDriver, std::less<>> csi_drivers_;
  std::map<std::string, std::vector<CapacityRecord>> capacities_;          // by class
  std::map<std::string, std::string> class_of_capacity_;                   // by namespace and name
  std::map<std::string, std::vector<api::VolumeAttachment>> attachments_;  // by node
  std::map<std::string, std::string> node_of_attachment_;
  std::map<std::string, std::vector<std::string>, std::less<>> nodes_of_volume_;  // attached to
};

}  // namespace berth::cluster

// How many volumes of each CSI driver are attached to each node, against the driver's limit there.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "scheduler/base/interner.h"
#include "scheduler/cluster/csi_migration.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_volumes.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

class Storage;

// A volume that counts against the limit of a driver.
struct CountedVolume {
  base::Symbol handle;  // of "driver/handle"
  base::Symbol driver;
  friend auto operator<=>(const CountedVolume&, const CountedVolume&) = default;
};

// Counts the volumes that pods on a node use (each once, by driver and handle) and those that
// VolumeAttachments name. Objects are looked at as the API server has them: what is assumed does
// not count. Changes only mark rows and claims; Refresh counts what was marked. Not thread-safe.
//
// Algorithm: a column of attached volumes and one of limits for each driver that a pod has asked
// for, so that a pod is held against all nodes by one kernel call a driver. Only nodes that have
// one of its volumes already are looked at one by one.
class NodeVolumes {
 public:
  NodeVolumes(Storage& storage, const NodeTable& nodes) : storage_(storage), nodes_(nodes) {}

  void Resize(std::size_t rows);
  void AddPod(NodeIndex row, const PodVolumes& volumes) { Change(row, volumes, 1); }
  void RemovePod(NodeIndex row, const PodVolumes& volumes) { Change(row, volumes, -1); }

  // The node came, or its CSINode or its VolumeAttachments changed.
  void NodeChanged(NodeIndex row) { dirty_.Set(row); }
  // The claim, its volume or its class changed.
  void ClaimChanged(ClaimId claim);
  void EverythingChanged();

  void Refresh();

  // The volumes of a pod, each handle once. Claims that do not exist are left out.
  std::vector<CountedVolume> CountedOf(const PodVolumes& volumes);

  // After Refresh. Clears rows where the volumes, so far as they are not attached yet, would be too
  // many.
  void Filter(std::span<const CountedVolume> wanted, scoring::NodeMask& rows);
  bool Exceeds(NodeIndex row, std::span<const CountedVolume> wanted) const;
  std::string_view DriverName(const CountedVolume& volume) const {
    return names_.Text(volume.driver);
  }
  // The nodes that have handed a plugin over.
  const scoring::NodeMask& Migrated(InTreePlugin plugin) const {
    return migrated_[static_cast<std::size_t>(plugin)];
  }

 private:
  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kPluginCount = 8;

  struct InlineUse {
    CountedVolume volume;
    std::int32_t pods;
  };
  struct Row {
    std::vector<std::pair<ClaimId, std::int32_t>> claims;  // with the number of pods
    std::vector<InlineUse> inline_volumes;
    std::vector<CountedVolume> attached;  // by pods; sorted, each handle once
    std::vector<CountedVolume> others;    // by VolumeAttachments alone
    std::vector<std::pair<base::Symbol, std::int64_t>> limits;
  };
  struct Driver {
    scoring::Column<std::int64_t> limits;
    scoring::Column<std::int64_t> attached;
  };
  struct Claim {
    boost::container::small_vector<std::pair<NodeIndex, std::int32_t>, 1> rows;
    std::optional<CountedVolume> counted;
    bool known = false;  // `counted` is up to date
  };

  void Change(NodeIndex row, const PodVolumes& volumes, std::int32_t delta);
  void ChangeInline(NodeIndex row, const api::Volume& volume, std::int32_t delta);
  Claim& ClaimOf(ClaimId id);
  const std::optional<CountedVolume>& Counted(ClaimId id);
  std::optional<CountedVolume> CountClaim(ClaimId id);
  std::optional<CountedVolume> CountSource(const api::Volume& source,
                                           const api::PersistentVolume* volume);
  CountedVolume Make(std::string_view driver, std::string_view handle);

  void RefreshRow(NodeIndex index);
  void ReadCsiNode(NodeIndex index);
  void CollectAttached(Row& row);
  void CollectOthers(NodeIndex index);
  void Index(NodeIndex index, const std::vector<CountedVolume>& before);
  void SetColumns(NodeIndex index, base::Symbol driver, Driver& columns) const;
  // nullptr beyond so many drivers as no cluster has.
  Driver* ColumnsOf(base::Symbol driver);

  std::int64_t AttachedTo(const Row& row, base::Symbol driver) const;
  std::int64_t LimitOf(const Row& row, base::Symbol driver) const;

  Storage& storage_;
  const NodeTable& nodes_;
  base::Interner names_;  // of drivers and handles
  std::vector<Row> rows_;
  scoring::NodeMask dirty_;
  std::deque<Claim> claims_;  // by ClaimId
  scoring::NodeMask migrated_[kPluginCount];
  boost::unordered_flat_map<base::Symbol, std::size_t> driver_index_;
  std::deque<Driver> drivers_;
  boost::unordered_flat_map<base::Symbol, boost::container::small_vector<NodeIndex, 1>>
      rows_with_;  // by handle
};

}  // namespace berth::cluster

// The disks that pods on each node spell out, and that not every pod can share.
#pragma once

#include <vector>

#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/pod_volumes.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

// Not thread-safe for writing.
class InlineDisks {
 public:
  void Resize(std::size_t rows) {
    used_.resize(rows);
    nodes_.Resize(rows);
  }
  void Add(NodeIndex row, const std::vector<InlineDisk>& disks);
  void Remove(NodeIndex row, const std::vector<InlineDisk>& disks);

  // Nodes with any such disk.
  const scoring::NodeMask& nodes() const { return nodes_; }
  bool Conflicts(NodeIndex row, const std::vector<InlineDisk>& wanted) const;

 private:
  std::vector<std::vector<InlineDisk>> used_;  // one entry a pod's volume
  scoring::NodeMask nodes_;
};

}  // namespace berth::cluster

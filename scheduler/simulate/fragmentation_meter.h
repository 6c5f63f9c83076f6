// The fragmentation of a whole cluster, kept up to date as it changes.
#pragma once

#include "scheduler/cluster/cluster.h"

namespace berth::simulate {

// By the typical pods that the cluster has learned. The cluster outlives it. Not thread-safe.
class FragmentationMeter {
 public:
  explicit FragmentationMeter(const cluster::Cluster& cluster) : cluster_(cluster) {}

  // In thousandths of a GPU; 0 before the first cycle, when nothing has been learned. Looks at the
  // nodes that have changed since the last call.
  double Milli();

 private:
  void Refresh(cluster::NodeIndex row);

  const cluster::Cluster& cluster_;
  cluster::ChangeLog::Position seen_ = 0;
  bool valid_ = false;
  std::vector<std::int64_t> rows_;
  std::int64_t sum_ = 0;
};

}  // namespace berth::simulate

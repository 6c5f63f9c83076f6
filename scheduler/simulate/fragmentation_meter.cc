#include "scheduler/simulate/fragmentation_meter.h"

namespace berth::simulate {

void FragmentationMeter::Refresh(cluster::NodeIndex row) {
  const bool alive = cluster_.nodes.alive().Test(row);
  const std::int64_t now =
      alive ? cluster_.typical_gpu_pods.fragmentation().Of(cluster_.gpus, cluster_.nodes, row) : 0;
  sum_ += now - rows_[row];
  rows_[row] = now;
}

double FragmentationMeter::Milli() {
  const std::size_t rows = cluster_.nodes.rows();
  rows_.resize(rows);
  if (valid_ && cluster_.log.Covers(seen_)) {
    cluster_.log.ForEachSince(
        seen_, [&](const cluster::ChangeLog::Change& change) { Refresh(change.node); });
  } else {
    for (cluster::NodeIndex row = 0; row < rows; ++row) Refresh(row);
  }
  valid_ = true;
  seen_ = cluster_.log.end();
  const std::int64_t weight = cluster_.typical_gpu_pods.fragmentation().weight();
  return weight == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(weight);
}

}  // namespace berth::simulate

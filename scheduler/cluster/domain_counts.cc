#include "scheduler/cluster/domain_counts.h"

namespace berth::cluster {

void DomainCounts::Refresh(const NodeTable& nodes, const scoring::NodeMask& eligible) {
  if (topology_version_ != nodes.topology_version() || !counter_->Covers(seen_)) {
    CountAnew(nodes, eligible);
  } else {
    counter_->ForEachSince(seen_, [&](NodeIndex row, std::int32_t delta) {
      if (!eligible.Test(row)) return;
      const ValueId value = column_->At(row);
      pods_[value] += delta;
      if (value != kNoValue) total_ += delta;
    });
  }
  seen_ = counter_->end();
}

void DomainCounts::CountAnew(const NodeTable& nodes, const scoring::NodeMask& eligible) {
  topology_version_ = nodes.topology_version();
  pods_.assign(column_->value_count(), 0);
  nodes_.assign(column_->value_count(), 0);
  total_ = 0;
  eligible.ForEach([&](NodeIndex row) {
    const ValueId value = column_->At(row);
    pods_[value] += counter_->At(row);
    ++nodes_[value];
    if (value != kNoValue) total_ += counter_->At(row);
  });
}

}  // namespace berth::cluster

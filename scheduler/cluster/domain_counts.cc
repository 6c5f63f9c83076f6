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
      if (value == kNoValue) return;
      total_ += delta;
      Move(pods_[value] - delta, pods_[value]);
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
  domains_with_.clear();
  domain_count_ = 0;
  for (ValueId value = 1; value < pods_.size(); ++value) {
    if (nodes_[value] == 0) continue;
    const auto pods = static_cast<std::size_t>(pods_[value]);
    if (pods >= domains_with_.size()) domains_with_.resize(pods + 1);
    ++domains_with_[pods];
    ++domain_count_;
  }
  fewest_ = 0;
  while (domain_count_ > 0 && domains_with_[static_cast<std::size_t>(fewest_)] == 0) ++fewest_;
}

void DomainCounts::Move(std::int64_t from, std::int64_t to) {
  if (static_cast<std::size_t>(to) >= domains_with_.size()) {
    domains_with_.resize(static_cast<std::size_t>(to) + 1);
  }
  --domains_with_[static_cast<std::size_t>(from)];
  ++domains_with_[static_cast<std::size_t>(to)];
  if (to < fewest_) fewest_ = to;
  while (domains_with_[static_cast<std::size_t>(fewest_)] == 0) ++fewest_;
}

}  // namespace berth::cluster

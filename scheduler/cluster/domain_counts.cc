#include "scheduler/cluster/domain_counts.h"

#include <algorithm>
#include <utility>

#include "scheduler/cluster/node_sets.h"

namespace berth::cluster {

void DomainCounts::Refresh(const NodeTable& nodes, const NodeSet& eligible) {
  if (topology_version_ != nodes.topology_version() || !counter_->log().Covers(seen_)) {
    CountAnew(nodes, eligible);
  } else {
    counter_->log().ForEachSince(seen_, [&](const PodCounter::Change& change) {
      if (eligible.rows().Test(change.node)) Add(change.node, change.delta);
    });
  }
  seen_ = counter_->log().end();
}

void DomainCounts::CountAnew(const NodeTable& nodes, const NodeSet& eligible) {
  topology_version_ = nodes.topology_version();
  pods_.Reset(column_->value_count());
  total_ = 0;
  domain_count_ = eligible.DomainCount(*column_);
  domains_with_.assign(1, static_cast<std::int32_t>(domain_count_));
  fewest_ = 0;
  counter_->ForEachCounted([&](NodeIndex row, std::int32_t pods) {
    if (eligible.rows().Test(row)) Add(row, pods);
  });
}

void DomainCounts::Add(NodeIndex row, std::int64_t delta) {
  const ValueId value = column_->At(row);
  if (value == kNoValue) return;
  const std::int64_t before = pods_[value];
  pods_.Add(value, delta);
  total_ += delta;
  Move(before, before + delta);
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

std::int64_t DomainCounts::FewestIf(ValueId domain, std::int64_t pods) const {
  const std::int64_t own = pods_[domain];
  for (auto i = static_cast<std::size_t>(fewest_); i < domains_with_.size(); ++i) {
    const std::int32_t others = domains_with_[i] - (std::cmp_equal(i, own) ? 1 : 0);
    if (others > 0) return std::min(pods, static_cast<std::int64_t>(i));
  }
  return pods;
}

}  // namespace berth::cluster

// Topology counters, second half: the pods of a counter summed over the nodes that share a value of
// a label (a zone, a rack, a host).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_counters.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

// Brings itself up to date from the counter's log, or counts anew when nodes or their labels have
// changed. Keeps a reference to the counter and the column. Not thread-safe.
class DomainCounts {
 public:
  DomainCounts(const PodCounter& counter, const LabelColumn& column)
      : counter_(&counter), column_(&column) {}

  // Counts only pods on the rows of `eligible`, which must be the same set at every call while
  // nodes.topology_version() is the same.
  void Refresh(const NodeTable& nodes, const scoring::NodeMask& eligible);

  // Pods by ValueId; entry kNoValue counts the eligible nodes without the label.
  std::span<const std::int64_t> pods() const { return pods_; }
  // Eligible nodes by ValueId: a domain exists where this is above 0, pods or not.
  std::span<const std::int32_t> nodes() const { return nodes_; }
  // All pods in domains, those on nodes without the label left out.
  std::int64_t total() const { return total_; }
  const LabelColumn& column() const { return *column_; }

  std::size_t domain_count() const { return domain_count_; }
  // Pods in the domain with the fewest; there is at least one domain.
  std::int64_t fewest() const { return fewest_; }

 private:
  void CountAnew(const NodeTable& nodes, const scoring::NodeMask& eligible);
  void Move(std::int64_t from, std::int64_t to);

  const PodCounter* counter_;
  const LabelColumn* column_;
  std::vector<std::int64_t> pods_;
  std::vector<std::int32_t> nodes_;
  std::int64_t total_ = 0;
  // How many domains have so many pods: keeps the smallest known without a look at all of them.
  std::vector<std::int32_t> domains_with_;
  std::size_t domain_count_ = 0;
  std::int64_t fewest_ = 0;
  PodCounter::Position seen_ = 0;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
};

}  // namespace berth::cluster

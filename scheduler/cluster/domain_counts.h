// Topology counters, second half: the pods of a counter summed over the nodes that share a value of
// a label (a zone, a rack, a host).
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_counters.h"
#include "scheduler/cluster/value_sums.h"

namespace berth::cluster {

class NodeSet;

// Brings itself up to date from the counter's log, or counts anew when nodes or their labels have
// changed. Keeps a reference to the counter and the column. Not thread-safe.
class DomainCounts {
 public:
  DomainCounts(const PodCounter& counter, const LabelColumn& column)
      : counter_(&counter), column_(&column) {}

  // Counts only pods on the nodes of `eligible`, which must be up to date, and the same set at
  // every call.
  void Refresh(const NodeTable& nodes, const NodeSet& eligible);

  // Pods by ValueId; entry kNoValue is 0.
  const ValueSums& pods() const { return pods_; }
  // All pods in domains.
  std::int64_t total() const { return total_; }
  const LabelColumn& column() const { return *column_; }

  // A domain is a value that an eligible node has, pods or not.
  std::size_t domain_count() const { return domain_count_; }
  // Pods in the domain with the fewest; there is at least one domain.
  std::int64_t fewest() const { return fewest_; }
  // The same if the domain had so many pods.
  std::int64_t FewestIf(ValueId domain, std::int64_t pods) const;

 private:
  void CountAnew(const NodeTable& nodes, const NodeSet& eligible);
  void Add(NodeIndex row, std::int64_t delta);
  void Move(std::int64_t from, std::int64_t to);

  const PodCounter* counter_;
  const LabelColumn* column_;
  ValueSums pods_;
  std::int64_t total_ = 0;
  // How many domains have so many pods: keeps the smallest known without a look at all of them.
  std::vector<std::int32_t> domains_with_;
  std::size_t domain_count_ = 0;
  std::int64_t fewest_ = 0;
  BoundedLog<PodCounter::Change>::Position seen_ = 0;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
};

}  // namespace berth::cluster

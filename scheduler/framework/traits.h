// What makes nodes look alike to a plugin.
#pragma once

#include <boost/container/small_vector.hpp>

#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/node_cells.h"
#include "scheduler/cluster/pod_counters.h"
#include "scheduler/cluster/value_sums.h"
#include "scoring/node_mask.h"

namespace berth::framework {

// Everything about a node that decides what some plugins say of it in this cycle. What is pointed
// to belongs to the cluster or to plugin states, and is followed through its log of changes.
struct Traits {
  // The number that a sum has for the node's value of a label.
  struct Sum {
    const cluster::LabelColumn* column;
    const cluster::ValueSums* sums;
    friend bool operator==(const Sum&, const Sum&) = default;
  };

  cluster::LabelColumns labels;  // the value itself
  boost::container::small_vector<Sum, 4> sums;
  boost::container::small_vector<const cluster::PodCounter*, 2> counters;  // pods on the node
  // Membership and columns of numbers; they may only change where the change log says so.
  boost::container::small_vector<const scoring::NodeMask*, 4> masks;
  boost::container::small_vector<const std::int64_t*, 2> columns;

  // The sum for the node's value of the label. Where there are few values, the value is the trait:
  // then a sum that changes moves no node.
  void AddSum(const cluster::LabelColumn& column, const cluster::ValueSums& of) {
    constexpr std::size_t kFewValues = 64;
    if (column.value_count() <= kFewValues) {
      labels.push_back(&column);
    } else {
      sums.push_back({&column, &of});
    }
  }

  friend bool operator==(const Traits&, const Traits&) = default;
};

}  // namespace berth::framework

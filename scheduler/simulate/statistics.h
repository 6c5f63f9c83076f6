// The figures of a report that follow from the rows of a Summary. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// requested / allocatable over the nodes that have the resource, and the sums. Ratios are rounded
// to 10^-6, so that no order of summation shows. More than 1 is possible: a recorded cluster may be
// overcommitted.
struct Utilization {
  std::string resource;
  std::int64_t requested = 0;    // summed over all nodes; saturated at the end of int64
  std::int64_t allocatable = 0;  // likewise
  std::int64_t nodes = 0;        // that have any of the resource
  double mean = 0;
  double min = 0;
  double max = 0;
  double standard_deviation = 0;  // of the whole population
};

// One entry a resource of the summary, in its order.
std::vector<Utilization> UtilizationOf(const Summary& summary);

// Nodes with at least one pod.
std::int64_t UsedNodes(const Summary& summary);

// Most pods first, then by plugin and reason: an order that says which to look at first.
std::vector<FailureCount> SortedFailureCounts(const Summary& summary);

// Percentiles by nearest rank (the smallest sample that at least that share does not exceed). Takes
// the samples by value and sorts them; all zero when there are none.
Latency LatencyOf(std::vector<std::int64_t> nanoseconds);

// In which unit ResourceUse counts: "millicores", "bytes" or "count".
std::string_view UnitOf(std::string_view resource);

}  // namespace berth::simulate

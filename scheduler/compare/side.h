// One of the two results that are compared.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/simulate/summary.h"

namespace berth::compare {

// What became of one pod.
struct PodEnd {
  std::string node;     // empty: not placed
  std::string message;  // why not
  friend bool operator==(const PodEnd&, const PodEnd&) = default;
};

// A figure over all runs that have it: one value for a simulation, one a seed for a sweep.
struct Metric {
  std::string name;  // "nodes_used"; of a sweep "WORKLOAD PROFILE nodes_used"
  std::vector<double> values;
};

struct Side {
  std::string name;
  std::vector<Metric> metrics;         // in the order in which they are shown
  bool has_pods = false;               // a sweep keeps no pods
  std::map<std::string, PodEnd> pods;  // by namespace/name
};

// A folder of `berth simulate --report` or of `berth sweep`, known by their files. Errors name the
// file.
base::Result<Side> ReadFolder(const std::string& folder);

// A simulation that has just run.
Side SideOf(std::string name, const simulate::Summary& summary);

}  // namespace berth::compare

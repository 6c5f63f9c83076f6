// What follows a pod that fits nowhere: PostFilter, and with DefaultPreemption room made for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/cluster/cluster.h"
#include "scheduler/framework/api_write.h"

namespace berth::cycle {

// What PostFilter came to. It only says what to do: the caller evicts and nominates.
struct PostFilterResult {
  std::optional<scoring::NodeIndex> node;  // to be nominated; then the next three are its own
  // To be gone from it, the most important first; some may be on the way out already.
  std::vector<cluster::PodIndex> victims;
  std::vector<cluster::PodIndex> violating;  // victims that a PodDisruptionBudget would rather keep
  std::string message;                       // why there is no such node
  bool clears_nomination = false;            // the pod loses the nomination that it has
  bool gave_up = false;                      // the pod has given something up: it may fit now
  std::vector<framework::ApiWrite> writes = {};  // what has to be written for that
};

}  // namespace berth::cycle

// One node under every filter of a profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/framework/status.h"

namespace berth::cycle {

struct FilterVerdict {
  std::string_view plugin;
  bool skipped = false;  // the plugin has nothing to do for the pod in this cycle
  framework::Status status;
};

struct NodeInspection {
  // In the order of the profile; empty where a PreFilter rejects the pod.
  std::vector<FilterVerdict> filters;
  // The PreFilter plugins that leave other nodes only; empty where the node is left.
  std::vector<std::string> narrowed_by;
  // Set to what the first filter that says no says once the pods that are nominated to the node and
  // go before this one are counted; its plugin is empty where none does.
  FilterVerdict with_nominated;
};

}  // namespace berth::cycle

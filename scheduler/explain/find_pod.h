// The pod that somebody names.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/base/result.h"

namespace berth::explain {

// NAMESPACE/NAME in two. Fails on anything else.
struct PodName {
  std::string namespace_name;
  std::string name;
};
base::Result<PodName> ParsePodName(std::string_view text);

// The pod of this name; points into `objects`. The error names pods of the namespace whose names
// are alike, such as those of the workload that was meant.
base::Result<const api::Pod*> FindPod(const api::ClusterObjects& objects, const PodName& name);

}  // namespace berth::explain

// A pod whose node has been decided, on its way to being bound.
#pragma once

#include <memory>
#include <string>

#include "scheduler/cluster/pod_class.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/queue/queued_pod.h"

namespace berth::live {

struct PlacedPod {
  queue::QueuedPod queued;              // as it was popped
  std::shared_ptr<const api::Pod> pod;  // with its node_name
  const cluster::PodClass* pod_class = nullptr;
  framework::ProfileRuntime* profile = nullptr;
  base::Clock::Steady attempt_start;

  const std::string& node() const { return pod->node_name; }
};

}  // namespace berth::live

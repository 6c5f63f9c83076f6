// For schedulers that watch and never decide.
#pragma once

#include "scheduler/live/pod_events.h"
#include "scheduler/live/scheduler_observer.h"

namespace berth::live {

// Nobody is told of anything.
class Silence final : public PodEvents, public SchedulerObserver {
 public:
  void Record(const api::Pod&, const PodEvent&) override {}
};

}  // namespace berth::live

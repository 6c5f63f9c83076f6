// One run of an experiment in virtual time: pods come and go.
#pragma once

#include <cstdint>

#include "scheduler/base/result.h"
#include "scheduler/framework/registry.h"
#include "scheduler/simulate/arrival_run.h"
#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/options.h"
#include "scheduler/simulate/virtual_time.h"

namespace berth::simulate {

// How long pods that did not fit wait at least, see KubeSchedulerConfiguration.
struct BackoffSeconds {
  std::int64_t initial = 1;
  std::int64_t max = 10;
};

struct TimedRun {
  ArrivalRun arrivals;                   // in the order of the input
  const Lifetimes* lifetimes = nullptr;  // never null
  Departures departures = Departures::kDuration;
  BackoffSeconds backoff = {};
};

struct TimedOutcome {
  // `placed` counts pods that got a node, and `nodes_used` is the most at one time. What is
  // allocated is taken when everything has happened at the time of an arrival.
  ArrivalOutcome arrivals;
  VirtualTime time;
  // In thousandths of a GPU, as the instants of the time; empty without GPUs.
  std::vector<double> gpu_fragmentation;
  std::int64_t gpu_capacity = 0;
};

// As RunArrivals(): equal runs have equal outcomes, but for the times of decisions, and it may be
// called from several threads. Nothing is preempted.
base::Result<TimedOutcome> RunInTime(const TimedRun& run, const framework::Registry& registry);

}  // namespace berth::simulate

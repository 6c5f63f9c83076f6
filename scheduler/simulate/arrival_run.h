// One run of an experiment: pods arrive one after the other at a cluster that nobody leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"
#include "scheduler/config/profile.h"
#include "scheduler/framework/registry.h"
#include "scheduler/framework/state_cache.h"
#include "scheduler/simulate/allocation_curve.h"
#include "scheduler/simulate/arrivals.h"

namespace berth::simulate {

using SharedNode = std::shared_ptr<const api::Node>;

struct ArrivalRun {
  std::span<const SharedNode> nodes;  // at least one GPU together
  std::span<const SharedPod> arrivals;
  config::Profile profile;
  // Ranks the nodes at random: of those with the highest score the one with the lowest rank wins.
  // Plugins that draw (Random, GpuShare) get it in addition to the seed of their arguments.
  std::uint64_t seed = 0;
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
};

struct ArrivalOutcome {
  AllocationCurve gpu_allocation;     // in thousandths of a GPU
  AllocationCurve gpu_fragmentation;  // the same; by the typical pods of the arrivals
  std::int64_t placed = 0;
  std::int64_t not_placed = 0;
  std::vector<std::int64_t> decision_nanoseconds;  // one a pod
};

// What one pod asks for, in thousandths of a GPU, by its annotations; 0 without.
std::int64_t GpuMilliOf(const api::Pod& pod);
// What the nodes have together.
std::int64_t GpuMilliOf(std::span<const SharedNode> nodes);

// Decides every pod once, in their order; one that does not fit is dropped. Equal runs have equal
// outcomes, but for the times. Fails where the profile cannot be built or there are no GPUs. May be
// called from several threads.
base::Result<ArrivalOutcome> RunArrivals(const ArrivalRun& run,
                                         const framework::Registry& registry);

}  // namespace berth::simulate

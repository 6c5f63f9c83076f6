// One run of an experiment: pods arrive one after the other at a cluster that nobody leaves.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"
#include "scheduler/config/profile.h"
#include "scheduler/framework/registry.h"
#include "scheduler/framework/state_cache.h"
#include "scheduler/simulate/allocation_curve.h"
#include "scheduler/simulate/arrivals.h"
#include "scheduler/simulate/followed_resource.h"

namespace berth::simulate {

using SharedNode = std::shared_ptr<const api::Node>;

struct ArrivalRun {
  std::span<const SharedNode> nodes;
  std::span<const SharedPod> arrivals;
  config::Profile profile;
  // Ranks the nodes at random: of those with the highest score the one with the lowest rank wins.
  // Plugins that draw (Random, GpuShare) get it in addition to the seed of their arguments.
  std::uint64_t seed = 0;
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
  // There from the beginning, each on the node it names; they count as arrived and placed.
  std::span<const SharedPod> running = {};
  const api::ClusterObjects* surroundings = nullptr;  // see FillSurroundings(); null: none
  // Whose curves are wanted; the nodes have some of each.
  std::vector<std::string> resources = {std::string(kAllGpus)};
  const std::atomic<bool>* interrupted = nullptr;  // once true, the run ends early; null: never
};

struct ArrivalOutcome {
  std::vector<AllocationCurve> allocation;  // as ArrivalRun::resources
  // In thousandths of a GPU, by the typical pods of the arrivals; none without GPUs.
  std::optional<AllocationCurve> gpu_fragmentation;
  std::int64_t placed = 0;
  std::int64_t not_placed = 0;
  std::int64_t nodes_used = 0;                     // with a pod at the end
  std::vector<std::int64_t> decision_nanoseconds;  // one a pod that was decided
  bool complete = true;                            // false: interrupted
};

// What one pod asks for: of kAllGpus in thousandths, of cpu in millicores, of all others in
// their own unit.
std::int64_t AmountOf(const api::Pod& pod, std::string_view resource);
// What the nodes have together, in the same unit.
std::int64_t CapacityOf(std::span<const SharedNode> nodes, std::string_view resource);

// The profile for one run: the seed is added to those of the plugins that draw.
config::Profile Seeded(config::Profile profile, std::uint64_t seed);

// Decides every pod once, in their order; one that does not fit, or is held back, is dropped. Equal
// runs have equal outcomes, but for the times. Fails where the profile cannot be built or the nodes
// have none of a resource. May be called from several threads.
base::Result<ArrivalOutcome> RunArrivals(const ArrivalRun& run,
                                         const framework::Registry& registry);

}  // namespace berth::simulate

#include "scheduler/simulate/timed_run.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "scheduler/simulate/fragmentation_meter.h"
#include "scheduler/simulate/simulation.h"
#include "scheduler/simulate/time_driver.h"

namespace berth::simulate {
namespace {

using base::Result;

// With the nodes ranked by the seed, as RunArrivals() ranks them.
api::ClusterObjects ObjectsOf(const ArrivalRun& run) {
  api::ClusterObjects objects;
  if (run.surroundings != nullptr) objects = *run.surroundings;
  for (const std::size_t position : ShuffledPositions(run.nodes.size(), run.seed)) {
    objects.nodes.push_back(*run.nodes[position]);
  }
  for (const SharedPod& pod : run.running) objects.pods.push_back(*pod);
  for (const SharedPod& pod : run.arrivals) objects.pods.push_back(*pod);
  return objects;
}

Result<std::unique_ptr<Simulation>> MakeSimulation(const ArrivalRun& run,
                                                   const framework::Registry& registry) {
  config::Configuration config;
  config.gates = run.profile.gates;
  config.profiles = {Seeded(run.profile, run.seed)};
  SimulationOptions options;
  options.algorithm.tie_break = cycle::TieBreak::kFirst;
  options.caching = run.caching;
  options.pods_come_later = true;
  options.first_profile_serves_all = true;
  return Simulation::Make(ObjectsOf(run), config, registry, std::move(options));
}

// What a run adds to its timeline, instant by instant.
class Meters {
 public:
  Meters(cluster::Cluster& cluster, const std::vector<std::string>& resources)
      : fragmentation_(cluster), gpus_(FollowedIn(cluster, kAllGpus).capacity) {
    for (const std::string& resource : resources) {
      // Make() of the driver refuses resources that nobody has.
      const std::int64_t capacity = FollowedIn(cluster, resource).capacity;
      curves_.emplace_back(capacity > 0 ? capacity : 1);
      if (resource == kAllGpus) gpu_column_ = curves_.size() - 1;
    }
    if (gpus_ > 0) gpu_curve_.emplace(gpus_);
  }

  void Take(const Instant& instant, std::span<const std::int64_t> asked) {
    const bool arrived = std::exchange(arrived_, instant.arrived) != instant.arrived;
    const double fragmentation = gpu_curve_ ? fragmentation_.Milli() : 0;
    if (gpu_curve_) gpu_fragmentation_.push_back(fragmentation);
    if (!arrived) return;
    for (std::size_t i = 0; i < curves_.size(); ++i) {
      curves_[i].Add(asked[i], static_cast<double>(instant.used[i]));
    }
    if (gpu_curve_ && gpu_column_) gpu_curve_->Add(asked[*gpu_column_], fragmentation);
  }

  void Into(TimedOutcome& outcome) {
    outcome.arrivals.allocation = std::move(curves_);
    outcome.arrivals.gpu_fragmentation = std::move(gpu_curve_);
    outcome.gpu_fragmentation = std::move(gpu_fragmentation_);
    outcome.gpu_capacity = gpus_;
  }

 private:
  FragmentationMeter fragmentation_;
  std::int64_t gpus_;
  std::vector<AllocationCurve> curves_;    // by resource
  std::optional<std::size_t> gpu_column_;  // of the resources
  std::optional<AllocationCurve> gpu_curve_;
  std::vector<double> gpu_fragmentation_;
  std::int64_t arrived_ = 0;
};

}  // namespace

Result<TimedOutcome> RunInTime(const TimedRun& run, const framework::Registry& registry) {
  const ArrivalRun& arrivals = run.arrivals;
  BERTH_ASSIGN(const auto simulation, MakeSimulation(arrivals, registry));
  Meters meters(simulation->cluster(), arrivals.resources);
  TimeOptions options;
  options.departures = run.departures;
  options.queue.initial_backoff = std::chrono::seconds(run.backoff.initial);
  options.queue.max_backoff = std::chrono::seconds(run.backoff.max);
  options.resources = arrivals.resources;
  options.on_instant = [&](const Instant& instant, std::span<const std::int64_t> asked) {
    meters.Take(instant, asked);
  };
  BERTH_ASSIGN(const auto driver,
               TimeDriver::Make(*simulation, *run.lifetimes, std::move(options)));
  TimedOutcome outcome;
  bool more = true;
  while (!(arrivals.interrupted != nullptr && *arrivals.interrupted) && (more = driver->Step())) {
  }
  outcome.arrivals.complete = !more;
  outcome.arrivals.decision_nanoseconds = simulation->TakeLatencies();
  const Summary summary = driver->TakeSummary(more);
  outcome.arrivals.placed = summary.counts.placed;
  outcome.arrivals.not_placed = summary.counts.Total() - summary.counts.placed;
  outcome.arrivals.nodes_used = FiguresOf(*summary.time).most_nodes_used;
  meters.Into(outcome);
  outcome.time = *summary.time;
  return outcome;
}

}  // namespace berth::simulate

// A simulation in virtual time: pods come and go when their objects say so, and those that do not
// fit wait in the scheduling queue.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/queue/scheduling_queue.h"
#include "scheduler/simulate/followed_resource.h"
#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/options.h"
#include "scheduler/simulate/simulation.h"
#include "scheduler/simulate/virtual_clock.h"
#include "scheduler/simulate/virtual_time.h"

namespace berth::simulate {

struct TimeOptions {
  Departures departures = Departures::kDuration;
  queue::SchedulingQueue::Options queue = {};
  // Whose use is followed; empty: those of the summary.
  std::vector<std::string> resources = {};
  // Told of each time at which something changed, when everything has happened there: how things
  // stand, and what all that have arrived ask for together, by resource. May be empty.
  std::function<void(const Instant&, std::span<const std::int64_t> asked)> on_instant = {};
};

// The queue of a live scheduler on a clock that jumps to where something happens: a pod arrives or
// leaves, a backoff is over, pods that have waited for long are woken. At one time those who leave
// go first, then come those who arrive (both in the order of the input), then pods are decided
// until nobody is ready. Deciding takes no time; a placed pod runs at once, and whoever is evicted
// leaves at once. Nothing depends on the machine.
//
// The run is over when nobody comes or leaves any more, and all that still wait have been tried
// since the last change of the cluster. A pod that is tried while nothing has changed since it, or
// one like it, was refused gets that answer without a decision; with extenders, which may change
// their minds, it is decided again. Not thread-safe.
class TimeDriver {
 public:
  // The simulation outlives the driver; its pending pods are taken over. Fails where no node has
  // any of a resource.
  static base::Result<std::unique_ptr<TimeDriver>> Make(Simulation& simulation,
                                                        const Lifetimes& lifetimes,
                                                        TimeOptions options);

  // Pods that arrive in the run, and how many of them have.
  std::size_t pod_count() const { return arriving_; }
  std::size_t arrived() const { return arrived_; }

  // Makes one decision, or goes to the next time at which something happens. False at the end.
  bool Step();

  // Once, at the end: the summary of the simulation, with how pods ended that wait.
  Summary TakeSummary(bool interrupted);

 private:
  enum class Place : std::uint8_t { kComing, kWaiting, kRunning, kGone };

  // Why a pod was not placed.
  struct Refusal {
    AttemptOutcome outcome;
    framework::Rejectors rejectors;
    std::uint64_t at = 0;  // changes_
  };

  // One pod from its arrival to its end.
  struct Stay {
    PendingPod pending;  // of a pod that ran before: only the pod
    Lifetime lifetime;
    bool ran_before = false;
    Place place = Place::kComing;
    cluster::PodIndex index = 0;                  // while it runs
    std::shared_ptr<const api::Pod> placed = {};  // as it is on its node; likewise
    std::uint64_t runs = 0;                       // how often it has got a node
    std::int64_t waits_since = 0;
    std::shared_ptr<const Refusal> refusal = {};  // then; null: never tried
    PodTimes times = {};
  };

  struct Happening {
    enum class Kind : std::uint8_t { kDeparture, kArrival };  // in this order at one time
    std::int64_t time;
    Kind kind;
    std::size_t stay;
    std::uint64_t run = 0;  // of a departure: of which run; 0: whatever the pod does

    // For a heap with the next one on top.
    bool operator<(const Happening& other) const;
  };

  TimeDriver(Simulation& simulation, const Lifetimes& lifetimes, TimeOptions options);

  base::Result<void> FollowResources();
  void TakeRunning(const Lifetimes& lifetimes);
  void TakePending(const Lifetimes& lifetimes);

  std::optional<std::int64_t> NextTime() const;
  bool AnybodyIsWorthATry() const;
  void GoTo(std::int64_t time);
  void Happen(const Happening& happening);
  void Arrive(std::size_t stay);
  void Depart(Stay& stay);
  void LeaveWaiting(Stay& stay);
  void Attempt(queue::QueuedPod queued);
  // What is known already without a decision; null: nothing.
  std::shared_ptr<const Refusal> KnownRefusal(const Stay& stay) const;
  void Start(std::size_t stay, cluster::PodIndex index);
  void SetDeparture(std::size_t stay, const std::optional<std::int64_t>& in, std::uint64_t run);
  void Evicted(const EvictedPod& evicted);

  // A pod is on its node, or has left it.
  void CountRunning(const cluster::PodClass& pod_class, cluster::NodeIndex node, bool comes);
  void Changed();
  void Tell(framework::Actions action, const std::shared_ptr<const api::Pod>& before,
            const std::shared_ptr<const api::Pod>& after);
  void TellNominationGone(const std::shared_ptr<const api::Pod>& pod);
  void TellReleased(const std::vector<ReleasedClaim>& claims);
  void Record();

  Simulation& simulation_;
  cluster::Cluster& cluster_;
  TimeOptions options_;
  VirtualClock clock_;
  queue::QueueObserver observer_;
  queue::SchedulingQueue queue_;

  std::vector<Stay> stays_;
  std::unordered_map<const api::Pod*, std::size_t> stay_of_;
  std::priority_queue<Happening> happenings_;
  std::size_t arriving_ = 0;
  std::size_t arrived_ = 0;

  // Grows with every change that may matter to a pod that waits; how many of those have been tried
  // since.
  std::uint64_t changes_ = 1;
  std::size_t tried_since_ = 0;

  std::unordered_map<const cluster::PodClass*, std::shared_ptr<const Refusal>> refusals_;

  std::vector<FollowedResource> resources_;
  std::vector<std::int64_t> asked_;  // by resource
  Instant now_;
  bool differs_ = true;  // now_ from what was recorded last
  VirtualTime result_;
};

}  // namespace berth::simulate

// The virtual cluster: objects in, every pending pod decided in the order of the queue, each placed
// pod seen by the next.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/config/configuration.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/extender/object_texts.h"
#include "scheduler/framework/registry.h"
#include "scheduler/queue/profiles.h"
#include "scheduler/simulate/failure_counts.h"
#include "scheduler/simulate/options.h"
#include "scheduler/simulate/released_claims.h"
#include "scheduler/simulate/summary.h"

namespace berth::simulate {

struct SimulationOptions {
  cycle::AlgorithmOptions algorithm;
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
  PreemptionMode preemption = PreemptionMode::kOff;
  bool requeue_evicted = false;
  // Somebody else says when pods come: they are kept in the order of the input, with no
  // nominations.
  bool pods_come_later = false;
  bool first_profile_serves_all = false;                 // whatever the schedulerName of a pod
  bool detail = false;                                   // every node of every decision
  std::function<void(std::string_view)> write_decision;  // a line without line feed; may be empty
};

struct PodGroupOutcome;

// A pod that waits, with what it takes to decide it.
struct PendingPod {
  std::shared_ptr<const api::Pod> pod;
  const cluster::PodClass* pod_class;
  framework::ProfileRuntime* profile;
  bool taken = false;  // with its group, before its turn
};

// What came of one attempt to place a pod.
struct AttemptOutcome {
  std::optional<cluster::PodIndex> placed = {};
  std::string message = {};  // why it is not placed
  // Of a pod that fits nowhere; nothing where something went wrong instead.
  std::optional<cycle::Diagnosis> diagnosis = {};
  bool room_was_made = false;       // so that it is to be tried again
  bool nomination_changed = false;  // so that others may fit that did not
};

// A pod that had to leave its node for another; it is in the cluster no more.
struct EvictedPod {
  std::shared_ptr<const api::Pod> pod;
  cluster::NodeIndex node;
  std::shared_ptr<const api::Pod> again;  // as what it waits now; null if it does not
  std::vector<ReleasedClaim> claims;      // that it had
};

// Owns the cluster. Not thread-safe.
//
// Extenders of the configuration are asked as a scheduler asks them, each request waited for; but
// none is told to bind a pod, since there is nothing to bind.
class Simulation {
 public:
  // Takes the objects over. Fails where a profile cannot be built or an extender not be reached for
  // want of an address or certificates.
  static base::Result<std::unique_ptr<Simulation>> Make(api::ClusterObjects objects,
                                                        const config::Configuration& config,
                                                        const framework::Registry& registry,
                                                        SimulationOptions options);

  // Pending pods whose schedulerName is that of a profile, in the order in which they are decided;
  // evicted pods that wait again come to it at the end.
  std::size_t pending_count() const { return queue_.size(); }
  // Decides the next pod.
  void Step();
  std::size_t done() const { return next_; }

  const cluster::Cluster& cluster() const { return *cluster_; }

  // For who asks about pods instead of deciding them: before the first Step the cluster is as it
  // was read, with nobody placed.
  cluster::Cluster& cluster() { return *cluster_; }
  const queue::Profiles& profiles() const { return *profiles_; }
  // The profile that serves the pod's schedulerName; nullptr if there is none.
  framework::ProfileRuntime* ProfileOf(const api::Pod& pod) const;
  // Who else is asked about pods; null if the configuration has no extenders.
  const cycle::Extenders* extenders() const { return extenders_.empty() ? nullptr : &extenders_; }
  // The pod that waits under this namespace and name; nullptr if none does.
  std::shared_ptr<const api::Pod> FindPending(std::string_view key) const;

  // How long each decision took, in their order; before TakeSummary, which takes them too.
  std::vector<std::int64_t> TakeLatencies() { return std::exchange(latencies_nanoseconds_, {}); }

  // ---- For who says when pods come and go, instead of Step ----

  // Hands the pending pods over; evicted ones from now on, too.
  std::vector<PendingPod> TakePending(std::function<void(const EvictedPod&)> on_evicted);
  PendingPod Pending(std::shared_ptr<const api::Pod> pod) const;
  // What decisions are told to be made at, in nanoseconds since the beginning.
  void SetTime(std::int64_t nanoseconds) { time_ = nanoseconds; }
  // Tries until no more room is made. A pod that is not placed is not counted as a failure.
  AttemptOutcome Attempt(const PendingPod& pending);
  // Whether a pod that fits nowhere tells of all others like it (of its class, and without a
  // nomination) that they do not fit either, as long as nothing changes; and nobody wants to see
  // each decision.
  bool AnswersHoldForClasses() const {
    return options_.preemption == PreemptionMode::kOff && extenders_.empty() &&
           !options_.write_decision;
  }
  // The pod ends as one that got no node: for a reason of its own, or for want of room.
  bool HoldBack(const PendingPod& pending);
  void GiveUp(const PendingPod& pending, const AttemptOutcome& outcome);

  // What has come out so far; the rows of the nodes as they are now.
  Summary TakeSummary(bool interrupted);

 private:
  struct Trial;

  explicit Simulation(SimulationOptions options) : options_(std::move(options)) {}

  base::Result<void> MakeProfiles(const config::Configuration& config,
                                  const framework::Registry& registry);
  base::Result<void> MakeExtenders(const config::Configuration& config,
                                   const api::ClusterObjects& objects);
  void FillCluster(api::ClusterObjects& objects);
  void FillNominated();
  void FillQueue(std::vector<std::shared_ptr<const api::Pod>> pending);

  // Puts the pod on the node that was chosen for it.
  AttemptOutcome Place(const PendingPod& pending, const cycle::Decision& decision);
  AttemptOutcome Try(const PendingPod& pending);
  std::optional<cycle::PostFilterResult> PostFilter(const PendingPod& pending,
                                                    const cycle::Decision& decision,
                                                    const cycle::Diagnosis* diagnosis);
  // PostFilter that is carried out: preemption.cc. True if the pod may fit now.
  bool Apply(const cycle::PostFilterResult& result, const PendingPod& pending);
  void Evict(cluster::PodIndex victim, const api::Pod& preemptor);
  bool WaitsAgain(const api::Pod& evicted) const;
  static std::shared_ptr<const api::Pod> WaitingAgain(const api::Pod& evicted);
  void Fail(const api::Pod& pod, Verdict verdict, std::string message);
  void Write(const std::string& line) const;
  void RecordPlacement(const api::Pod& pod, const cycle::Decision& decision);
  void Enqueue(PendingPod pending);

  // Groups of pods: pod_group_cycle.cc.
  bool IsGroupMember(const api::Pod& pod) const;
  base::Result<void> CheckPodGroups(const std::vector<api::PodGroup>& groups) const;
  void StepGroup(const api::Pod& first);
  std::vector<PendingPod> TakeMembers(const api::Pod& first);
  static std::string MixedSchedulers(const std::vector<PendingPod>& members);
  bool TryGroup(const std::vector<PendingPod>& members);
  Trial TryMember(const PendingPod& pending);
  void Assume(Trial& trial);
  void Revert(Trial& trial);
  void WriteTrial(const Trial& trial, const PodGroupOutcome& outcome) const;
  void Settle(const Trial& trial, const PodGroupOutcome& outcome);

  SimulationOptions options_;
  config::FeatureGates gates_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::unique_ptr<queue::Profiles> profiles_;
  base::SystemClock clock_;  // of requests to extenders
  std::unique_ptr<extender::ObjectTexts> texts_;
  cycle::Extenders extenders_;
  std::unique_ptr<cycle::SchedulingAlgorithm> algorithm_;
  std::vector<PendingPod> queue_;
  std::size_t next_ = 0;
  std::function<void(const EvictedPod&)> on_evicted_;  // empty: they wait in queue_
  std::optional<std::int64_t> time_;                   // of decisions
  // By namespace/name of their group, in queue_; only with the gate GenericWorkload.
  std::unordered_map<std::string, std::vector<std::size_t>> group_members_;
  std::size_t taken_ahead_ = 0;  // of queue_ behind next_

  Summary summary_;
  FailureCounts failure_counts_;
  std::vector<std::int64_t> latencies_nanoseconds_;
};

}  // namespace berth::simulate

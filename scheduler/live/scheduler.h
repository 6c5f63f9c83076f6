// The scheduler of a real cluster: what its thread knows and does.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/extender/object_texts.h"
#include "scheduler/framework/registry.h"
#include "scheduler/live/api_writer.h"
#include "scheduler/live/binding_cycles.h"
#include "scheduler/live/cache_comparer.h"
#include "scheduler/live/cluster_objects.h"
#include "scheduler/live/extender_binds.h"
#include "scheduler/live/inbox.h"
#include "scheduler/live/pod_cache.h"
#include "scheduler/live/pod_events.h"
#include "scheduler/live/pod_status.h"
#include "scheduler/live/preemptions.h"
#include "scheduler/live/scheduler_observer.h"
#include "scheduler/live/status_writes.h"
#include "scheduler/live/timers.h"
#include "scheduler/queue/profiles.h"
#include "scheduler/queue/scheduling_queue.h"

namespace berth::live {

struct SchedulerOptions {
  cycle::AlgorithmOptions algorithm;
  queue::SchedulingQueue::Options queue;
  // Bindings that may be under way: pods are decided no further ahead of the API server.
  std::size_t max_bindings = 1'000;
};

// Everything happens on one thread, the one that calls Run: pods are decided one after the other,
// and between two decisions what has come in is taken over. Requests go out and their answers come
// in through the inbox. So a decision sees all that was decided before it.
class Scheduler final : private PodNews {
 public:
  // Fails where a profile cannot be built or an extender not be used. What is handed in outlives
  // the scheduler. `may_bind` may be asked from the scheduler's thread at any time.
  static base::Result<std::unique_ptr<Scheduler>> Make(
      const config::Configuration& config, const framework::Registry& registry,
      const SchedulerOptions& options, kube::Client& client, const base::Clock& clock,
      PodEvents& events, SchedulerObserver& observer, std::function<bool()> may_bind);
  ~Scheduler() override;

  // The only part that other threads may use.
  Inbox& inbox() { return inbox_; }

  // Takes over what has come in and does what is due; decides one pod, if `decide` and there is
  // one. False if there was no pod to decide.
  bool Step(bool decide);
  // When there is something to do again, unless something comes in before.
  base::Clock::Steady NextDue() const;
  // Whether nothing is under way any more.
  bool IsQuiet() const { return bindings_->in_flight() == 0 && writer_.under_way() == 0; }

  ClusterObjects& objects() { return objects_; }
  ObjectStore<api::Pod>& pod_store() { return pod_store_; }
  ObjectStore<api::Node>& node_store() { return node_store_; }
  // Where the JSON of pods and nodes belongs; null without extenders.
  extender::ObjectTexts* texts() { return asked_.texts.get(); }
  // Null without extenders.
  const cycle::Extenders* extenders() const {
    return asked_.extenders.empty() ? nullptr : &asked_.extenders;
  }
  cluster::Cluster& cluster() { return cluster_; }
  const cluster::Cluster& cluster() const { return cluster_; }
  const PodCache& pods() const { return pods_; }
  const queue::SchedulingQueue& queue() const { return queue_; }
  const queue::Profiles& profiles() const { return *profiles_; }
  std::size_t bindings_in_flight() const { return bindings_->in_flight(); }
  CacheContents contents() const {
    return {node_store_, pod_store_, cluster_, pods_, queue_, *profiles_};
  }

 private:
  // Extenders and what they are shown.
  struct Asked {
    std::unique_ptr<extender::ObjectTexts> texts = nullptr;
    cycle::Extenders extenders = {};
  };
  static base::Result<Asked> MakeAsked(const config::Configuration& config,
                                       const base::Clock& clock);

  Scheduler(std::unique_ptr<cluster::Cluster> cluster, std::unique_ptr<queue::Profiles> profiles,
            Asked asked, const SchedulerOptions& options, kube::Client& client,
            const base::Clock& clock, PodEvents& events, SchedulerObserver& observer,
            std::function<bool()> may_bind);

  // An attempt that came to nothing.
  struct Failure {
    framework::Status status;
    std::string message;  // the whole sentence
    framework::Rejectors rejectors;
    Nomination nomination;
  };

  void Attempt(queue::QueuedPod queued);
  bool IsToBeSkipped(const api::Pod& pod);
  void Place(queue::QueuedPod queued, framework::ProfileRuntime& profile,
             const cluster::PodClass& pod_class, const cycle::Decision& decision,
             base::Clock::Steady start);
  void Unschedulable(queue::QueuedPod queued, framework::ProfileRuntime& profile,
                     const cluster::PodClass& pod_class, base::Clock::Steady start);
  void CarryOut(const cycle::PostFilterResult& result, const api::Pod& pod, Failure& failure);
  void TakeNominations(const std::string& node, std::int32_t priority);
  void Fail(queue::QueuedPod queued, Failure failure, base::Clock::Steady start);

  // Whether the API server shows this very pod.
  bool IsThere(const api::Pod& pod) const;
  void OnBound(const PlacedPod& placed);
  void OnBindingFailed(PlacedPod placed, BindingFailure failure);
  // Takes back that the pod is on its node.
  void Forget(const PlacedPod& placed);

  void AssumedPodGone(const api::Pod& pod) override;
  void NodeLeaves(const std::string& name) override;

  SchedulerOptions options_;
  const base::Clock& clock_;
  PodEvents& events_;
  SchedulerObserver& observer_;
  Inbox inbox_;
  Timers timers_;
  ApiWriter writer_;
  std::unique_ptr<cluster::Cluster> owned_cluster_;
  cluster::Cluster& cluster_;
  std::unique_ptr<queue::Profiles> profiles_;
  Asked asked_;
  ExtenderBinds extender_binds_;
  PodCache pods_;
  queue::SchedulingQueue queue_;
  cycle::SchedulingAlgorithm algorithm_;
  ObjectStore<api::Pod> pod_store_;
  ObjectStore<api::Node> node_store_;
  StatusWrites status_writes_;
  std::unique_ptr<BindingCycles> bindings_;
  std::unique_ptr<Preemptions> preemptions_;
  ClusterObjects objects_;
};

}  // namespace berth::live

// The scheduling queue: which pod is tried next, and which ones wait, and for what.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/queue/backoff.h"
#include "scheduler/queue/entry.h"
#include "scheduler/queue/event_interests.h"
#include "scheduler/queue/in_flight.h"
#include "scheduler/queue/indexed_heap.h"
#include "scheduler/queue/owned_change.h"
#include "scheduler/queue/queue_plugins.h"
#include "scheduler/queue/queued_pod.h"
#include "scheduler/queue/unschedulable_pods.h"

namespace berth::queue {

// kube-scheduler's queue, for one thread. A pod that waits is in one of
//   active          ready, in the order of QueueSort;
//   backoff         turned away, then woken by an event, in the order in which their backoffs end;
//   error backoff   its attempt failed, and nobody turned it away; counted with backoff;
//   unschedulable   turned away: waits for an event that one of its rejectors finds worth it; gated
//                   pods, which PreEnqueue keeps out, are here as well.
// Before a pod enters active or one of the backoffs PreEnqueue is asked, but not when its backoff
// is over. A popped pod is in flight until Done: events are kept for it, and when it comes back as
// unschedulable they are replayed, so that none is lost between the attempt and its outcome.
//
// Pods are told by namespace and name here; in flight by uid, so that a new pod of the same name
// can wait meanwhile. Pods which QueueSort holds equal go in the order in which they first came.
// Operations take O(log n), those with events as well for each pod whose rejectors want the event.
// Nothing blocks. Not thread-safe.
class SchedulingQueue {
 public:
  struct Options {
    std::chrono::nanoseconds initial_backoff{std::chrono::seconds(1)};
    std::chrono::nanoseconds max_backoff{std::chrono::seconds(10)};  // 0: none
    std::chrono::nanoseconds max_in_unschedulable{std::chrono::minutes(5)};
    // Feature gate SchedulerPopFromBackoffQ: with nothing in active the next pod comes from
    // backoff, though not from error backoff. Backoffs are in whole seconds then.
    bool pop_from_backoff = true;
    // What is kept for pods in flight. One that is decided for longer is tried again after its
    // backoff, whatever it has missed.
    std::size_t max_in_flight_events = 100'000;
  };

  struct Counts {
    std::size_t active = 0;
    std::size_t backoff = 0;
    std::size_t unschedulable = 0;  // without gated
    std::size_t gated = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  // What is handed in must outlive the queue.
  SchedulingQueue(const Options& options, const base::Clock& clock, const QueuePlugins& plugins,
                  QueueObserver& observer);
  ~SchedulingQueue();
  SchedulingQueue(const SchedulingQueue&) = delete;
  SchedulingQueue& operator=(const SchedulingQueue&) = delete;

  // A pod without a node has appeared. One of the same name that waits is forgotten; nothing
  // happens if the pod itself is in flight.
  void Add(std::shared_ptr<const api::Pod> pod);

  // It has changed; `before` may be null if it is not known. An unschedulable pod may be woken by
  // its own change; for a pod in flight the change is kept; one that is not here is added.
  void Update(std::shared_ptr<const api::Pod> before, std::shared_ptr<const api::Pod> after);

  // It is gone, or has a node. A pod of the same name and another uid stays.
  void Delete(const api::Pod& pod);

  // The next pod to try, now in flight; nullopt if there is none.
  std::optional<QueuedPod> Pop();

  // The same for a certain pod that waits anywhere; nullopt if it does not, or PreEnqueue keeps it
  // out.
  std::optional<QueuedPod> Take(std::string_view namespace_name, std::string_view name);

  // After a failed attempt, with the pod as it is by now, and who turned it away: nobody, if the
  // attempt broke. The pod is no longer in flight. If it was not any more (its binding failed
  // later), it is tried again after its backoff. Fails, and changes nothing but that, if a pod of
  // this name waits already.
  base::Result<void> AddUnschedulableIfNotPresent(QueuedPod popped,
                                                  std::shared_ptr<const api::Pod> fresh,
                                                  framework::Rejectors rejectors);

  // The pod is no longer in flight: it is being bound, or forgotten.
  void Done(const api::Pod& pod) { in_flight_.Remove(pod); }

  // Something has happened. Wakes unschedulable pods for which it is worth it, of those only that
  // `precheck` (if there is one) lets through, and keeps the event for pods in flight.
  void MoveAllToActiveOrBackoffQueue(
      const OwnedChange& change, const std::function<bool(const api::Pod&)>& precheck = nullptr);

  // Makes pods ready that wait in unschedulable or backoff; for one in flight this is kept like an
  // event.
  void Activate(std::span<const std::shared_ptr<const api::Pod>> pods);

  // Moves pods whose backoff is over to active and, every 30 seconds, wakes those that have waited
  // in unschedulable for too long. May be called at any time, and has nothing to do before
  // NextFlush(), which is time_point::max() if there will be nothing.
  void Flush();
  base::Clock::Steady NextFlush() const;

  Counts counts() const;
  std::size_t in_flight() const { return in_flight_.pods(); }
  // Kept events by label, and pods in flight as "PodPopped": kube-scheduler's inflight_events.
  std::vector<std::pair<std::string, std::size_t>> InFlightEvents() const;

  // Where the pod of this name waits; nullptr if it does not.
  const QueuedPod* Find(std::string_view namespace_name, std::string_view name) const;
  // All pods that wait, in the order in which they first came. Takes O(n log n).
  void Visit(const std::function<void(QueueName, const QueuedPod&)>& visit) const;
  // Those in flight, in the order in which they were popped.
  void VisitInFlight(const std::function<void(const api::Pod&)>& visit) const {
    in_flight_.ForEachPod(visit);
  }

 private:
  struct PodName {
    std::string_view namespace_name, name;
  };
  static PodName NameOf(const api::Pod& pod) { return {pod.meta.namespace_name, pod.meta.name}; }
  static PodName NameOf(const std::unique_ptr<Entry>& entry) { return NameOf(*entry->pod); }
  static PodName NameOf(const PodName& name) { return name; }
  struct HashName {
    using is_transparent = void;
    std::size_t operator()(const auto& key) const { return Hash(NameOf(key)); }
    static std::size_t Hash(const PodName& name);
  };
  struct SameName {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const {
      return NameOf(a).name == NameOf(b).name &&
             NameOf(a).namespace_name == NameOf(b).namespace_name;
    }
  };

  // QueueSort, then by arrival.
  struct SortFirst {
    const QueuePlugins* plugins;
    bool operator()(const Entry& a, const Entry& b) const {
      if (plugins->Less(a, b)) return true;
      return !plugins->Less(b, a) && a.arrival < b.arrival;
    }
  };
  struct BackoffFirst {
    SortFirst sort;
    bool operator()(const Entry& a, const Entry& b) const {
      return a.backoff_end != b.backoff_end ? a.backoff_end < b.backoff_end : sort(a, b);
    }
  };
  struct ErrorBackoffFirst {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.backoff_end != b.backoff_end ? a.backoff_end < b.backoff_end : a.arrival < b.arrival;
    }
  };

  using ClusterEvent = framework::ClusterEvent;
  using Strategy = framework::QueueingStrategy;

  Entry* FindEntry(const PodName& name) const;
  Entry& Insert(QueuedPod pod);
  void AddNew(std::shared_ptr<const api::Pod> pod, const ClusterEvent& event);
  // Takes the pod out of the queue and of what is counted.
  QueuedPod Extract(Entry& entry);

  // Takes it out of its place, which is handed back.
  Place Leave(Entry& entry);
  // The entry is nowhere; `from` is where it was. Puts it where the strategy says, or to the
  // unschedulable pods if PreEnqueue keeps it out.
  void Requeue(Entry& entry, Strategy strategy, const ClusterEvent& event, Place from);
  void Enter(Entry& entry, Place place, const ClusterEvent& event, Place from);
  bool PassesPreEnqueue(Entry& entry);
  void MarkReady(Entry& entry);
  void CountRejectors(const QueuedPod& pod, int change);

  // The entry is in flight and out of the queue thereafter.
  QueuedPod PopEntry(Entry& entry);

  Strategy StrategyAfterFailure(const QueuedPod& popped);
  // Of an unschedulable pod; false: it stays.
  bool Wake(Entry& entry, const framework::ObjectChange& change);
  void WakeByUpdate(Entry& entry, const std::shared_ptr<const api::Pod>& before);
  void RecordUpdate(const std::shared_ptr<const api::Pod>& before,
                    const std::shared_ptr<const api::Pod>& after);
  void ActivateOne(const std::shared_ptr<const api::Pod>& pod);

  void FlushBackoffs();
  void FlushUnschedulable();
  base::Clock::Steady NextBackoffFlush() const;
  base::Clock::Steady NextUnschedulableFlush() const;

  Options options_;
  const base::Clock& clock_;
  const QueuePlugins& plugins_;
  QueueObserver& observer_;
  Backoff backoff_rule_;
  EventInterests interests_;

  boost::unordered_flat_set<std::unique_ptr<Entry>, HashName, SameName> entries_;
  IndexedHeap<Entry, &Entry::heap_index, SortFirst> active_;
  IndexedHeap<Entry, &Entry::heap_index, BackoffFirst> backoff_;
  IndexedHeap<Entry, &Entry::heap_index, ErrorBackoffFirst> error_backoff_;
  UnschedulablePods unschedulable_;
  InFlight in_flight_;

  std::uint64_t next_arrival_ = 1;
  base::Clock::Steady start_;
  std::int64_t flushes_ = 0;        // of unschedulable pods: intervals since start_ that are done
  std::vector<Entry*> candidates_;  // kept for its memory
};

}  // namespace berth::queue

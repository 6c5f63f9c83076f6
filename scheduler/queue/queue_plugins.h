// What the scheduling queue asks of its owner: the plugins of the profiles on one side, and
// somebody who counts on the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "scheduler/framework/event_registrations.h"
#include "scheduler/framework/object_change.h"
#include "scheduler/queue/queued_pod.h"

namespace berth::queue {

// Called on the queue's thread, and never with a queue that is half changed; must not call the
// queue back.
class QueuePlugins {
 public:
  virtual ~QueuePlugins() = default;

  // QueueSort: whether `a` is tried before `b`. A strict weak order, which for pods that are in the
  // queue changes only with Update.
  virtual bool Less(const QueuedPod& a, const QueuedPod& b) const = 0;

  // PreEnqueue of the pod's profile: the name of the first plugin that keeps the pod out; empty if
  // none does. `first`, if not empty, is the one that did so last time: it is asked before the
  // rest.
  virtual std::string_view PreEnqueue(const api::Pod& pod, std::string_view first) const = 0;

  // The three questions of framework::EventRegistrations. The answers to the first two never
  // change.
  virtual bool Wanted(const framework::ClusterEvent& event) const = 0;
  virtual bool WantedBy(std::string_view plugin, const framework::ClusterEvent& event) const = 0;
  virtual framework::QueueingStrategy WorthRequeuing(
      const QueuedPod& pod, const framework::ObjectChange& change) const = 0;
};

// Where a pod waits. Gated pods are kept with the unschedulable ones, but counted apart.
enum class QueueName : std::uint8_t { kActive, kBackoff, kUnschedulable, kGated };

// "active", "backoff", "unschedulable", "gated": as in metrics.
std::string_view Name(QueueName queue);

// For metrics. What is only counted, rather than told, is in SchedulingQueue::counts().
class QueueObserver {
 public:
  virtual ~QueueObserver() = default;

  // queue_incoming_pods_total: a pod came into a queue (never kGated) because of an event, whose
  // label is framework::Label.
  virtual void OnIncoming(QueueName, const framework::ClusterEvent&) {}

  // unschedulable_pods: a pod of the queue has one rejector more (+1) or less (-1).
  virtual void OnRejector(const api::Pod&, std::string_view, int) {}
};

}  // namespace berth::queue

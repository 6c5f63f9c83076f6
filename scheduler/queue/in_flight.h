// Pods that have been popped and are being decided, and what happens meanwhile: an event that comes
// just then may be the one that a pod will have to wait for.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/queue/event_interests.h"
#include "scheduler/queue/owned_change.h"

namespace berth::queue {

struct InFlightEvent {
  EventInterests::Kind kind;
  OwnedChange change;
};

// One sequence of events for all pods, each of which knows where it came in. Events are kept while
// there is a pod that came before them, but no more than `max_events`: a pod that is decided for so
// long that the oldest are dropped is said to have missed some. Pods are told by uid, or by name
// without one. Not thread-safe.
class InFlight {
 public:
  explicit InFlight(std::size_t max_events) : max_events_(max_events) {}

  // Nothing if the pod is there already.
  void Add(std::shared_ptr<const api::Pod> pod);
  void Remove(const api::Pod& pod);
  bool Has(const api::Pod& pod) const { return Find(pod) != nullptr; }

  // Nothing while no pod is in flight.
  void Record(EventInterests::Kind kind, const OwnedChange& change);

  // Whether events are no longer there that came after the pod, which must be in flight.
  bool HasMissedEvents(const api::Pod& pod) const;
  // Calls visit for the events since the pod was popped, in order, until it returns false.
  void ForEachEventSince(const api::Pod& pod,
                         const std::function<bool(const InFlightEvent&)>& visit) const;

  std::size_t pods() const { return pods_.size(); }
  std::size_t events() const { return events_.size(); }
  // How many events of a kind are kept.
  std::size_t EventsOf(EventInterests::Kind kind) const;
  // In the order in which they were popped.
  void ForEachPod(const std::function<void(const api::Pod&)>& visit) const;

 private:
  struct PoppedPod {
    std::shared_ptr<const api::Pod> pod;
    std::uint64_t since;  // the number of the first event after it
  };
  // The name only of pods without a uid. The text is the pod's.
  struct Identity {
    std::string_view uid, namespace_name, name;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct HashIdentity {
    std::size_t operator()(const Identity& identity) const;
  };

  static Identity IdentityOf(const api::Pod& pod);
  const PoppedPod* Find(const api::Pod& pod) const;
  void DropEventsBefore(std::uint64_t number);

  std::size_t max_events_;
  std::list<PoppedPod> pods_;
  boost::unordered_flat_map<Identity, std::list<PoppedPod>::iterator, HashIdentity> places_;
  std::deque<InFlightEvent> events_;
  std::uint64_t first_event_ = 0;    // the number of events_.front()
  std::vector<std::size_t> counts_;  // by kind
};

}  // namespace berth::queue

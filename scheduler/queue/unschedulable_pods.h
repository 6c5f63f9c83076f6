// Pods that wait for an event, or that a plugin keeps out of the queue.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/queue/entry.h"
#include "scheduler/queue/event_interests.h"

namespace berth::queue {

// Pods with the same rejectors care for the same events.
struct UnschedulableGroup {
  struct Key {
    PluginBits rejectors;
    PluginBits gating_plugin;  // 0: none
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  Key key;
  std::vector<Entry*> pods;
};

// Entries are not owned, and must not change rejectors or gating plugin while they are in here. Not
// thread-safe.
class UnschedulablePods {
 public:
  explicit UnschedulablePods(EventInterests& interests)
      : interests_(interests), timeout_(interests.KindOf(framework::kUnschedulableTimeout)) {}

  void Add(Entry& entry);
  void Remove(Entry& entry);

  // Appends the pods that the event may help. What is left out would not be worth requeuing: nobody
  // who turned the pod away wants to hear of the event, or not the one who keeps it out. Groups
  // are left out as a whole.
  void AppendConcerned(EventInterests::Kind event, std::vector<Entry*>& out) const;
  // The same question for one pod in here.
  bool IsConcerned(const Entry& entry, EventInterests::Kind event) const;

  // The smallest timestamp of the pods that time alone may wake; gated pods are among them only
  // where the plugin that keeps them out wants every event. nullopt without any.
  std::optional<base::Clock::Steady> OldestToFlush() const;
  // Appends those pods with a timestamp before `time`, the oldest first.
  void AppendToFlush(base::Clock::Steady time, std::vector<Entry*>& out);

  std::size_t waiting() const { return size_ - gated_; }
  std::size_t gated() const { return gated_; }

 private:
  struct OlderFirst {
    bool operator()(const Entry& a, const Entry& b) const {
      if (a.timestamp != b.timestamp) return a.timestamp < b.timestamp;
      return a.arrival < b.arrival;
    }
  };

  bool IsConcerned(const UnschedulableGroup::Key& key, EventInterests::Kind event) const;

  EventInterests& interests_;
  EventInterests::Kind timeout_;
  std::map<UnschedulableGroup::Key, UnschedulableGroup> groups_;
  IndexedHeap<Entry, &Entry::flush_index, OlderFirst> to_flush_{OlderFirst()};
  std::size_t size_ = 0;
  std::size_t gated_ = 0;
};

}  // namespace berth::queue

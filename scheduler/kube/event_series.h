// Events that happen again and again, so that each is written once and then only counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/base/clock.h"
#include "scheduler/kube/event_body.h"

namespace berth::kube {

// One event and what is known of it on the server. The writer keeps it while a write is under way.
struct EventSeries {
  Event event;
  EventState state;
  EventApi api = EventApi::kEvents;
  std::int64_t written = 0;   // the count that the server knows; 0: it knows nothing
  std::int64_t in_write = 0;  // the count that is being written; 0: nothing is
  int tries = 0;              // of this write that had no answer
  bool write_again = false;   // when the write is done
  base::Clock::Steady observed;
};

// By SeriesKey. The second time is to be written at once, later ones with Refresh, and what was not
// seen for `finish_after` is forgotten, after a last write if there is something to say. Of more
// than `max_series` the one not seen for longest is, too. Not thread-safe.
class EventSeriesCache {
 public:
  struct Options {
    std::chrono::nanoseconds finish_after{std::chrono::minutes(6)};
    std::size_t max_series = 20'000;
  };
  using Pointer = std::shared_ptr<EventSeries>;

  explicit EventSeriesCache(const Options& options) : options_(options) {}

  // The event has happened. `name` is for one that is new. Appends what is to be written now.
  void Observe(Event event, std::string name, std::int64_t wall, base::Clock::Steady now,
               std::vector<Pointer>& to_write);

  // Forgets what is over, and appends what is to be written of it.
  void Finish(base::Clock::Steady now, std::vector<Pointer>& to_write);
  // When Finish has something to do next; time_point::max() if never.
  base::Clock::Steady NextFinish() const;

  // Appends everything of which the server does not know the count.
  void Refresh(std::vector<Pointer>& to_write) const;

  // It could not be written: when it happens again it is new.
  void Forget(const EventSeries& series);

  std::size_t size() const { return by_key_.size(); }

 private:
  using Order = std::list<Pointer>;

  void FinishOldest(std::vector<Pointer>& to_write);

  Options options_;
  Order order_;  // that seen longest ago is first
  std::unordered_map<std::string, Order::iterator> by_key_;
};

}  // namespace berth::kube

// Tells the API server what has happened to pods.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/event.h"

namespace berth::kube {

// Writes events of events.k8s.io/v1, or of core/v1 where the server does not have that group. An
// event that happens again is a series: its second time is written at once, later ones are counted
// here and written every half hour, and when it has not happened for six minutes. What the server
// refuses is dropped; where no answer came it is tried again, 12 times in all.
//
// Like kube-scheduler's, but for the note: there it is a printf format without arguments, so that
// a '%' in it comes out garbled. Here it stays as it is.
//
// Thread-safe. Nothing is ever waited for but in Flush and the destructor.
class EventRecorder {
 public:
  struct Options {
    std::string hostname = {};
    std::size_t max_queued = 1000;    // events that wait for their turn, and those for a new try
    std::size_t max_under_way = 100;  // requests without an answer
    int max_tries = 12;
    std::chrono::nanoseconds retry_after{std::chrono::seconds(10)};  // up to a quarter more
    std::chrono::nanoseconds refresh_every{std::chrono::minutes(30)};
    std::chrono::nanoseconds finish_after{std::chrono::minutes(6)};
    std::size_t max_series = 20'000;
  };

  struct Counts {
    std::uint64_t recorded = 0;  // without dropped
    std::uint64_t dropped = 0;   // there was no more room
    std::uint64_t failed = 0;    // refused, or given up
  };

  // Writes on a thread of its own. The client must outlive the recorder, and what it still calls
  // back later is ignored.
  EventRecorder(Client& client, const base::Clock& clock, Options options);
  // What has not been written is lost: Flush before.
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // The note is cut to what the server takes. Never waits.
  void Record(Event event);

  // Waits until all that was recorded before has an answer, but for what waits for a new try.
  // False: the time was up before.
  bool Flush(std::chrono::steady_clock::time_point deadline);

  Counts counts() const;

  // For tests and for owners with a loop of their own: a recorder without a thread, and what its
  // thread would do now. Returns when it has something to do next; time_point::max() if never.
  struct WithoutThread {};
  EventRecorder(Client& client, const base::Clock& clock, Options options, WithoutThread);
  base::Clock::Steady Step();

 private:
  class Core;
  std::shared_ptr<Core> core_;
  std::jthread thread_;
};

}  // namespace berth::kube

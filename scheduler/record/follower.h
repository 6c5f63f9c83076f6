// What happens in a cluster after a snapshot, as the lines of a recording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"
#include "scheduler/record/snapshot.h"

namespace berth::record {

// One watch for each kind, from the version it was listed at, so that no change is missed or comes
// twice. Where the API server has forgotten that version there is a new list; what differs then
// becomes events. Watches that fail are tried again, with a line in the log.
//
// Thread-safe. The client and the clock outlive it.
class Follower {
 public:
  // `seed` spreads tries over time.
  Follower(kube::Client& client, const base::Clock& clock, std::uint64_t seed,
           std::vector<ListedKind> kinds);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void Start();
  void Stop();

  struct Lines {
    std::string text;  // each ends with a line feed
    std::size_t count = 0;
  };
  // The events since the last call, in the order in which they came. Those of one kind are in the
  // order in which they happened.
  Lines Take();

 private:
  class Log;
  struct Watch;
  std::unique_ptr<Log> log_;
  std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace berth::record

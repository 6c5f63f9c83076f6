// Which pods arrive in an experiment, and in which order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

using SharedPod = std::shared_ptr<const api::Pod>;

// How many there are of what is to be filled: the arrivals together ask for at most `ratio` times
// `capacity`, and for as much as is possible.
struct ArrivalGoal {
  std::int64_t capacity = 0;                            // above 0
  double ratio = 1.0;                                   // above 0
  std::function<std::int64_t(const api::Pod&)> amount;  // of one pod; not negative
  std::int64_t asked_before = 0;                        // by pods that are there already
};

enum class ArrivalOrder : std::uint8_t {
  kShuffled,  // by the seed
  kFile,      // as given
  kTime,      // in virtual time, see timed_run.h
};

// The pods in that order, which is not kTime. If they ask for less than the goal, pods drawn from
// them by the seed with replacement follow until the next one would pass it; those get names, and
// where they had some uids, of their own. If they ask for more, the last ones are left out. Fails
// where no pod asks for anything, and where it would take millions of pods. Equal input gives equal
// output on every machine.
base::Result<std::vector<SharedPod>> MakeArrivals(std::span<const SharedPod> pods,
                                                  const ArrivalGoal& goal, std::uint64_t seed,
                                                  ArrivalOrder order = ArrivalOrder::kShuffled);

// The positions 0 .. count-1 in an order that follows from the seed.
std::vector<std::size_t> ShuffledPositions(std::size_t count, std::uint64_t seed);

}  // namespace berth::simulate

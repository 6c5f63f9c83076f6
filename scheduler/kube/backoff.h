// How long to wait before the next try of what keeps failing.
#pragma once

#include <chrono>

#include "scheduler/base/clock.h"
#include "scheduler/base/random.h"

namespace berth::kube {

// As the reflectors of client-go wait: 0.8 s, twice as long each time up to 30 s, each drawn
// longer by up to as much again, and from the beginning after two minutes without a failure.
class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(seed) {}

  std::chrono::milliseconds Next(base::Clock::Steady now);

 private:
  base::Random random_;
  std::chrono::milliseconds step_{0};
  base::Clock::Steady last_;
};

}  // namespace berth::kube

// How many requests a second may leave, as client-go's flowcontrol limits them.
#pragma once

#include "scheduler/base/clock.h"

namespace berth::kube {

// A bucket of `burst` tokens, full at first, into which `qps` tokens fall a second. Not
// thread-safe.
class RateLimiter {
 public:
  // Without a limit where qps is 0 or less (or not a number).
  RateLimiter(double qps, int burst, base::Clock::Steady now);

  // Takes a token, if there is one.
  bool TryTake(base::Clock::Steady now);
  // When there will be a token; `now` if there is one.
  base::Clock::Steady NextAt(base::Clock::Steady now);

 private:
  void Refill(base::Clock::Steady now);

  double qps_;
  double burst_;
  double tokens_;
  base::Clock::Steady refilled_;
};

}  // namespace berth::kube

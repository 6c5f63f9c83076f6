#pragma once

#include <chrono>
#include <cstdint>

#include "scheduler/base/clock.h"

namespace berth::serve {

// Goes when it is told to.
class TestClock final : public base::Clock {
 public:
  Steady Now() const override { return now_; }
  std::int64_t WallNanoseconds() const override {
    return std::chrono::nanoseconds(now_.time_since_epoch()).count();
  }
  void Advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Steady now_{std::chrono::seconds(1'000'000'000)};
};

}  // namespace berth::serve

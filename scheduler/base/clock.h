// The time, injected, so that what waits can be tested without waiting.
#pragma once

#include <chrono>
#include <cstdint>

namespace berth::base {

// Both readings may be taken from any thread.
class Clock {
 public:
  // Of the steady clock: for how long something takes and when it is due.
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Steady Now() const = 0;
  // Nanoseconds since the Unix epoch, as people and objects tell the time: may jump.
  virtual std::int64_t WallNanoseconds() const = 0;
};

// The clocks of the machine.
class SystemClock final : public Clock {
 public:
  Steady Now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t WallNanoseconds() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace berth::base

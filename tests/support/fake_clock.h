// A clock that goes when it is told to.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "scheduler/base/clock.h"

namespace berth::support {

// Begins at a whole second of the wall clock. Thread-safe.
class FakeClock final : public base::Clock {
 public:
  static constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

  Steady Now() const override { return Steady(std::chrono::nanoseconds(steady_.load())); }
  std::int64_t WallNanoseconds() const override { return steady_.load() + offset_.load(); }

  void Advance(std::chrono::nanoseconds by) { steady_ += by.count(); }
  // Somebody sets the wall clock.
  void JumpWall(std::chrono::nanoseconds by) { offset_ += by.count(); }

 private:
  std::atomic<std::int64_t> steady_ = 5'000'000'000;
  std::atomic<std::int64_t> offset_ = kStart - 5'000'000'000;
};

}  // namespace berth::support

// A clock that a test moves.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "scheduler/base/clock.h"

namespace berth::kube {

class ManualClock final : public base::Clock {
 public:
  Steady Now() const override { return Steady(std::chrono::nanoseconds(nanoseconds_.load())); }
  std::int64_t WallNanoseconds() const override { return nanoseconds_; }

  void Advance(std::chrono::nanoseconds by) { nanoseconds_ += by.count(); }

 private:
  // Some day in 2026.
  std::atomic<std::int64_t> nanoseconds_ = 1'780'000'000'000'000'000;
};

}  // namespace berth::kube

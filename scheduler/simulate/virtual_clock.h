// A clock that stands still until it is told what time it is.
#pragma once

#include <chrono>
#include <cstdint>

#include "scheduler/base/clock.h"

namespace berth::simulate {

// Not thread-safe.
class VirtualClock final : public base::Clock {
 public:
  // `begin_nanoseconds` is what the wall clock says at the beginning.
  explicit VirtualClock(std::int64_t begin_nanoseconds) : begin_(begin_nanoseconds) {}

  Steady Now() const override { return Steady(std::chrono::nanoseconds(since_begin_)); }
  std::int64_t WallNanoseconds() const override { return begin_ + since_begin_; }

  // Nanoseconds since the beginning.
  std::int64_t since_begin() const { return since_begin_; }
  void Set(std::int64_t since_begin) { since_begin_ = since_begin; }

 private:
  std::int64_t begin_;
  std::int64_t since_begin_ = 0;
};

}  // namespace berth::simulate

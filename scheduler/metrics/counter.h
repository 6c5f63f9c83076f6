// A number that only grows.
#pragma once

#include <atomic>
#include <cstdint>

namespace berth::metrics {

// From any thread. A line of the cache of its own, so that two counters never slow each other down.
class alignas(64) Counter {
 public:
  void Increment(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

}  // namespace berth::metrics

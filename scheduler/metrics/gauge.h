// A number that says what is just now.
#pragma once

#include <atomic>

namespace berth::metrics {

// From any thread.
class alignas(64) Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  void Increment() { Add(1); }
  void Decrement() { Add(-1); }

  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

}  // namespace berth::metrics

// How often values fell into each of some ranges.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace berth::metrics {

// Upper bounds of ranges, rising; values above the last one belong to a range without a bound.
using Buckets = std::vector<double>;

// `count` bounds: start, start * factor, and so on, rounded as Go's client of Prometheus rounds
// them: their decimal text is part of the name of a series.
inline Buckets ExponentialBuckets(double start, double factor, std::size_t count) {
  Buckets bounds;
  double bound = start;
  while (bounds.size() < count) {
    bounds.push_back(bound);
    bound *= factor;
  }
  return bounds;
}

// From any thread, without locks: two additions an observation, which cost a few nanoseconds as
// long as one thread observes at a time. A reading that is taken meanwhile may have the one
// addition and not yet the other.
class alignas(64) Histogram {
 public:
  explicit Histogram(const Buckets& bounds)
      : bounds_(bounds), counts_(std::make_unique<Count[]>(bounds.size() + 1)) {}

  // A bound belongs to the range below it; what is not a number to the last range.
  void Observe(double value) {
    const auto bound = std::ranges::lower_bound(bounds_, value);
    const auto bucket =
        value == value ? static_cast<std::size_t>(bound - bounds_.begin()) : bounds_.size();
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // In seconds.
  void Observe(std::chrono::steady_clock::duration duration) {
    Observe(std::chrono::duration<double>(duration).count());
  }

  const Buckets& bounds() const { return bounds_; }
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  // How many values fell into each range; one more than there are bounds.
  std::vector<std::uint64_t> Counts() const {
    std::vector<std::uint64_t> counts(bounds_.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    return counts;
  }

  void Reset() {
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      counts_[i].store(0, std::memory_order_relaxed);
    }
    sum_.store(0, std::memory_order_relaxed);
  }

 private:
  using Count = std::atomic<std::uint64_t>;

  const Buckets bounds_;
  const std::unique_ptr<Count[]> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace berth::metrics

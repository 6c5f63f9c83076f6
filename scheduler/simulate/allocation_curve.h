// How full a cluster is over how much has been asked of it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace berth::simulate {

// Amounts of one resource, both axes in percent of its capacity. Not thread-safe.
class AllocationCurve {
 public:
  // `capacity` is above 0.
  explicit AllocationCurve(std::int64_t capacity) : capacity_(capacity) {}

  // After each arrival: what all arrivals so far have asked for together, and the amount that is
  // followed (used, or fragmented). Neither is negative. What lies beyond ten times the capacity is
  // not kept.
  void Add(std::int64_t arrived, double amount);

  // The mean over the arrivals whose arrived percentage rounds to `percent`, in percent; nothing if
  // there were none.
  std::optional<double> At(std::int64_t percent) const;
  // The highest percentage that has a value; -1 without any.
  std::int64_t last() const;

 private:
  struct Point {
    double sum = 0;
    std::int64_t count = 0;
  };

  std::int64_t capacity_;
  std::vector<Point> points_;  // by percent
};

}  // namespace berth::simulate

#include "scheduler/simulate/allocation_curve.h"

#include <cmath>

namespace berth::simulate {

constexpr std::int64_t kMaxPercent = 1000;

void AllocationCurve::Add(std::int64_t arrived, double amount) {
  const auto percent = static_cast<std::int64_t>(
      std::llround(100.0 * static_cast<double>(arrived) / static_cast<double>(capacity_)));
  if (percent > kMaxPercent) return;
  const auto index = static_cast<std::size_t>(percent);
  if (index >= points_.size()) points_.resize(index + 1);
  points_[index].sum += amount;
  ++points_[index].count;
}

std::optional<double> AllocationCurve::At(std::int64_t percent) const {
  if (percent < 0 || percent > last()) return std::nullopt;
  const Point& point = points_[static_cast<std::size_t>(percent)];
  if (point.count == 0) return std::nullopt;
  return 100.0 * point.sum / static_cast<double>(point.count) / static_cast<double>(capacity_);
}

std::int64_t AllocationCurve::last() const { return static_cast<std::int64_t>(points_.size()) - 1; }

}  // namespace berth::simulate

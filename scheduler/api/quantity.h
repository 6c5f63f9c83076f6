// Kubernetes quantities ("100m", "1.5Gi", "2e3"), exact.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::api {

// A decimal number in units of 10^-9, as apimachinery keeps it: a value more precise than a
// nano-unit is rounded up (away from zero) on parsing and one beyond +-(2^63-1) is capped. Sums and
// maxima are exact; only the conversion to an integer rounds, and it rounds up.
class Quantity {
 public:
  constexpr Quantity() = default;
  static constexpr Quantity FromNanos(__int128 nanos) { return Quantity(nanos); }
  static constexpr Quantity FromMilli(std::int64_t milli) {
    return Quantity(static_cast<__int128>(milli) * 1'000'000);
  }
  static constexpr Quantity FromValue(std::int64_t value) {
    return Quantity(static_cast<__int128>(value) * 1'000'000'000);
  }

  // Grammar of k8s.io/apimachinery/pkg/api/resource: sign, digits with at most one point, and a
  // suffix: Ki..Ei, n u m "" k M G T P E, or an exponent (e3, E-2). Fails on anything else.
  static base::Result<Quantity> Parse(std::string_view text);

  // Rounded up (away from zero), saturated at the ends of int64.
  std::int64_t Value() const { return Scaled(1'000'000'000); }
  std::int64_t MilliValue() const { return Scaled(1'000'000); }

  __int128 nanos() const { return nanos_; }
  bool IsZero() const { return nanos_ == 0; }
  bool IsNegative() const { return nanos_ < 0; }

  // A decimal form that Parse reads back to the same number ("1500m", "2", "1073741824").
  std::string ToString() const;

  Quantity& operator+=(Quantity other) {
    nanos_ += other.nanos_;
    return *this;
  }
  friend Quantity operator+(Quantity a, Quantity b) { return a += b; }
  friend auto operator<=>(const Quantity&, const Quantity&) = default;

 private:
  explicit constexpr Quantity(__int128 nanos) : nanos_(nanos) {}
  std::int64_t Scaled(std::int64_t unit_nanos) const;

  __int128 nanos_ = 0;
};

}  // namespace berth::api

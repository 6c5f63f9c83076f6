// Bounds of the scores over resources, in single precision: a first look at a pod whose like has
// not been seen. Which nodes cannot be the best, and what most of the others have exactly, is found
// out at a fifth of the cost of the scores.
//
// An upper bound is never below the kernel of the same name in kernels.h, a lower one never above,
// and mostly both are equal to it: only a quotient within kBoundSlack of an integer is taken for
// more or less than it is. Columns, words and masks are as in kernels.h, thread-safety too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/kernels.h"

namespace berth::scoring {

// What one resource of a ResourceTerm that is plain comes to in percent of the capacity.
struct BoundTerm {
  const float* free_percent;      // FreePercent(used, Reciprocal(capacity))
  const float* percent_per_unit;  // 100 / capacity
  float request;
  float weight;  // unused by kBalancedAllocation
};

// One of the scores that make a total, with its weight there.
struct BoundPart {
  enum class Kind : std::uint8_t {
    kLeastAllocated,      // of any number of terms
    kBalancedAllocation,  // of two
  };
  Kind kind;
  std::vector<BoundTerm> terms;
  float weight = 1;
};

enum class Bound : std::uint8_t { kLower, kUpper };

// Far above the rounding of a few operations in single precision on numbers up to 100.
inline constexpr float kBoundSlack = 2e-4F;
// Weights that bounds can be made with add up to this at most: sums stay exact in single precision,
// and means far enough from the integers that they are not.
inline constexpr std::int64_t kMaxBoundWeight = 1000;

// 100 only where nothing is used: nodes without pods are many, and their bounds meet.
inline float FreePercent(std::int64_t used, double reciprocal_of_capacity) {
  constexpr float kJustBelow = 100.0F - 0x1p-17F;
  const auto free =
      static_cast<float>(100.0 - 100.0 * static_cast<double>(used) * reciprocal_of_capacity);
  return used > 0 && free > kJustBelow ? kJustBelow : free;
}

// out = totals + the sum over the parts of weight * (a bound of the score). `totals`, which single
// precision has to be able to hold, may be null: then they are 0. Returns the highest of the set
// rows; the lowest float where there is none.
float BoundTotals(Bound bound, std::span<const BoundPart> parts, const std::int64_t* totals,
                  const Word* mask, std::size_t words, float* out);

// Clears the rows below the limit.
void KeepAtLeast(const float* bounds, float limit, std::size_t words, Word* mask);

}  // namespace berth::scoring

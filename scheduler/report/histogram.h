// Durations as a histogram of a bounded size.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace berth::report {

// Samples with from <= sample < to.
struct Bin {
  double from = 0;
  double to = 0;
  std::int64_t count = 0;
};

// Ten bins a decade, from the one of the smallest sample to that of the largest, empty ones
// included; samples below 1 count as 1. Nothing without samples.
std::vector<Bin> LogHistogram(std::span<const std::int64_t> samples);

}  // namespace berth::report

#include "scheduler/report/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace berth::report {
namespace {

constexpr int kBinsPerDecade = 10;

double EdgeOf(int bin) { return std::pow(10.0, static_cast<double>(bin) / kBinsPerDecade); }

int BinOf(std::int64_t sample) {
  const auto value = static_cast<double>(std::max<std::int64_t>(1, sample));
  int bin = static_cast<int>(std::floor(std::log10(value) * kBinsPerDecade));
  // The logarithm of an edge may come out on either side.
  if (value >= EdgeOf(bin + 1)) ++bin;
  if (value < EdgeOf(bin)) --bin;
  return bin;
}

}  // namespace

std::vector<Bin> LogHistogram(std::span<const std::int64_t> samples) {
  if (samples.empty()) return {};
  const auto [least, most] = std::ranges::minmax(samples);
  const int first = BinOf(least);
  std::vector<Bin> bins;
  for (int bin = first; bin <= BinOf(most); ++bin) bins.push_back({EdgeOf(bin), EdgeOf(bin + 1)});
  for (const std::int64_t sample : samples) {
    ++bins[static_cast<std::size_t>(BinOf(sample) - first)].count;
  }
  return bins;
}

}  // namespace berth::report

#include "scoring/kernels_scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "scheduler/base/wrapping.h"

namespace berth::scoring::scalar {
namespace {

using base::WrapAdd;
using base::WrapMul;
using base::WrapSub;

template <typename Visit>
void ForEachRow(const Word* mask, std::size_t words, Visit visit) {
  for (std::size_t i = 0; i < words; ++i) {
    for (Word word = mask[i]; word != 0; word &= word - 1) {
      visit(i * kRowsPerWord + static_cast<std::size_t>(std::countr_zero(word)));
    }
  }
}

std::int64_t Utilization(std::int64_t capacity, std::int64_t needed) {
  return needed > capacity ? 100 : WrapMul(needed, 100) / capacity;
}

// Standard deviation of the used fractions of the resources that the node has. Two resources have
// a closed form; the general one accumulates in the order of the resources.
double Deviation(std::span<const ResourceTerm> terms, std::size_t row, bool with_request) {
  constexpr std::size_t kMaxResources = 64;
  double fractions[kMaxResources];
  std::size_t n = 0;
  double sum = 0;
  for (const auto& term : terms.first(std::min(terms.size(), kMaxResources))) {
    const std::int64_t capacity = term.capacity[row];
    if (capacity == 0) continue;
    const std::int64_t used = with_request ? WrapAdd(term.used[row], term.request) : term.used[row];
    fractions[n] = std::min(1.0, static_cast<double>(used) / static_cast<double>(capacity));
    sum += fractions[n++];
  }
  if (n == 2) return std::abs((fractions[0] - fractions[1]) / 2);
  if (n < 2) return 0;
  const double mean = sum / static_cast<double>(n);
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    squares = squares + (fractions[i] - mean) * (fractions[i] - mean);
  }
  return std::sqrt(squares / static_cast<double>(n));
}

}  // namespace

std::int64_t LeastAllocatedRow(std::span<const ResourceTerm> terms, std::size_t row) {
  std::int64_t sum = 0;
  std::int64_t weights = 0;
  for (const auto& term : terms) {
    const std::int64_t capacity = term.capacity[row];
    if (capacity == 0) continue;
    const std::int64_t needed = WrapAdd(term.used[row], term.request);
    if (needed <= capacity) sum += WrapMul(WrapSub(capacity, needed), 100) / capacity * term.weight;
    weights += term.weight;
  }
  return weights == 0 ? 0 : sum / weights;
}

std::int64_t MostAllocatedRow(std::span<const ResourceTerm> terms, std::size_t row) {
  std::int64_t sum = 0;
  std::int64_t weights = 0;
  for (const auto& term : terms) {
    const std::int64_t capacity = term.capacity[row];
    if (capacity == 0) continue;
    const std::int64_t needed = std::min(WrapAdd(term.used[row], term.request), capacity);
    sum += WrapMul(needed, 100) / capacity * term.weight;
    weights += term.weight;
  }
  return weights == 0 ? 0 : sum / weights;
}

std::int64_t RequestedToCapacityRatioRow(std::span<const ResourceTerm> terms,
                                         const std::int64_t* shape, std::size_t row) {
  std::int64_t sum = 0;
  std::int64_t weights = 0;
  for (const auto& term : terms) {
    const std::int64_t capacity = term.capacity[row];
    if (capacity == 0) continue;
    const std::int64_t utilization = Utilization(capacity, WrapAdd(term.used[row], term.request));
    const std::int64_t score = shape[std::clamp<std::int64_t>(utilization, 0, 100)];
    if (score <= 0) continue;
    sum += score * term.weight;
    weights += term.weight;
  }
  if (weights == 0) return 0;
  return static_cast<std::int64_t>(
      std::round(static_cast<double>(sum) / static_cast<double>(weights)));
}

std::int64_t BalancedAllocationRow(std::span<const ResourceTerm> terms, std::size_t row) {
  const auto balance = [&](bool with_request) {
    return static_cast<std::int64_t>((1 - Deviation(terms, row, with_request)) * 100.0);
  };
  // Where sums of requests have wrapped, balances can be anything; Go wraps here.
  return 50 + WrapSub(WrapAdd(50, balance(true)), balance(false)) / 2;
}

std::int64_t NormalizedByMax(std::int64_t max, bool reverse, std::int64_t value) {
  const std::int64_t scaled = WrapMul(value, 100) / max;
  return reverse ? 100 - scaled : scaled;
}

std::int64_t NormalizedByMinMax(MinMax range, std::int64_t value) {
  const auto width = static_cast<double>(WrapSub(range.max, range.min));
  return static_cast<std::int64_t>(100.0 *
                                   (static_cast<double>(WrapSub(value, range.min)) / width));
}

std::int64_t NormalizedFlipped(MinMax range, std::int64_t value) {
  return WrapMul(WrapSub(WrapAdd(range.max, range.min), value), 100) / range.max;
}

void FitRows(const std::int64_t* capacity, const std::int64_t* used, std::int64_t request,
             std::size_t words, Word* mask) {
  for (std::size_t i = 0; i < words; ++i) {
    for (Word word = mask[i]; word != 0; word &= word - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(word));
      const std::size_t row = i * kRowsPerWord + bit;
      if (WrapSub(capacity[row], used[row]) < request) mask[i] &= ~(Word{1} << bit);
    }
  }
}

void LeastAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                    std::int64_t* out) {
  ForEachRow(mask, words, [&](std::size_t row) { out[row] = LeastAllocatedRow(terms, row); });
}

void MostAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                   std::int64_t* out) {
  ForEachRow(mask, words, [&](std::size_t row) { out[row] = MostAllocatedRow(terms, row); });
}

void RequestedToCapacityRatio(std::span<const ResourceTerm> terms, const std::int64_t* shape,
                              const Word* mask, std::size_t words, std::int64_t* out) {
  ForEachRow(mask, words,
             [&](std::size_t row) { out[row] = RequestedToCapacityRatioRow(terms, shape, row); });
}

void BalancedAllocation(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                        std::int64_t* out) {
  ForEachRow(mask, words, [&](std::size_t row) { out[row] = BalancedAllocationRow(terms, row); });
}

void WeightedSum(const std::int64_t* total, const std::int64_t* score, std::int64_t weight,
                 const Word* mask, std::size_t words, std::int64_t* out) {
  ForEachRow(mask, words,
             [&](std::size_t row) { out[row] = WrapAdd(total[row], WrapMul(score[row], weight)); });
}

void AddWeighted(const std::int64_t* score, std::int64_t weight, const Word* mask,
                 std::size_t words, std::int64_t* total) {
  WeightedSum(total, score, weight, mask, words, total);
}

std::int64_t KeepHighest(const std::int64_t* values, std::size_t words, Word* mask) {
  const std::int64_t highest = MinMaxOf(values, mask, words).max;
  for (std::size_t i = 0; i < words; ++i) {
    for (Word word = mask[i]; word != 0; word &= word - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(word));
      if (values[i * kRowsPerWord + bit] != highest) mask[i] &= ~(Word{1} << bit);
    }
  }
  return highest;
}

std::size_t CountRows(const Word* mask, std::size_t words) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < words; ++i) count += static_cast<std::size_t>(std::popcount(mask[i]));
  return count;
}

void AddWhereEqual(const std::int64_t* values, std::int64_t wanted, const Word* bits,
                   std::size_t words, Word* out) {
  for (std::size_t i = 0; i < words; ++i) {
    if (values[i] == wanted) out[i] |= bits[i];
  }
}

void PermuteBits(const std::uint32_t* order, std::size_t rows, const Word* mask, Word* out) {
  for (std::size_t i = 0; i < WordsForRows(rows); ++i) out[i] = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint32_t row = order[i];
    const Word bit = (mask[row / kRowsPerWord] >> (row % kRowsPerWord)) & 1;
    out[i / kRowsPerWord] |= bit << (i % kRowsPerWord);
  }
}

MinMax MinMaxOf(const std::int64_t* values, const Word* mask, std::size_t words) {
  MinMax range{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  ForEachRow(mask, words, [&](std::size_t row) {
    range.min = std::min(range.min, values[row]);
    range.max = std::max(range.max, values[row]);
  });
  return range;
}

void NormalizeByMax(std::int64_t max, bool reverse, const Word* mask, std::size_t words,
                    std::int64_t* values) {
  ForEachRow(mask, words,
             [&](std::size_t row) { values[row] = NormalizedByMax(max, reverse, values[row]); });
}

void NormalizeByMinMax(MinMax range, const Word* mask, std::size_t words, std::int64_t* values) {
  ForEachRow(mask, words,
             [&](std::size_t row) { values[row] = NormalizedByMinMax(range, values[row]); });
}

void NormalizeFlipped(MinMax range, const Word* mask, std::size_t words, std::int64_t* values) {
  ForEachRow(mask, words,
             [&](std::size_t row) { values[row] = NormalizedFlipped(range, values[row]); });
}

void RoundColumn(const double* values, const Word* mask, std::size_t words, std::int64_t* out) {
  ForEachRow(mask, words, [&](std::size_t row) {
    out[row] = static_cast<std::int64_t>(std::round(values[row]));
  });
}

void KeepByTable(const std::uint32_t* ids, const std::uint32_t* table, std::size_t words,
                 Word* mask) {
  for (std::size_t i = 0; i < words; ++i) {
    for (Word word = mask[i]; word != 0; word &= word - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(word));
      if (table[ids[i * kRowsPerWord + bit]] == 0) mask[i] &= ~(Word{1} << bit);
    }
  }
}

void KeepAtMost(const std::uint32_t* ids, const std::int64_t* table, std::int64_t limit,
                std::size_t words, Word* mask) {
  for (std::size_t i = 0; i < words; ++i) {
    for (Word word = mask[i]; word != 0; word &= word - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(word));
      if (table[ids[i * kRowsPerWord + bit]] > limit) mask[i] &= ~(Word{1} << bit);
    }
  }
}

void AddByTable(const std::uint32_t* ids, const std::int64_t* table, const Word* mask,
                std::size_t words, std::int64_t* out) {
  ForEachRow(mask, words, [&](std::size_t row) { out[row] = WrapAdd(out[row], table[ids[row]]); });
}

void AddByTable(const std::uint32_t* ids, const double* table, const Word* mask, std::size_t words,
                double* out) {
  ForEachRow(mask, words, [&](std::size_t row) { out[row] += table[ids[row]]; });
}

void SumByTable(const std::int64_t* total, const std::uint32_t* ids,
                std::span<const std::int64_t> table, const Word* mask, std::size_t words,
                std::int64_t* out) {
  ForEachRow(mask, words,
             [&](std::size_t row) { out[row] = WrapAdd(total[row], table[ids[row]]); });
}

void AddScaledCounts(const std::int32_t* counts, double weight, double bias, const Word* mask,
                     std::size_t words, double* out) {
  ForEachRow(mask, words, [&](std::size_t row) {
    out[row] += static_cast<double>(counts[row]) * weight + bias;
  });
}

void AddScaledCounts(const std::int32_t* counts, std::int64_t weight, const Word* mask,
                     std::size_t words, std::int64_t* out) {
  ForEachRow(mask, words,
             [&](std::size_t row) { out[row] = WrapAdd(out[row], WrapMul(counts[row], weight)); });
}

}  // namespace berth::scoring::scalar

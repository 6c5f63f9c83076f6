// The vector kernels of the scoring engine. Every kernel works on columns that cover `words` words
// of 64 rows (see Column) and skips words of the mask that are zero; within a word that is not zero
// it may compute all 64 rows. Results are Kubernetes' integers, equal bit for bit to the scalar
// reference in kernels_scalar.h on every instruction set (tests/scoring/kernels_test.cc).
//
// The best instruction set of the CPU is chosen at run time. Pure functions: thread-safe on
// disjoint outputs. Pointers are aligned to kAlignment and never null for words > 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scoring/node_mask.h"

namespace berth::scoring {

using Word = NodeMask::Word;

// One resource of a score: what the node has, what is used of it, and what the pod would add.
// Units are the resource's own (milli-cores, bytes, pieces); capacity >= 0, request >= 0.
//
// What a node has changes seldom and a division costs as much as everything else in a row, so two
// columns hold quotients that are known before the pod is. They only save time: results are those
// of the divisions.
struct ResourceTerm {
  const std::int64_t* capacity;
  const std::int64_t* used;
  std::int64_t request;
  std::int64_t weight;          // > 0; unused by BalancedAllocation
  const double* reciprocal;     // Reciprocal(capacity)
  const double* used_fraction;  // UsedFraction(used, capacity); only for BalancedAllocation
  // What the caller knows of all rows that mean anything, so that nobody has to look: 0 < capacity
  // < kMaxPlainCapacity, 0 <= used, and used + request < 2^53. False is always right.
  bool is_plain;
};

// 100 times a capacity below this is exact in double.
inline constexpr std::int64_t kMaxPlainCapacity = (std::int64_t{1} << 53) / 100;

// 1 / capacity, correctly rounded; 0 where capacity is 0.
inline double Reciprocal(std::int64_t capacity) {
  return capacity == 0 ? 0 : 1.0 / static_cast<double>(capacity);
}

// min(1, used / capacity); 0 where capacity is 0.
inline double UsedFraction(std::int64_t used, std::int64_t capacity) {
  if (capacity == 0) return 0;
  const double fraction = static_cast<double>(used) / static_cast<double>(capacity);
  return fraction < 1.0 ? fraction : 1.0;
}

// Clears the rows where capacity - used < request.
void FitRows(const std::int64_t* capacity, const std::int64_t* used, std::int64_t request,
             std::size_t words, Word* mask);

// NodeResourcesFit with LeastAllocated: the weighted mean over resources of
// (capacity - needed) * 100 / capacity with needed = used + request, or 0 where needed > capacity.
// Resources with capacity 0 do not count; a row with none gets 0. Integer divisions throughout.
void LeastAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                    std::int64_t* out);

// The same with MostAllocated: min(needed, capacity) * 100 / capacity.
void MostAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                   std::int64_t* out);

// The same with RequestedToCapacityRatio: shape[u] for the utilisation u = needed * 100 / capacity
// (100 where needed > capacity), 101 entries. Only resources with a shape value above 0 carry
// weight; the mean is rounded half away from zero.
void RequestedToCapacityRatio(std::span<const ResourceTerm> terms, const std::int64_t* shape,
                              const Word* mask, std::size_t words, std::int64_t* out);

// NodeResourcesBalancedAllocation: 50 + (50 + balance(after) - balance(before)) / 2 with
// balance = int((1 - standard deviation of the used fractions) * 100) in double.
void BalancedAllocation(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                        std::int64_t* out);

// total += score * weight.
void AddWeighted(const std::int64_t* score, std::int64_t weight, const Word* mask,
                 std::size_t words, std::int64_t* total);

// out = total + score * weight; `out` may be `total`.
void WeightedSum(const std::int64_t* total, const std::int64_t* score, std::int64_t weight,
                 const Word* mask, std::size_t words, std::int64_t* out);

// Keeps only the rows whose value is the highest among the set rows. Returns that value; INT64_MIN
// when no row is set.
std::int64_t KeepHighest(const std::int64_t* values, std::size_t words, Word* mask);

// How many rows are set.
std::size_t CountRows(const Word* mask, std::size_t words);

// out |= bits in the words whose value is the wanted one; one value a word.
void AddWhereEqual(const std::int64_t* values, std::int64_t wanted, const Word* bits,
                   std::size_t words, Word* out);

// Row i of `out` is row order[i] of `mask`, for i < rows; rows behind are clear. `order` covers
// whole words, its values are rows of the mask.
void PermuteBits(const std::uint32_t* order, std::size_t rows, const Word* mask, Word* out);

struct MinMax {
  std::int64_t min;
  std::int64_t max;
};

// Over the set rows; {INT64_MAX, INT64_MIN} when none is set.
MinMax MinMaxOf(const std::int64_t* values, const Word* mask, std::size_t words);

// In place: 100 * value / max, or with reverse 100 - 100 * value / max. max > 0, 0 <= value <= max.
void NormalizeByMax(std::int64_t max, bool reverse, const Word* mask, std::size_t words,
                    std::int64_t* values);

// In place: int(100.0 * (double(value - min) / double(max - min))); max > min.
void NormalizeByMinMax(MinMax range, const Word* mask, std::size_t words, std::int64_t* values);

// In place: 100 * (max + min - value) / max; max > 0, min <= value <= max.
void NormalizeFlipped(MinMax range, const Word* mask, std::size_t words, std::int64_t* values);

// out = values rounded to the nearest integer, half away from zero; 0 <= values < 2^51.
void RoundColumn(const double* values, const Word* mask, std::size_t words, std::int64_t* out);

// Clears the rows whose table[ids[row]] is 0. Every id of a row in a word that is not zero must be
// inside the table.
void KeepByTable(const std::uint32_t* ids, const std::uint32_t* table, std::size_t words,
                 Word* mask);

// Clears the rows whose table[ids[row]] is above the limit; ids as for KeepByTable.
void KeepAtMost(const std::uint32_t* ids, const std::int64_t* table, std::int64_t limit,
                std::size_t words, Word* mask);

// out += table[ids[row]], in int64 and in double.
void AddByTable(const std::uint32_t* ids, const std::int64_t* table, const Word* mask,
                std::size_t words, std::int64_t* out);
void AddByTable(const std::uint32_t* ids, const double* table, const Word* mask, std::size_t words,
                double* out);

// out = total + table[ids[row]]; `out` may be `total`. Ids as for KeepByTable; up to 64 entries.
void SumByTable(const std::int64_t* total, const std::uint32_t* ids,
                std::span<const std::int64_t> table, const Word* mask, std::size_t words,
                std::int64_t* out);

// out += double(counts[row]) * weight + bias, the product rounded before the sum.
void AddScaledCounts(const std::int32_t* counts, double weight, double bias, const Word* mask,
                     std::size_t words, double* out);

// out += counts[row] * weight.
void AddScaledCounts(const std::int32_t* counts, std::int64_t weight, const Word* mask,
                     std::size_t words, std::int64_t* out);

}  // namespace berth::scoring

// The reference of every kernel in kernels.h: one row at a time, plain C++, nothing clever. The
// vector kernels are tested against it, and use it for the rare rows where their arithmetic in
// double would not be exact. Contracts as in kernels.h.
#pragma once

#include "scoring/kernels.h"

namespace berth::scoring::scalar {

// ---- one row ----

std::int64_t LeastAllocatedRow(std::span<const ResourceTerm> terms, std::size_t row);
std::int64_t MostAllocatedRow(std::span<const ResourceTerm> terms, std::size_t row);
std::int64_t RequestedToCapacityRatioRow(std::span<const ResourceTerm> terms,
                                         const std::int64_t* shape, std::size_t row);
std::int64_t BalancedAllocationRow(std::span<const ResourceTerm> terms, std::size_t row);
std::int64_t NormalizedByMax(std::int64_t max, bool reverse, std::int64_t value);
std::int64_t NormalizedByMinMax(MinMax range, std::int64_t value);
std::int64_t NormalizedFlipped(MinMax range, std::int64_t value);

// ---- whole columns ----

void FitRows(const std::int64_t* capacity, const std::int64_t* used, std::int64_t request,
             std::size_t words, Word* mask);
void LeastAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                    std::int64_t* out);
void MostAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                   std::int64_t* out);
void RequestedToCapacityRatio(std::span<const ResourceTerm> terms, const std::int64_t* shape,
                              const Word* mask, std::size_t words, std::int64_t* out);
void BalancedAllocation(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                        std::int64_t* out);
void WeightedSum(const std::int64_t* total, const std::int64_t* score, std::int64_t weight,
                 const Word* mask, std::size_t words, std::int64_t* out);
void AddWeighted(const std::int64_t* score, std::int64_t weight, const Word* mask,
                 std::size_t words, std::int64_t* total);
std::int64_t KeepHighest(const std::int64_t* values, std::size_t words, Word* mask);
std::size_t CountRows(const Word* mask, std::size_t words);
void AddWhereEqual(const std::int64_t* values, std::int64_t wanted, const Word* bits,
                   std::size_t words, Word* out);
void PermuteBits(const std::uint32_t* order, std::size_t rows, const Word* mask, Word* out);
MinMax MinMaxOf(const std::int64_t* values, const Word* mask, std::size_t words);
void NormalizeByMax(std::int64_t max, bool reverse, const Word* mask, std::size_t words,
                    std::int64_t* values);
void NormalizeByMinMax(MinMax range, const Word* mask, std::size_t words, std::int64_t* values);
void NormalizeFlipped(MinMax range, const Word* mask, std::size_t words, std::int64_t* values);
void RoundColumn(const double* values, const Word* mask, std::size_t words, std::int64_t* out);
void KeepByTable(const std::uint32_t* ids, const std::uint32_t* table, std::size_t words,
                 Word* mask);
void KeepAtMost(const std::uint32_t* ids, const std::int64_t* table, std::int64_t limit,
                std::size_t words, Word* mask);
void AddByTable(const std::uint32_t* ids, const std::int64_t* table, const Word* mask,
                std::size_t words, std::int64_t* out);
void AddByTable(const std::uint32_t* ids, const double* table, const Word* mask, std::size_t words,
                double* out);
void SumByTable(const std::int64_t* total, const std::uint32_t* ids,
                std::span<const std::int64_t> table, const Word* mask, std::size_t words,
                std::int64_t* out);
void AddScaledCounts(const std::int32_t* counts, double weight, double bias, const Word* mask,
                     std::size_t words, double* out);
void AddScaledCounts(const std::int32_t* counts, std::int64_t weight, const Word* mask,
                     std::size_t words, std::int64_t* out);

}  // namespace berth::scoring::scalar

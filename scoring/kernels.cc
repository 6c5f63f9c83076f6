#include "scoring/kernels.h"

#include <bit>
#include <limits>

#include "scoring/kernels_scalar.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "scoring/kernels.cc"
#include <hwy/foreach_target.h>  // compiles this file once an instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace berth::scoring::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// At most one word of rows at a time, at least what the CPU has.
using I64 = hn::CappedTag<std::int64_t, 8>;
using F64 = hn::Rebind<double, I64>;
using I64Vec = hn::Vec<I64>;
using F64Vec = hn::Vec<F64>;

HWY_INLINE hn::Mask<I64> LanesOf(I64 d, Word word, std::size_t offset) {
  const Word bits = (word >> offset) & ((Word{1} << hn::Lanes(d)) - 1);
  alignas(8) std::uint8_t bytes[8] = {static_cast<std::uint8_t>(bits)};
  return hn::LoadMaskBits(d, bytes);
}

HWY_INLINE Word BitsOf(I64 d, hn::Mask<I64> lanes) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, lanes, bytes);
  return bytes[0];
}

// numerator / denominator, cut to an integer, from the reciprocal: for numerators from 0 below 2^53
// with quotients below 2^50. The product is made a little too small, so that its integer part is
// right or too low by 1; the remainder, which is exact in double, tells which.
HWY_INLINE F64Vec QuotientBy(F64Vec numerator, F64Vec denominator, F64Vec reciprocal) {
  const F64 f;
  constexpr double kALittleLess = 1.0 - 0x1p-51;
  const auto low = hn::Mul(reciprocal, hn::Set(f, kALittleLess));
  const auto guess = hn::Trunc(hn::Mul(numerator, low));
  const auto rest = hn::NegMulAdd(guess, denominator, numerator);
  return hn::Add(guess, hn::IfThenElseZero(hn::Ge(rest, denominator), hn::Set(f, 1.0)));
}

// An integer from 0 to below 2^52 as such: it is then the low bits of its sum with 2^52.
HWY_INLINE I64Vec SmallToInt(F64Vec value) {
  const I64 d;
  const F64 f;
  const auto shift = hn::Set(f, 0x1p52);
  return hn::Sub(hn::BitCast(d, hn::Add(value, shift)), hn::BitCast(d, shift));
}

// a / b rounded as a division rounds. With fused multiply-add: two steps from the product with the
// correctly rounded reciprocal (P. Markstein, "Computation of elementary functions on the IBM RISC
// System/6000 processor", 1990: the first makes the quotient right to the last place, the second
// rounds it correctly), which is a third of what the divider takes.
HWY_INLINE F64Vec ExactQuotient(F64Vec a, F64Vec b, F64Vec reciprocal) {
#if HWY_NATIVE_FMA
  auto quotient = hn::Mul(a, reciprocal);
  quotient = hn::MulAdd(hn::NegMulAdd(quotient, b, a), reciprocal, quotient);
  return hn::MulAdd(hn::NegMulAdd(quotient, b, a), reciprocal, quotient);
#else
  (void)reciprocal;
  return hn::Div(a, b);
#endif
}

HWY_INLINE I64Vec TimesSmall(I64Vec value, std::int64_t factor) {
  const I64 d;
  return hn::Mul(value, hn::Set(d, factor));
}

void FitRows(const std::int64_t* HWY_RESTRICT capacity, const std::int64_t* HWY_RESTRICT used,
             std::int64_t request, std::size_t words, Word* HWY_RESTRICT mask) {
  const I64 d;
  const auto wanted = hn::Set(d, request);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    Word fits = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const std::size_t row = i * kRowsPerWord + offset;
      const auto free = hn::Sub(hn::Load(d, capacity + row), hn::Load(d, used + row));
      fits |= BitsOf(d, hn::Not(hn::Lt(free, wanted))) << offset;
    }
    mask[i] &= fits;
  }
}

// True if Quotient is exact on every row of the word, for all terms: capacities are in its range
// and nothing negative is needed, as happens where sums of requests have wrapped.
HWY_INLINE bool WordIsExact(std::span<const ResourceTerm> terms, std::size_t first_row) {
  const I64 d;
  auto highest_capacity = hn::Zero(d);
  auto lowest_needed = hn::Zero(d);
  for (const auto& term : terms) {
    const auto request = hn::Set(d, term.request);
    for (std::size_t row = first_row; row < first_row + kRowsPerWord; row += hn::Lanes(d)) {
      highest_capacity = hn::Max(highest_capacity, hn::Load(d, term.capacity + row));
      lowest_needed = hn::Min(lowest_needed, hn::Add(hn::Load(d, term.used + row), request));
    }
  }
  return hn::AllTrue(d, hn::Lt(highest_capacity, hn::Set(d, kMaxPlainCapacity))) &&
         hn::AllFalse(d, hn::Lt(lowest_needed, hn::Zero(d)));
}

// Capacity, needed amount and reciprocal of the capacity of some rows, in double.
struct Amounts {
  F64Vec capacity;
  F64Vec needed;
  F64Vec reciprocal;
};

HWY_INLINE Amounts LoadAmounts(const ResourceTerm& term, std::size_t row) {
  const I64 d;
  const F64 f;
  const auto needed = hn::Add(hn::Load(d, term.used + row), hn::Set(d, term.request));
  return {hn::ConvertTo(f, hn::Load(d, term.capacity + row)), hn::ConvertTo(f, needed),
          hn::Load(f, term.reciprocal + row)};
}

// 100 * part / capacity, cut to an integer; nonsense where capacity is 0.
HWY_INLINE F64Vec Percent(F64Vec part, const Amounts& amounts) {
  const F64 f;
  return QuotientBy(hn::Mul(part, hn::Set(f, 100.0)), amounts.capacity, amounts.reciprocal);
}

// The weighted mean, cut to an integer, over the resources that the node has of what `score` makes
// of Amounts.
template <typename Score>
HWY_INLINE I64Vec WeightedMean(std::span<const ResourceTerm> terms, std::size_t row, Score score) {
  const I64 d;
  const F64 f;
  auto sum = hn::Zero(f);
  auto weights = hn::Zero(f);
  for (const auto& term : terms) {
    const Amounts amounts = LoadAmounts(term, row);
    const auto counted = hn::Gt(amounts.capacity, hn::Zero(f));
    const auto weight = hn::IfThenElseZero(counted, hn::Set(f, static_cast<double>(term.weight)));
    const auto value = hn::IfThenElseZero(counted, score(amounts));
    sum = hn::Add(sum, hn::Mul(value, weight));
    weights = hn::Add(weights, weight);
  }
  return hn::ConvertTo(d, hn::Div(sum, hn::Max(weights, hn::Set(f, 1.0))));
}

// The same where every node has all resources, whose weights are `weights` together.
template <typename Score>
HWY_INLINE I64Vec PlainMean(std::span<const ResourceTerm> terms, F64Vec weights, F64Vec reciprocal,
                            std::size_t row, Score score) {
  const F64 f;
  auto sum = hn::Zero(f);
  for (const auto& term : terms) {
    const auto weight = hn::Set(f, static_cast<double>(term.weight));
    sum = hn::MulAdd(score(LoadAmounts(term, row)), weight, sum);
  }
  return SmallToInt(QuotientBy(sum, weights, reciprocal));
}

HWY_INLINE bool ArePlain(std::span<const ResourceTerm> terms) {
  for (const auto& term : terms) {
    if (!term.is_plain) return false;
  }
  return !terms.empty();
}

template <typename Score>
HWY_INLINE void PlainMeanColumn(std::span<const ResourceTerm> terms, const Word* mask,
                                std::size_t words, std::int64_t* out, Score score) {
  const I64 d;
  const F64 f;
  double weights = 0;
  for (const auto& term : terms) weights += static_cast<double>(term.weight);
  const auto divisor = hn::Set(f, weights);
  const auto reciprocal = hn::Set(f, 1.0 / weights);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const std::size_t row = i * kRowsPerWord + offset;
      hn::Store(PlainMean(terms, divisor, reciprocal, row, score), d, out + row);
    }
  }
}

template <typename Score, typename ScalarRow>
HWY_INLINE void MeanColumn(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                           std::int64_t* out, Score score, ScalarRow scalar_row) {
  if (ArePlain(terms)) return PlainMeanColumn(terms, mask, words, out, score);
  const I64 d;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    const std::size_t first = i * kRowsPerWord;
    if (!WordIsExact(terms, first)) {
      for (std::size_t k = 0; k < kRowsPerWord; ++k) out[first + k] = scalar_row(terms, first + k);
      continue;
    }
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      hn::Store(WeightedMean(terms, first + offset, score), d, out + first + offset);
    }
  }
}

void LeastAllocated(std::span<const ResourceTerm> terms, const Word* HWY_RESTRICT mask,
                    std::size_t words, std::int64_t* HWY_RESTRICT out) {
  MeanColumn(
      terms, mask, words, out,
      [](const Amounts& amounts) HWY_ATTR {
        const auto left = hn::Sub(amounts.capacity, amounts.needed);
        return Percent(hn::Max(left, hn::Zero(F64())), amounts);
      },
      scalar::LeastAllocatedRow);
}

void MostAllocated(std::span<const ResourceTerm> terms, const Word* HWY_RESTRICT mask,
                   std::size_t words, std::int64_t* HWY_RESTRICT out) {
  MeanColumn(
      terms, mask, words, out,
      [](const Amounts& amounts)
          HWY_ATTR { return Percent(hn::Min(amounts.needed, amounts.capacity), amounts); },
      scalar::MostAllocatedRow);
}

HWY_INLINE I64Vec RatioRows(std::span<const ResourceTerm> terms, const std::int64_t* shape,
                            std::size_t row) {
  const I64 d;
  const F64 f;
  auto sum = hn::Zero(d);
  auto weights = hn::Zero(d);
  for (const auto& term : terms) {
    const Amounts amounts = LoadAmounts(term, row);
    const auto has = hn::Gt(amounts.capacity, hn::Zero(f));
    const auto part = Percent(hn::Min(amounts.needed, amounts.capacity), amounts);
    const auto full = hn::Gt(amounts.needed, amounts.capacity);
    const auto utilization =
        hn::ConvertTo(d, hn::IfThenElseZero(has, hn::IfThenElse(full, hn::Set(f, 100.0), part)));
    const auto score = hn::GatherIndex(d, shape, utilization);
    const auto counted = hn::And(hn::RebindMask(d, has), hn::Gt(score, hn::Zero(d)));
    sum = hn::Add(sum, hn::IfThenElseZero(counted, TimesSmall(score, term.weight)));
    weights = hn::Add(weights, hn::IfThenElseZero(counted, hn::Set(d, term.weight)));
  }
  const auto divisor = hn::ConvertTo(f, hn::Max(weights, hn::Set(d, 1)));
  const auto mean = hn::Div(hn::ConvertTo(f, sum), divisor);
  // Half away from zero: means are not negative and far from where x + 0.5 would round.
  return hn::ConvertTo(d, hn::Add(mean, hn::Set(f, 0.5)));
}

void RequestedToCapacityRatio(std::span<const ResourceTerm> terms,
                              const std::int64_t* HWY_RESTRICT shape, const Word* HWY_RESTRICT mask,
                              std::size_t words, std::int64_t* HWY_RESTRICT out) {
  const I64 d;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    const std::size_t first = i * kRowsPerWord;
    if (!WordIsExact(terms, first)) {
      for (std::size_t k = 0; k < kRowsPerWord; ++k) {
        out[first + k] = scalar::RequestedToCapacityRatioRow(terms, shape, first + k);
      }
      continue;
    }
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      hn::Store(RatioRows(terms, shape, first + offset), d, out + first + offset);
    }
  }
}

// What fraction of the capacity is needed, at most 1.
HWY_INLINE F64Vec NeededFraction(const ResourceTerm& term, std::size_t row) {
  const Amounts amounts = LoadAmounts(term, row);
  return hn::Min(hn::Set(F64(), 1.0),
                 ExactQuotient(amounts.needed, amounts.capacity, amounts.reciprocal));
}

// int((1 - |a - b| / 2) * 100), as a double: the closed form of the deviation of two fractions.
HWY_INLINE F64Vec BalanceOfTwo(F64Vec a, F64Vec b) {
  const F64 f;
  const auto deviation = hn::Abs(hn::Mul(hn::Sub(a, b), hn::Set(f, 0.5)));
  return hn::Trunc(hn::Mul(hn::Sub(hn::Set(f, 1.0), deviation), hn::Set(f, 100.0)));
}

HWY_INLINE I64Vec BalancedOfTwo(const ResourceTerm& x, const ResourceTerm& y, std::size_t row) {
  const F64 f;
  const auto before =
      BalanceOfTwo(hn::Load(f, x.used_fraction + row), hn::Load(f, y.used_fraction + row));
  const auto after = BalanceOfTwo(NeededFraction(x, row), NeededFraction(y, row));
  // Small integers in double from here on. Halves are cut toward zero, as Go divides.
  const auto doubled = hn::Add(hn::Set(f, 50.0), hn::Sub(after, before));
  const auto half = hn::Trunc(hn::Mul(doubled, hn::Set(f, 0.5)));
  return hn::ConvertTo(I64(), hn::Add(hn::Set(f, 50.0), half));
}

// True if all 64 nodes have the resources and nothing used or needed of them is negative, as
// happens where sums of requests have wrapped: then balances are small.
HWY_INLINE bool WordIsBalanced(std::span<const ResourceTerm> terms, std::size_t first_row) {
  const I64 d;
  auto lowest = hn::Zero(d);
  for (const auto& term : terms) {
    const auto request = hn::Set(d, term.request);
    for (std::size_t row = first_row; row < first_row + kRowsPerWord; row += hn::Lanes(d)) {
      const auto used = hn::Load(d, term.used + row);
      const auto capacity = hn::Sub(hn::Load(d, term.capacity + row), hn::Set(d, 1));
      lowest = hn::Min(hn::Min(lowest, capacity), hn::Min(used, hn::Add(used, request)));
    }
  }
  return hn::AllFalse(d, hn::Lt(lowest, hn::Zero(d)));
}

void BalancedAllocation(std::span<const ResourceTerm> terms, const Word* HWY_RESTRICT mask,
                        std::size_t words, std::int64_t* HWY_RESTRICT out) {
  const I64 d;
  const bool plain = ArePlain(terms);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    const std::size_t first = i * kRowsPerWord;
    if (terms.size() != 2 || (!plain && !WordIsBalanced(terms, first))) {
      for (std::size_t k = 0; k < kRowsPerWord; ++k) {
        out[first + k] = scalar::BalancedAllocationRow(terms, first + k);
      }
      continue;
    }
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      hn::Store(BalancedOfTwo(terms[0], terms[1], first + offset), d, out + first + offset);
    }
  }
}

// out = total + value(row) in every lane of the word; `out` may be `total`.
template <typename D, typename Value>
HWY_INLINE void SumColumns(D d, const hn::TFromD<D>* total, const Word* mask, std::size_t words,
                           hn::TFromD<D>* out, Value value) {
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const std::size_t row = i * kRowsPerWord + offset;
      hn::Store(hn::Add(hn::Load(d, total + row), value(row)), d, out + row);
    }
  }
}

void WeightedSum(const std::int64_t* total, const std::int64_t* HWY_RESTRICT score,
                 std::int64_t weight, const Word* HWY_RESTRICT mask, std::size_t words,
                 std::int64_t* out) {
  const I64 d;
  if (weight == 1) {  // a 64-bit multiplication is the dearest part of the rest
    return SumColumns(d, total, mask, words, out,
                      [&](std::size_t row) HWY_ATTR { return hn::Load(d, score + row); });
  }
  SumColumns(d, total, mask, words, out, [&](std::size_t row) HWY_ATTR {
    return TimesSmall(hn::Load(d, score + row), weight);
  });
}

MinMax MinMaxOf(const std::int64_t* HWY_RESTRICT values, const Word* HWY_RESTRICT mask,
                std::size_t words) {
  const I64 d;
  const auto highest = hn::Set(d, std::numeric_limits<std::int64_t>::max());
  const auto lowest = hn::Set(d, std::numeric_limits<std::int64_t>::min());
  auto min = highest;
  auto max = lowest;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto lanes = LanesOf(d, mask[i], offset);
      const auto value = hn::Load(d, values + i * kRowsPerWord + offset);
      min = hn::Min(min, hn::IfThenElse(lanes, value, highest));
      max = hn::Max(max, hn::IfThenElse(lanes, value, lowest));
    }
  }
  alignas(kAlignment) std::int64_t mins[8];
  alignas(kAlignment) std::int64_t maxs[8];
  hn::Store(min, d, mins);
  hn::Store(max, d, maxs);
  MinMax range{mins[0], maxs[0]};
  for (std::size_t k = 1; k < hn::Lanes(d); ++k) {
    range.min = mins[k] < range.min ? mins[k] : range.min;
    range.max = maxs[k] > range.max ? maxs[k] : range.max;
  }
  return range;
}

HWY_INLINE std::int64_t HighestOf(const std::int64_t* values, const Word* mask, std::size_t words) {
  const I64 d;
  const auto lowest = hn::Set(d, std::numeric_limits<std::int64_t>::min());
  auto highest = lowest;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    const bool is_full = mask[i] == ~Word{0};
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto value = hn::Load(d, values + i * kRowsPerWord + offset);
      const auto counted =
          is_full ? value : hn::IfThenElse(LanesOf(d, mask[i], offset), value, lowest);
      highest = hn::Max(highest, counted);
    }
  }
  return hn::GetLane(hn::MaxOfLanes(d, highest));
}

std::int64_t KeepHighest(const std::int64_t* HWY_RESTRICT values, std::size_t words,
                         Word* HWY_RESTRICT mask) {
  const I64 d;
  const std::int64_t highest = HighestOf(values, mask, words);
  const auto wanted = hn::Set(d, highest);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    Word keep = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto value = hn::Load(d, values + i * kRowsPerWord + offset);
      keep |= BitsOf(d, hn::Eq(value, wanted)) << offset;
    }
    mask[i] &= keep;
  }
  return highest;
}

std::size_t CountRows(const Word* HWY_RESTRICT mask, std::size_t words) {
  const hn::CappedTag<Word, 8> d;
  auto counts = hn::Zero(d);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= words; i += hn::Lanes(d)) {
    counts = hn::Add(counts, hn::PopulationCount(hn::Load(d, mask + i)));
  }
  return static_cast<std::size_t>(hn::GetLane(hn::SumOfLanes(d, counts))) +
         scalar::CountRows(mask + i, words - i);
}

void AddWhereEqual(const std::int64_t* HWY_RESTRICT values, std::int64_t wanted,
                   const Word* HWY_RESTRICT bits, std::size_t words, Word* HWY_RESTRICT out) {
  const I64 d;
  const hn::RebindToUnsigned<I64> du;
  const auto looked_for = hn::Set(d, wanted);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= words; i += hn::Lanes(d)) {
    const auto equal = hn::RebindMask(du, hn::Eq(hn::Load(d, values + i), looked_for));
    const auto added = hn::IfThenElseZero(equal, hn::Load(du, bits + i));
    hn::Store(hn::Or(hn::Load(du, out + i), added), du, out + i);
  }
  scalar::AddWhereEqual(values + i, wanted, bits + i, words - i, out + i);
}

void PermuteBits(const std::uint32_t* HWY_RESTRICT order, std::size_t rows,
                 const Word* HWY_RESTRICT mask, Word* HWY_RESTRICT out) {
  // Row r is bit r % 32 of half word r / 32: words are little-endian here as everywhere on x86.
  static_assert(std::endian::native == std::endian::little);
  const hn::CappedTag<std::uint32_t, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto* halves = reinterpret_cast<const std::uint32_t*>(mask);
  for (std::size_t i = 0; i < WordsForRows(rows); ++i) {
    Word bits = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto row = hn::Load(d, order + i * kRowsPerWord + offset);
      const auto half = hn::GatherIndex(d, halves, hn::BitCast(di, hn::ShiftRight<5>(row)));
      const auto bit = hn::Shl(hn::Set(d, 1u), hn::And(row, hn::Set(d, 31u)));
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::TestBit(half, bit), bytes);
      const Word lanes = (Word{1} << hn::Lanes(d)) - 1;
      bits |= ((static_cast<Word>(bytes[0]) | static_cast<Word>(bytes[1]) << 8) & lanes) << offset;
    }
    out[i] = bits;
  }
  if (rows % kRowsPerWord != 0) out[rows / kRowsPerWord] &= (Word{1} << rows % kRowsPerWord) - 1;
}

// 100 * part / whole, cut to an integer; 0 <= part < kMaxPlainCapacity.
HWY_INLINE I64Vec PercentOf(I64Vec part, F64Vec whole, F64Vec reciprocal) {
  const F64 f;
  const auto scaled = hn::Mul(hn::ConvertTo(f, part), hn::Set(f, 100.0));
  return SmallToInt(QuotientBy(scaled, whole, reciprocal));
}

void NormalizeByMax(std::int64_t max, bool reverse, const Word* HWY_RESTRICT mask,
                    std::size_t words, std::int64_t* HWY_RESTRICT values) {
  if (max >= kMaxPlainCapacity) return scalar::NormalizeByMax(max, reverse, mask, words, values);
  const I64 d;
  const F64 f;
  const auto divisor = hn::Set(f, static_cast<double>(max));
  const auto reciprocal = hn::Set(f, 1.0 / static_cast<double>(max));
  const auto hundred = hn::Set(d, 100);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      std::int64_t* at = values + i * kRowsPerWord + offset;
      const auto scaled = PercentOf(hn::Load(d, at), divisor, reciprocal);
      hn::Store(reverse ? hn::Sub(hundred, scaled) : scaled, d, at);
    }
  }
}

void NormalizeByMinMax(MinMax range, const Word* HWY_RESTRICT mask, std::size_t words,
                       std::int64_t* HWY_RESTRICT values) {
  const I64 d;
  const F64 f;
  const auto min = hn::Set(d, range.min);
  const auto width = hn::ConvertTo(f, hn::Sub(hn::Set(d, range.max), min));
  const auto reciprocal = hn::Div(hn::Set(f, 1.0), width);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      std::int64_t* at = values + i * kRowsPerWord + offset;
      const auto part =
          ExactQuotient(hn::ConvertTo(f, hn::Sub(hn::Load(d, at), min)), width, reciprocal);
      hn::Store(hn::ConvertTo(d, hn::Mul(hn::Set(f, 100.0), part)), d, at);
    }
  }
}

void NormalizeFlipped(MinMax range, const Word* HWY_RESTRICT mask, std::size_t words,
                      std::int64_t* HWY_RESTRICT values) {
  if (range.max >= kMaxPlainCapacity / 2) {
    return scalar::NormalizeFlipped(range, mask, words, values);
  }
  const I64 d;
  const F64 f;
  const auto divisor = hn::Set(f, static_cast<double>(range.max));
  const auto reciprocal = hn::Set(f, 1.0 / static_cast<double>(range.max));
  const auto both = hn::Set(d, range.max + range.min);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      std::int64_t* at = values + i * kRowsPerWord + offset;
      const auto flipped = hn::Sub(both, hn::Load(d, at));
      hn::Store(PercentOf(flipped, divisor, reciprocal), d, at);
    }
  }
}

void RoundColumn(const double* HWY_RESTRICT values, const Word* HWY_RESTRICT mask,
                 std::size_t words, std::int64_t* HWY_RESTRICT out) {
  const I64 d;
  const F64 f;
  // The largest double below one half: adding it and cutting off rounds half away from zero without
  // lifting what lies just below a half.
  const auto nearly_half = hn::Set(f, 0.49999999999999994);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const std::size_t row = i * kRowsPerWord + offset;
      hn::Store(hn::ConvertTo(d, hn::Add(hn::Load(f, values + row), nearly_half)), d, out + row);
    }
  }
}

void KeepByTable(const std::uint32_t* HWY_RESTRICT ids, const std::uint32_t* HWY_RESTRICT table,
                 std::size_t words, Word* HWY_RESTRICT mask) {
  const hn::CappedTag<std::int32_t, 16> d;
  const auto* rows = reinterpret_cast<const std::int32_t*>(ids);
  const auto* flags = reinterpret_cast<const std::int32_t*>(table);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    Word keep = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto index = hn::Load(d, rows + i * kRowsPerWord + offset);
      const auto dropped = hn::Eq(hn::GatherIndex(d, flags, index), hn::Zero(d));
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Not(dropped), bytes);
      const Word bits = static_cast<Word>(bytes[0]) | static_cast<Word>(bytes[1]) << 8;
      const Word lanes = (Word{1} << hn::Lanes(d)) - 1;
      keep |= (bits & lanes) << offset;
    }
    mask[i] &= keep;
  }
}

HWY_INLINE I64Vec LoadIds(const std::uint32_t* ids) {
  const I64 d;
  const hn::Rebind<std::int32_t, I64> narrow;
  return hn::PromoteTo(d, hn::Load(narrow, reinterpret_cast<const std::int32_t*>(ids)));
}

void KeepAtMost(const std::uint32_t* HWY_RESTRICT ids, const std::int64_t* HWY_RESTRICT table,
                std::int64_t limit, std::size_t words, Word* HWY_RESTRICT mask) {
  const I64 d;
  const auto most = hn::Set(d, limit);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    Word keep = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const auto value = hn::GatherIndex(d, table, LoadIds(ids + i * kRowsPerWord + offset));
      keep |= BitsOf(d, hn::Not(hn::Gt(value, most))) << offset;
    }
    mask[i] &= keep;
  }
}

void AddByTableInt(const std::uint32_t* HWY_RESTRICT ids, const std::int64_t* HWY_RESTRICT table,
                   const Word* HWY_RESTRICT mask, std::size_t words,
                   std::int64_t* HWY_RESTRICT out) {
  SumColumns(I64(), out, mask, words, out, [&](std::size_t row) HWY_ATTR {
    return hn::GatherIndex(I64(), table, LoadIds(ids + row));
  });
}

void AddByTableDouble(const std::uint32_t* HWY_RESTRICT ids, const double* HWY_RESTRICT table,
                      const Word* HWY_RESTRICT mask, std::size_t words, double* HWY_RESTRICT out) {
  SumColumns(F64(), out, mask, words, out, [&](std::size_t row) HWY_ATTR {
    return hn::GatherIndex(F64(), table, LoadIds(ids + row));
  });
}

void SumByTable(const std::int64_t* total, const std::uint32_t* HWY_RESTRICT ids,
                std::span<const std::int64_t> table, const Word* HWY_RESTRICT mask,
                std::size_t words, std::int64_t* out) {
  const I64 d;
  const std::size_t lanes = hn::Lanes(d);
  if (table.size() > 2 * lanes) {
    return SumColumns(d, total, mask, words, out, [&](std::size_t row) HWY_ATTR {
      return hn::GatherIndex(d, table.data(), LoadIds(ids + row));
    });
  }
  // In registers, which is several times faster.
  alignas(kAlignment) std::int64_t padded[16] = {};
  for (std::size_t i = 0; i < table.size(); ++i) padded[i] = table[i];
  const auto low = hn::Load(d, padded);
  if (table.size() <= lanes) {
    return SumColumns(d, total, mask, words, out, [&](std::size_t row) HWY_ATTR {
      return hn::TableLookupLanes(low, hn::IndicesFromVec(d, LoadIds(ids + row)));
    });
  }
  const auto high = hn::Load(d, padded + lanes);
  const auto half = hn::Set(d, static_cast<std::int64_t>(lanes));
  const auto in_half = hn::Set(d, static_cast<std::int64_t>(lanes) - 1);
  SumColumns(d, total, mask, words, out, [&](std::size_t row) HWY_ATTR {
    const auto id = LoadIds(ids + row);
    const auto index = hn::IndicesFromVec(d, hn::And(id, in_half));
    return hn::IfThenElse(hn::Lt(id, half), hn::TableLookupLanes(low, index),
                          hn::TableLookupLanes(high, index));
  });
}

HWY_INLINE I64Vec LoadCounts(const std::int32_t* counts) {
  const hn::Rebind<std::int32_t, I64> narrow;
  return hn::PromoteTo(I64(), hn::Load(narrow, counts));
}

void AddScaledCountsDouble(const std::int32_t* HWY_RESTRICT counts, double weight, double bias,
                           const Word* HWY_RESTRICT mask, std::size_t words,
                           double* HWY_RESTRICT out) {
  const F64 f;
  SumColumns(f, out, mask, words, out, [&](std::size_t row) HWY_ATTR {
    const auto product = hn::Mul(hn::ConvertTo(f, LoadCounts(counts + row)), hn::Set(f, weight));
    return hn::Add(product, hn::Set(f, bias));
  });
}

void AddScaledCountsInt(const std::int32_t* HWY_RESTRICT counts, std::int64_t weight,
                        const Word* HWY_RESTRICT mask, std::size_t words,
                        std::int64_t* HWY_RESTRICT out) {
  SumColumns(I64(), out, mask, words, out, [&](std::size_t row) HWY_ATTR {
    return TimesSmall(LoadCounts(counts + row), weight);
  });
}

}  // namespace berth::scoring::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace berth::scoring {

HWY_EXPORT(FitRows);
HWY_EXPORT(LeastAllocated);
HWY_EXPORT(MostAllocated);
HWY_EXPORT(RequestedToCapacityRatio);
HWY_EXPORT(BalancedAllocation);
HWY_EXPORT(WeightedSum);
HWY_EXPORT(MinMaxOf);
HWY_EXPORT(KeepHighest);
HWY_EXPORT(CountRows);
HWY_EXPORT(AddWhereEqual);
HWY_EXPORT(PermuteBits);
HWY_EXPORT(NormalizeByMax);
HWY_EXPORT(NormalizeByMinMax);
HWY_EXPORT(NormalizeFlipped);
HWY_EXPORT(RoundColumn);
HWY_EXPORT(KeepByTable);
HWY_EXPORT(KeepAtMost);
HWY_EXPORT(AddByTableInt);
HWY_EXPORT(AddByTableDouble);
HWY_EXPORT(SumByTable);
HWY_EXPORT(AddScaledCountsDouble);
HWY_EXPORT(AddScaledCountsInt);

void FitRows(const std::int64_t* capacity, const std::int64_t* used, std::int64_t request,
             std::size_t words, Word* mask) {
  HWY_DYNAMIC_DISPATCH(FitRows)(capacity, used, request, words, mask);
}

void LeastAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                    std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(LeastAllocated)(terms, mask, words, out);
}

void MostAllocated(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                   std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(MostAllocated)(terms, mask, words, out);
}

void RequestedToCapacityRatio(std::span<const ResourceTerm> terms, const std::int64_t* shape,
                              const Word* mask, std::size_t words, std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(RequestedToCapacityRatio)(terms, shape, mask, words, out);
}

void BalancedAllocation(std::span<const ResourceTerm> terms, const Word* mask, std::size_t words,
                        std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(BalancedAllocation)(terms, mask, words, out);
}

void WeightedSum(const std::int64_t* total, const std::int64_t* score, std::int64_t weight,
                 const Word* mask, std::size_t words, std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(WeightedSum)(total, score, weight, mask, words, out);
}

void AddWeighted(const std::int64_t* score, std::int64_t weight, const Word* mask,
                 std::size_t words, std::int64_t* total) {
  WeightedSum(total, score, weight, mask, words, total);
}

MinMax MinMaxOf(const std::int64_t* values, const Word* mask, std::size_t words) {
  return HWY_DYNAMIC_DISPATCH(MinMaxOf)(values, mask, words);
}

std::int64_t KeepHighest(const std::int64_t* values, std::size_t words, Word* mask) {
  return HWY_DYNAMIC_DISPATCH(KeepHighest)(values, words, mask);
}

std::size_t CountRows(const Word* mask, std::size_t words) {
  return HWY_DYNAMIC_DISPATCH(CountRows)(mask, words);
}

void AddWhereEqual(const std::int64_t* values, std::int64_t wanted, const Word* bits,
                   std::size_t words, Word* out) {
  HWY_DYNAMIC_DISPATCH(AddWhereEqual)(values, wanted, bits, words, out);
}

void PermuteBits(const std::uint32_t* order, std::size_t rows, const Word* mask, Word* out) {
  HWY_DYNAMIC_DISPATCH(PermuteBits)(order, rows, mask, out);
}

void NormalizeByMax(std::int64_t max, bool reverse, const Word* mask, std::size_t words,
                    std::int64_t* values) {
  HWY_DYNAMIC_DISPATCH(NormalizeByMax)(max, reverse, mask, words, values);
}

void NormalizeByMinMax(MinMax range, const Word* mask, std::size_t words, std::int64_t* values) {
  HWY_DYNAMIC_DISPATCH(NormalizeByMinMax)(range, mask, words, values);
}

void NormalizeFlipped(MinMax range, const Word* mask, std::size_t words, std::int64_t* values) {
  HWY_DYNAMIC_DISPATCH(NormalizeFlipped)(range, mask, words, values);
}

void RoundColumn(const double* values, const Word* mask, std::size_t words, std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(RoundColumn)(values, mask, words, out);
}

void KeepByTable(const std::uint32_t* ids, const std::uint32_t* table, std::size_t words,
                 Word* mask) {
  HWY_DYNAMIC_DISPATCH(KeepByTable)(ids, table, words, mask);
}

void KeepAtMost(const std::uint32_t* ids, const std::int64_t* table, std::int64_t limit,
                std::size_t words, Word* mask) {
  HWY_DYNAMIC_DISPATCH(KeepAtMost)(ids, table, limit, words, mask);
}

void AddByTable(const std::uint32_t* ids, const std::int64_t* table, const Word* mask,
                std::size_t words, std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(AddByTableInt)(ids, table, mask, words, out);
}

void AddByTable(const std::uint32_t* ids, const double* table, const Word* mask, std::size_t words,
                double* out) {
  HWY_DYNAMIC_DISPATCH(AddByTableDouble)(ids, table, mask, words, out);
}

void SumByTable(const std::int64_t* total, const std::uint32_t* ids,
                std::span<const std::int64_t> table, const Word* mask, std::size_t words,
                std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(SumByTable)(total, ids, table, mask, words, out);
}

void AddScaledCounts(const std::int32_t* counts, double weight, double bias, const Word* mask,
                     std::size_t words, double* out) {
  HWY_DYNAMIC_DISPATCH(AddScaledCountsDouble)(counts, weight, bias, mask, words, out);
}

void AddScaledCounts(const std::int32_t* counts, std::int64_t weight, const Word* mask,
                     std::size_t words, std::int64_t* out) {
  HWY_DYNAMIC_DISPATCH(AddScaledCountsInt)(counts, weight, mask, words, out);
}

}  // namespace berth::scoring
#endif  // HWY_ONCE

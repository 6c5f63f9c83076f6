#include "scoring/bounds.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "scoring/bounds.cc"
#include <hwy/foreach_target.h>  // compiles this file once an instruction set
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace berth::scoring::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::CappedTag<float, 16>;
using F32Vec = hn::Vec<F32>;

template <typename Row>
HWY_INLINE void ForEachRow(const Word* mask, std::size_t words, Row row) {
  const F32 f;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
      row(i * kRowsPerWord + offset);
    }
  }
}

// What is free with the pod, in percent; 0 where that is not enough.
HWY_INLINE F32Vec FreeWith(const BoundTerm& term, std::size_t row) {
  const F32 f;
  const auto free = hn::NegMulAdd(hn::Load(f, term.percent_per_unit + row),
                                  hn::Set(f, term.request), hn::Load(f, term.free_percent + row));
  return hn::Max(free, hn::Zero(f));
}

HWY_INLINE F32Vec SlackOf(Bound bound) {
  return hn::Set(F32(), bound == Bound::kUpper ? kBoundSlack : -kBoundSlack);
}

void AddLeastAllocatedBound(Bound bound, std::span<const BoundTerm> terms, float weight,
                            const Word* HWY_RESTRICT mask, std::size_t words,
                            float* HWY_RESTRICT out) {
  const F32 f;
  const auto slack = SlackOf(bound);
  float weights = 0;
  for (const BoundTerm& term : terms) weights += term.weight;
  const auto share = hn::Set(f, 1.0F / weights);
  // The sum is an integer: halfway to the next one its share is far from where rounding matters.
  const auto half = hn::Set(f, 0.5F / weights);
  ForEachRow(mask, words, [&](std::size_t row) HWY_ATTR {
    auto sum = hn::Zero(f);
    for (const BoundTerm& term : terms) {
      const auto percent = hn::Max(hn::Floor(hn::Add(FreeWith(term, row), slack)), hn::Zero(f));
      sum = hn::MulAdd(percent, hn::Set(f, term.weight), sum);
    }
    const auto mean = hn::Floor(hn::MulAdd(sum, share, half));
    hn::Store(hn::MulAdd(mean, hn::Set(f, weight), hn::Load(f, out + row)), f, out + row);
  });
}

// 100 less half the difference.
HWY_INLINE F32Vec Balance(F32Vec a, F32Vec b) {
  const F32 f;
  return hn::NegMulAdd(hn::Abs(hn::Sub(a, b)), hn::Set(f, 0.5F), hn::Set(f, 100.0F));
}

void AddBalancedAllocationBound(Bound bound, const BoundTerm& a, const BoundTerm& b, float weight,
                                const Word* HWY_RESTRICT mask, std::size_t words,
                                float* HWY_RESTRICT out) {
  const F32 f;
  const auto slack = SlackOf(bound);
  const auto half = hn::Set(f, 0.5F);
  const auto fifty = hn::Set(f, 50.0F);
  const auto hundred = hn::Set(f, 100.0F);
  ForEachRow(mask, words, [&](std::size_t row) HWY_ATTR {
    const auto free_a = hn::Max(hn::Load(f, a.free_percent + row), hn::Zero(f));
    const auto free_b = hn::Max(hn::Load(f, b.free_percent + row), hn::Zero(f));
    const auto are_empty = hn::And(hn::Eq(free_a, hundred), hn::Eq(free_b, hundred));
    const auto before =
        hn::IfThenElse(are_empty, hundred, hn::Floor(hn::Sub(Balance(free_a, free_b), slack)));
    const auto after = hn::Floor(hn::Add(Balance(FreeWith(a, row), FreeWith(b, row)), slack));
    const auto doubled = hn::Add(fifty, hn::Sub(after, before));
    const auto score = hn::Add(fifty, hn::Trunc(hn::Mul(doubled, half)));
    hn::Store(hn::MulAdd(score, hn::Set(f, weight), hn::Load(f, out + row)), f, out + row);
  });
}

void AddToBound(const std::int64_t* HWY_RESTRICT values, const Word* HWY_RESTRICT mask,
                std::size_t words, float* HWY_RESTRICT out) {
  const hn::CappedTag<std::int64_t, 8> d;
  const hn::Rebind<double, decltype(d)> f64;
  const hn::Rebind<float, decltype(d)> f32;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
      const std::size_t row = i * kRowsPerWord + offset;
      const auto value = hn::DemoteTo(f32, hn::ConvertTo(f64, hn::Load(d, values + row)));
      hn::Store(hn::Add(hn::Load(f32, out + row), value), f32, out + row);
    }
  }
}

// The bits of `word` for the lanes from `offset` on.
HWY_INLINE hn::Mask<F32> LanesOf(Word word, std::size_t offset) {
  const F32 f;
  const Word bits = (word >> offset) & ((Word{1} << hn::Lanes(f)) - 1);
  alignas(8) std::uint8_t bytes[8] = {static_cast<std::uint8_t>(bits),
                                      static_cast<std::uint8_t>(bits >> 8)};
  return hn::LoadMaskBits(f, bytes);
}

float HighestBound(const float* HWY_RESTRICT out, const Word* HWY_RESTRICT mask,
                   std::size_t words) {
  const F32 f;
  const auto lowest = hn::Set(f, std::numeric_limits<float>::lowest());
  auto highest = lowest;
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
      const auto value = hn::Load(f, out + i * kRowsPerWord + offset);
      highest = hn::Max(highest, hn::IfThenElse(LanesOf(mask[i], offset), value, lowest));
    }
  }
  return hn::GetLane(hn::MaxOfLanes(f, highest));
}

void KeepAtLeast(const float* HWY_RESTRICT out, float limit, std::size_t words,
                 Word* HWY_RESTRICT mask) {
  const F32 f;
  const auto wanted = hn::Set(f, limit);
  for (std::size_t i = 0; i < words; ++i) {
    if (mask[i] == 0) continue;
    Word keep = 0;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
      const auto value = hn::Load(f, out + i * kRowsPerWord + offset);
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(f, hn::Ge(value, wanted), bytes);
      const Word bits = static_cast<Word>(bytes[0]) | static_cast<Word>(bytes[1]) << 8;
      keep |= (bits & ((Word{1} << hn::Lanes(f)) - 1)) << offset;
    }
    mask[i] &= keep;
  }
}

}  // namespace berth::scoring::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace berth::scoring {

HWY_EXPORT(AddLeastAllocatedBound);
HWY_EXPORT(AddBalancedAllocationBound);
HWY_EXPORT(AddToBound);
HWY_EXPORT(HighestBound);
HWY_EXPORT(KeepAtLeast);

void AddLeastAllocatedBound(Bound bound, std::span<const BoundTerm> terms, float weight,
                            const Word* mask, std::size_t words, float* out) {
  HWY_DYNAMIC_DISPATCH(AddLeastAllocatedBound)(bound, terms, weight, mask, words, out);
}

void AddBalancedAllocationBound(Bound bound, const BoundTerm& a, const BoundTerm& b, float weight,
                                const Word* mask, std::size_t words, float* out) {
  HWY_DYNAMIC_DISPATCH(AddBalancedAllocationBound)(bound, a, b, weight, mask, words, out);
}

void AddToBound(const std::int64_t* values, const Word* mask, std::size_t words, float* out) {
  HWY_DYNAMIC_DISPATCH(AddToBound)(values, mask, words, out);
}

float HighestBound(const float* out, const Word* mask, std::size_t words) {
  return HWY_DYNAMIC_DISPATCH(HighestBound)(out, mask, words);
}

void KeepAtLeast(const float* out, float limit, std::size_t words, Word* mask) {
  HWY_DYNAMIC_DISPATCH(KeepAtLeast)(out, limit, words, mask);
}

}  // namespace berth::scoring
#endif  // HWY_ONCE

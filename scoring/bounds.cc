#include "scoring/bounds.h"

#include <algorithm>
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

// Some words of rows: as many as the first cache holds with all columns that are read.
struct Tile {
  static constexpr std::size_t kWords = 8;

  const Word* mask;  // of all rows
  std::size_t first;
  std::size_t end;
};

// Adds value(row) times the weight to the sums.
template <typename Value>
HWY_INLINE void AddToTile(const Tile& tile, float weight, float* sums, Value value) {
  const F32 f;
  const auto factor = hn::Set(f, weight);
  for (std::size_t i = tile.first; i < tile.end; ++i) {
    if (tile.mask[i] == 0) continue;
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
      const std::size_t row = i * kRowsPerWord + offset;
      hn::Store(hn::MulAdd(value(row), factor, hn::Load(f, sums + row)), f, sums + row);
    }
  }
}

HWY_INLINE void AddLeastAllocated(Bound bound, const BoundPart& part, const Tile& tile,
                                  float* sums) {
  const F32 f;
  const auto slack = SlackOf(bound);
  float weights = 0;
  for (const BoundTerm& term : part.terms) weights += term.weight;
  const auto share = hn::Set(f, 1.0F / weights);
  // The sum is an integer: halfway to the next one its share is far from where rounding matters.
  const auto half = hn::Set(f, 0.5F / weights);
  const auto percent = [&](const BoundTerm& term, std::size_t row) HWY_ATTR {
    return hn::Max(hn::Floor(hn::Add(FreeWith(term, row), slack)), hn::Zero(f));
  };
  if (part.terms.size() == 2) {  // as nearly always: copies stay in registers
    const BoundTerm a = part.terms[0];
    const BoundTerm b = part.terms[1];
    return AddToTile(tile, part.weight, sums, [&](std::size_t row) HWY_ATTR {
      const auto sum = hn::MulAdd(percent(b, row), hn::Set(f, b.weight),
                                  hn::Mul(percent(a, row), hn::Set(f, a.weight)));
      return hn::Floor(hn::MulAdd(sum, share, half));
    });
  }
  AddToTile(tile, part.weight, sums, [&](std::size_t row) HWY_ATTR {
    auto sum = hn::Zero(f);
    for (const BoundTerm& term : part.terms) {
      sum = hn::MulAdd(percent(term, row), hn::Set(f, term.weight), sum);
    }
    return hn::Floor(hn::MulAdd(sum, share, half));
  });
}

// 100 less half the difference.
HWY_INLINE F32Vec Balance(F32Vec a, F32Vec b) {
  const F32 f;
  return hn::NegMulAdd(hn::Abs(hn::Sub(a, b)), hn::Set(f, 0.5F), hn::Set(f, 100.0F));
}

HWY_INLINE void AddBalancedAllocation(Bound bound, const BoundPart& part, const Tile& tile,
                                      float* sums) {
  const F32 f;
  const BoundTerm a = part.terms[0];
  const BoundTerm b = part.terms[1];
  const auto slack = SlackOf(bound);
  const auto half = hn::Set(f, 0.5F);
  const auto fifty = hn::Set(f, 50.0F);
  const auto hundred = hn::Set(f, 100.0F);
  AddToTile(tile, part.weight, sums, [&](std::size_t row) HWY_ATTR {
    const auto free_a = hn::Max(hn::Load(f, a.free_percent + row), hn::Zero(f));
    const auto free_b = hn::Max(hn::Load(f, b.free_percent + row), hn::Zero(f));
    const auto are_empty = hn::And(hn::Eq(free_a, hundred), hn::Eq(free_b, hundred));
    const auto before =
        hn::IfThenElse(are_empty, hundred, hn::Floor(hn::Sub(Balance(free_a, free_b), slack)));
    const auto after = hn::Floor(hn::Add(Balance(FreeWith(a, row), FreeWith(b, row)), slack));
    const auto doubled = hn::Add(fifty, hn::Sub(after, before));
    return hn::Add(fifty, hn::Trunc(hn::Mul(doubled, half)));
  });
}

// The sums of a word begin as its totals.
HWY_INLINE void BeginWord(const std::int64_t* totals, std::size_t first, float* sums) {
  const F32 f;
  if (totals == nullptr) {
    for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
      hn::Store(hn::Zero(f), f, sums + offset);
    }
    return;
  }
  const hn::CappedTag<std::int64_t, 8> d;
  const hn::Rebind<double, decltype(d)> f64;
  const hn::Rebind<float, decltype(d)> f32;
  for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(d)) {
    const auto total = hn::ConvertTo(f64, hn::Load(d, totals + first + offset));
    hn::Store(hn::DemoteTo(f32, total), f32, sums + offset);
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

HWY_INLINE F32Vec HigherOf(F32Vec highest, Word word, const float* sums) {
  const F32 f;
  const bool is_full = word == ~Word{0};
  for (std::size_t offset = 0; offset < kRowsPerWord; offset += hn::Lanes(f)) {
    const auto sum = hn::Load(f, sums + offset);
    const auto counted = is_full ? sum : hn::IfThenElse(LanesOf(word, offset), sum, highest);
    highest = hn::Max(highest, counted);
  }
  return highest;
}

HWY_INLINE void AddPart(Bound bound, const BoundPart& part, const Tile& tile, float* sums) {
  if (part.kind == BoundPart::Kind::kLeastAllocated) {
    AddLeastAllocated(bound, part, tile, sums);
  } else {
    AddBalancedAllocation(bound, part, tile, sums);
  }
}

float BoundTotals(Bound bound, std::span<const BoundPart> parts,
                  const std::int64_t* HWY_RESTRICT totals, const Word* HWY_RESTRICT mask,
                  std::size_t words, float* HWY_RESTRICT out) {
  const F32 f;
  auto highest = hn::Set(f, std::numeric_limits<float>::lowest());
  for (std::size_t first = 0; first < words; first += Tile::kWords) {
    const Tile tile{mask, first, std::min(first + Tile::kWords, words)};
    for (std::size_t i = tile.first; i < tile.end; ++i) {
      if (mask[i] != 0) BeginWord(totals, i * kRowsPerWord, out + i * kRowsPerWord);
    }
    for (const BoundPart& part : parts) AddPart(bound, part, tile, out);
    for (std::size_t i = tile.first; i < tile.end; ++i) {
      if (mask[i] != 0) highest = HigherOf(highest, mask[i], out + i * kRowsPerWord);
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

HWY_EXPORT(BoundTotals);
HWY_EXPORT(KeepAtLeast);

float BoundTotals(Bound bound, std::span<const BoundPart> parts, const std::int64_t* totals,
                  const Word* mask, std::size_t words, float* out) {
  return HWY_DYNAMIC_DISPATCH(BoundTotals)(bound, parts, totals, mask, words, out);
}

void KeepAtLeast(const float* out, float limit, std::size_t words, Word* mask) {
  HWY_DYNAMIC_DISPATCH(KeepAtLeast)(out, limit, words, mask);
}

}  // namespace berth::scoring
#endif  // HWY_ONCE

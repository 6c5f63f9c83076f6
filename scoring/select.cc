#include "scoring/select.h"

#include <algorithm>
#include <array>
#include <bit>

#include "scheduler/base/check.h"

namespace berth::scoring {

namespace {

// A number that grows along the pre-order walk. With positions counted from 1, the bits of a
// position below its leading one spell the way down from the root, 0 for left and 1 for right.
// Shifted to the left end, they compare like the walk, but for an ancestor and the descendants that
// are reached by left turns only: there the depth decides.
std::uint64_t PreorderKey(std::size_t position) {
  const auto path = static_cast<std::uint32_t>(position + 1);
  const auto depth = static_cast<unsigned>(std::bit_width(path));
  return std::uint64_t{path << (32 - depth)} << 6 | depth;
}

}  // namespace

bool HeapPreorderLess(std::size_t a, std::size_t b) { return PreorderKey(a) < PreorderKey(b); }

namespace {

// By byte and rank: the position of the set bit that has `rank` set bits below it.
constexpr auto kSelectInByte = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned rank = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((byte >> bit & 1) != 0) table[byte][rank++] = static_cast<std::uint8_t>(bit);
    }
  }
  return table;
}();

// The position of the set bit of `word` that has `rank` set bits below it; there must be one.
// Without branches, which would be as good as random here: byte-wise sums in one register, then a
// table.
std::size_t SelectBit(NodeMask::Word word, std::size_t rank) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = kOnes << 7;
  std::uint64_t sums = word - (word >> 1 & 0x5555555555555555);
  sums = (sums & 0x3333333333333333) + (sums >> 2 & 0x3333333333333333);
  sums = ((sums + (sums >> 4)) & 0x0f0f0f0f0f0f0f0f) * kOnes;  // byte i: set bits in bytes 0..i
  const std::uint64_t full = ((rank * kOnes | kHighBits) - sums) & kHighBits;  // sum <= rank
  const auto byte = static_cast<std::size_t>(std::popcount(full));
  const std::size_t below = (sums << 8) >> (8 * byte) & 0xff;
  return 8 * byte + kSelectInByte[word >> (8 * byte) & 0xff][rank - below];
}

}  // namespace

std::size_t HeapWinner::RankOf(const NodeMask& feasible, std::size_t position) const {
  const std::size_t word = position / kRowsPerWord;
  const auto below = feasible.words()[word] & ((NodeMask::Word{1} << position % kRowsPerWord) - 1);
  const std::size_t rank = before_[word] + static_cast<std::size_t>(std::popcount(below));
  return rank >= first_ ? rank - first_ : rank + feasible_count_ - first_;
}

std::size_t HeapWinner::WordOf(std::uint32_t rank) const {
  // Feasible nodes lie about evenly, so that a guess is seldom far off.
  auto word = static_cast<std::size_t>(rank * words_per_rank_ >> 32);
  for (int steps = 0; steps < 4; ++steps) {
    if (before_[word] > rank) {
      --word;
    } else if (before_[word + 1] <= rank) {
      ++word;
    } else {
      return word;
    }
  }
  const auto after = std::ranges::upper_bound(before_, rank);
  return static_cast<std::size_t>(after - before_.begin()) - 1;
}

std::size_t HeapWinner::PositionOf(const NodeMask& feasible, std::size_t rank) const {
  const std::size_t wanted =
      rank + first_ < feasible_count_ ? rank + first_ : rank + first_ - feasible_count_;
  const std::size_t word = WordOf(static_cast<std::uint32_t>(wanted));
  return word * kRowsPerWord + SelectBit(feasible.words()[word], wanted - before_[word]);
}

std::size_t HeapWinner::FirstTie(const NodeMask& best, std::size_t from, std::size_t to) const {
  // Words, from the one of `from` on; the bits before it are not meant.
  std::size_t word = from / kRowsPerWord;
  NodeMask::Word bits = best.words()[word] & ~NodeMask::Word{0} << from % kRowsPerWord;
  const std::size_t end = WordsForRows(to);
  while (bits == 0) {
    if (++word >= end) return to;
    bits = best.words()[word];
  }
  const std::size_t first = word * kRowsPerWord + static_cast<std::size_t>(std::countr_zero(bits));
  return std::min(first, to);
}

void HeapWinner::CountFeasible(const NodeMask& feasible) {
  const std::size_t words = feasible.word_count();
  before_.resize(words + 1);
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < words; ++i) {
    before_[i] = count;
    count += static_cast<std::uint32_t>(std::popcount(feasible.words()[i]));
  }
  before_[words] = count;
  feasible_count_ = count;
  BERTH_DCHECK(feasible_count_ > 0);
  words_per_rank_ = (std::uint64_t{words} << 32) / feasible_count_;
}

std::size_t HeapWinner::Find(const NodeMask& feasible, const NodeMask& best, std::size_t start) {
  CountFeasible(feasible);
  first_ = 0;
  first_ = start == 0 ? 0 : RankOf(feasible, start) % feasible_count_;

  // On one level of the heap the walk goes from left to right, so only the first tie of each level
  // can be the winner. The levels lie one behind the other in the list, so that together they are
  // one pass over the words.
  std::size_t winner = 0;
  std::uint64_t winner_key = ~std::uint64_t{0};
  const auto consider = [&](std::size_t from, std::size_t to) {
    const std::size_t tie = FirstTie(best, from, to);
    if (tie == to) return false;
    const std::uint64_t key = PreorderKey(RankOf(feasible, tie));
    if (key < winner_key) {
      winner = tie;
      winner_key = key;
    }
    return true;
  };
  const std::size_t positions = feasible.size();
  std::size_t from = PositionOf(feasible, 0);
  for (std::size_t level = 0; level < feasible_count_; level = 2 * level + 1) {
    const std::size_t last = PositionOf(feasible, std::min(2 * level, feasible_count_ - 1));
    if (from <= last) {
      consider(from, last + 1);
    } else if (!consider(from, positions)) {
      consider(0, last + 1);
    }
    from = last + 1 == positions ? 0 : last + 1;
  }
  return winner;
}

}  // namespace berth::scoring

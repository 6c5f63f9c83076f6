#include "scoring/select.h"

#include <algorithm>
#include <bit>

#include "scheduler/base/check.h"

namespace berth::scoring {

bool HeapPreorderLess(std::size_t a, std::size_t b) {
  // With positions counted from 1, the bits of a position below its leading one spell the way down
  // from the root, 0 for left and 1 for right.
  const std::size_t x = a + 1;
  const std::size_t y = b + 1;
  const auto x_depth = static_cast<int>(std::bit_width(x));
  const auto y_depth = static_cast<int>(std::bit_width(y));
  const int common = x_depth < y_depth ? x_depth : y_depth;
  const std::size_t x_head = x >> (x_depth - common);
  const std::size_t y_head = y >> (y_depth - common);
  if (x_head == y_head) return x_depth < y_depth;  // an ancestor comes first
  return x_head < y_head;
}

namespace {

// The position of the set bit of `word` that has `rank` set bits below it.
std::size_t SelectBit(NodeMask::Word word, std::size_t rank) {
  std::size_t position = 0;
  for (std::size_t width = kRowsPerWord / 2; width > 0; width /= 2) {
    const auto low = word & ((NodeMask::Word{1} << width) - 1);
    const auto count = static_cast<std::size_t>(std::popcount(low));
    if (rank < count) {
      word = low;
    } else {
      rank -= count;
      word >>= width;
      position += width;
    }
  }
  return position;
}

// The next position after `i` of a pre-order walk over a heap of `size`; `size` at its end.
std::size_t NextInPreorder(std::size_t i, std::size_t size) {
  if (2 * i + 1 < size) return 2 * i + 1;
  // Up to the first ancestor whose right child is still to come.
  while (i > 0) {
    const bool is_left = i % 2 == 1;
    if (is_left && i + 1 < size) return i + 1;
    i = (i - 1) / 2;
  }
  return size;
}

}  // namespace

std::size_t HeapWinner::RankOf(const NodeMask& feasible, std::size_t position) const {
  const std::size_t word = position / kRowsPerWord;
  const auto below = feasible.words()[word] & ((NodeMask::Word{1} << position % kRowsPerWord) - 1);
  const std::size_t rank = before_[word] + static_cast<std::size_t>(std::popcount(below));
  return rank >= first_ ? rank - first_ : rank + feasible_count_ - first_;
}

std::size_t HeapWinner::PositionOf(const NodeMask& feasible, std::size_t rank) const {
  const std::size_t wanted =
      rank + first_ < feasible_count_ ? rank + first_ : rank + first_ - feasible_count_;
  const auto after = std::ranges::upper_bound(before_, static_cast<std::uint32_t>(wanted));
  const auto word = static_cast<std::size_t>(after - before_.begin()) - 1;
  return word * kRowsPerWord + SelectBit(feasible.words()[word], wanted - before_[word]);
}

bool HeapWinner::FindInPreorder(const NodeMask& feasible, const NodeMask& best, std::size_t visits,
                                std::size_t& position) const {
  std::size_t rank = 0;
  for (; visits > 0 && rank < feasible_count_; --visits) {
    position = PositionOf(feasible, rank);
    if (best.Test(static_cast<NodeIndex>(position))) return true;
    rank = NextInPreorder(rank, feasible_count_);
  }
  return false;
}

std::size_t HeapWinner::FindAmongBest(const NodeMask& feasible, const NodeMask& best) const {
  std::size_t winner = 0;
  std::size_t winner_rank = feasible_count_;
  best.ForEach([&](NodeIndex position) {
    const std::size_t rank = RankOf(feasible, position);
    if (winner_rank == feasible_count_ || HeapPreorderLess(rank, winner_rank)) {
      winner = position;
      winner_rank = rank;
    }
  });
  return winner;
}

std::size_t HeapWinner::Find(const NodeMask& feasible, const NodeMask& best, std::size_t start) {
  before_.resize(feasible.word_count());
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < before_.size(); ++i) {
    before_[i] = count;
    count += static_cast<std::uint32_t>(std::popcount(feasible.words()[i]));
  }
  feasible_count_ = count;
  BERTH_DCHECK(feasible_count_ > 0);
  first_ = 0;
  first_ = start == 0 ? 0 : RankOf(feasible, start) % feasible_count_;
  // Where many tie, a walk from the root meets one of them soon; where few do, looking at each of
  // them is quicker.
  const std::size_t ties = best.Count();
  std::size_t position = 0;
  if (FindInPreorder(feasible, best, ties, position)) return position;
  return FindAmongBest(feasible, best);
}

}  // namespace berth::scoring

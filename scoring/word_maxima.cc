#include "scoring/word_maxima.h"

#include <algorithm>

#include "scoring/kernels.h"

namespace berth::scoring {

void WordMaxima::Resize(std::size_t words) {
  word_highest_.resize(words, kLowest);
  word_best_.resize(words, 0);
}

void WordMaxima::SetWord(std::size_t word, std::int64_t highest, NodeMask::Word best) {
  const std::int64_t before = word_highest_[word];
  word_highest_[word] = highest;
  word_best_[word] = best;
  if (highest >= highest_) {
    highest_ = highest;
  } else if (before == highest_) {
    highest_ = *std::ranges::max_element(word_highest_);
  }
}

void WordMaxima::Rescan(std::size_t word, NodeMask::Word members, const std::int64_t* values) {
  NodeMask::Word best = members;
  const std::int64_t highest = KeepHighest(values + word * kRowsPerWord, 1, &best);
  SetWord(word, highest, best);
}

void WordMaxima::Update(NodeIndex row, NodeMask::Word members, const std::int64_t* values) {
  const std::size_t word = row / kRowsPerWord;
  const NodeMask::Word bit = NodeMask::Word{1} << row % kRowsPerWord;
  const std::int64_t highest = word_highest_[word];
  const NodeMask::Word others = word_best_[word] & ~bit;
  const bool is_member = (members & bit) != 0;
  if (is_member && values[row] > highest) return SetWord(word, values[row], bit);
  if (is_member && values[row] == highest) return SetWord(word, highest, others | bit);
  // It is not among the best: they are the same as before without it, if any are left.
  if (others != 0) return SetWord(word, highest, others);
  if (word_best_[word] != 0) Rescan(word, members, values);
}

void WordMaxima::AddBest(NodeMask& best) const {
  AddWhereEqual(word_highest_.data(), highest_, word_best_.data(), word_best_.size(), best.words());
}

}  // namespace berth::scoring

// A set of nodes as a bitmap over NodeIndex.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "scheduler/base/check.h"
#include "scoring/column.h"

namespace berth::scoring {

// One bit a row. Bits behind size() are always clear. Operations on two masks want equal sizes.
// Not thread-safe for writing.
class NodeMask {
 public:
  using Word = std::uint64_t;

  NodeMask() = default;
  explicit NodeMask(std::size_t rows) { Resize(rows); }

  // New rows are clear.
  void Resize(std::size_t rows) {
    words_.resize(WordsForRows(rows));
    rows_ = rows;
    ClearTail();
  }
  std::size_t size() const { return rows_; }
  std::size_t word_count() const { return words_.size(); }
  Word* words() { return words_.data(); }
  const Word* words() const { return words_.data(); }

  bool Test(NodeIndex row) const {
    return (words_[row / kRowsPerWord] >> (row % kRowsPerWord)) & 1;
  }
  void Set(NodeIndex row) { words_[row / kRowsPerWord] |= Word{1} << (row % kRowsPerWord); }
  void Clear(NodeIndex row) { words_[row / kRowsPerWord] &= ~(Word{1} << (row % kRowsPerWord)); }
  void SetTo(NodeIndex row, bool value) { value ? Set(row) : Clear(row); }

  void SetAll() {
    for (auto& word : words_) word = ~Word{0};
    ClearTail();
  }
  void ClearAll() {
    for (auto& word : words_) word = 0;
  }

  // Keeps the rows that `other` has too.
  void And(const NodeMask& other) {
    BERTH_DCHECK(rows_ == other.rows_);
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  // Takes away the rows that `other` has.
  void AndNot(const NodeMask& other) {
    BERTH_DCHECK(rows_ == other.rows_);
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  }
  void Or(const NodeMask& other) {
    BERTH_DCHECK(rows_ == other.rows_);
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }

  std::size_t Count() const {
    std::size_t count = 0;
    for (const auto word : words_) count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }
  bool Any() const {
    for (const auto word : words_) {
      if (word != 0) return true;
    }
    return false;
  }

  // Whether `other` has every row that this has.
  bool IsSubsetOf(const NodeMask& other) const {
    BERTH_DCHECK(rows_ == other.rows_);
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & ~other.words_[i]) != 0) return false;
    }
    return true;
  }

  // The lowest set row; there must be one.
  NodeIndex First() const {
    std::size_t i = 0;
    while (words_[i] == 0) ++i;
    return static_cast<NodeIndex>(i * kRowsPerWord +
                                  static_cast<std::size_t>(std::countr_zero(words_[i])));
  }

  // The lowest row that both have.
  std::optional<NodeIndex> FirstCommon(const NodeMask& other) const {
    BERTH_DCHECK(rows_ == other.rows_);
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const Word both = words_[i] & other.words_[i];
      if (both == 0) continue;
      return static_cast<NodeIndex>(i * kRowsPerWord +
                                    static_cast<std::size_t>(std::countr_zero(both)));
    }
    return std::nullopt;
  }

  // Calls visit(NodeIndex) for every set row, in ascending order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (Word word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<NodeIndex>(i * kRowsPerWord +
                                     static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
  }

  friend bool operator==(const NodeMask& a, const NodeMask& b) {
    return a.rows_ == b.rows_ && a.words_ == b.words_;
  }

 private:
  void ClearTail() {
    if (const std::size_t used = rows_ % kRowsPerWord; used != 0) {
      words_.back() &= (Word{1} << used) - 1;
    }
  }

  std::vector<Word, AlignedAllocator<Word>> words_;
  std::size_t rows_ = 0;
};

}  // namespace berth::scoring

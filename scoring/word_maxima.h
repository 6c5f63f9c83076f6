// The best rows of a set, word by word, kept up to date row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "scoring/node_mask.h"

namespace berth::scoring {

// For a set of rows and a column of values: the highest value in each word of 64 rows, the rows
// that have it, and the highest of all. A changed row costs a comparison, seldom a look at its
// word, and more seldom one at all words. Set and values belong to the caller. Not thread-safe.
class WordMaxima {
 public:
  // New words are taken for empty.
  void Resize(std::size_t words);

  // After rows of the word have come, gone or changed in any way.
  void Rescan(std::size_t word, NodeMask::Word members, const std::int64_t* values);

  // After one row has come, gone or changed; `members` are those of its word now.
  void Update(NodeIndex row, NodeMask::Word members, const std::int64_t* values);

  // The lowest int64 where the set is empty.
  std::int64_t highest() const { return highest_; }

  // Adds the rows that have the highest value to `best`, of the same size.
  void AddBest(NodeMask& best) const;

 private:
  static constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

  void SetWord(std::size_t word, std::int64_t highest, NodeMask::Word best);

  std::vector<std::int64_t, AlignedAllocator<std::int64_t>> word_highest_;
  std::vector<NodeMask::Word, AlignedAllocator<NodeMask::Word>> word_best_;
  std::int64_t highest_ = kLowest;
};

}  // namespace berth::scoring

// Which of the best nodes wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scoring/node_mask.h"

namespace berth::scoring {

// True if position a comes before position b in the pre-order walk (node, left, right) of the
// implicit binary heap over 0..n-1, where the children of i are 2i+1 and 2i+2.
//
// kube-scheduler takes the root of a container/heap of the feasible nodes in the order in which
// they were found: a child is lifted only when strictly better, so among equal best nodes the one
// that is first in this order wins.
bool HeapPreorderLess(std::size_t a, std::size_t b);

// Finds that winner without walking the nodes: from bitmaps over the positions of kube-scheduler's
// node list. Keeps its memory from call to call; not thread-safe.
class HeapWinner {
 public:
  // The position of the winner. `feasible` and `best`, a subset of it that is not empty, are sets
  // of positions in the node list; the list of feasible nodes begins at position `start` and wraps
  // around.
  std::size_t Find(const NodeMask& feasible, const NodeMask& best, std::size_t start);

 private:
  std::size_t RankOf(const NodeMask& feasible, std::size_t position) const;
  std::size_t WordOf(std::uint32_t rank) const;
  std::size_t PositionOf(const NodeMask& feasible, std::size_t rank) const;
  // The first best position in [from, to), which is not empty; `to` if there is none.
  std::size_t FirstTie(const NodeMask& best, std::size_t from, std::size_t to) const;
  void CountFeasible(const NodeMask& feasible);

  std::vector<std::uint32_t> before_;  // feasible positions before each word, and all of them
  std::uint64_t words_per_rank_ = 0;   // times 2^32
  std::size_t feasible_count_ = 0;
  std::size_t first_ = 0;  // how many feasible positions lie before `start`
};

}  // namespace berth::scoring

// The choice among equals, against Go's container/heap done step by step.
#include "scoring/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "scheduler/base/random.h"
#include "tests/support/seed.h"

namespace berth::scoring {
namespace {

using Scores = std::vector<std::int64_t>;

// The position of the element that kube-scheduler takes: heap.Init over the list (sift down from
// the middle to the front; the right child only if strictly better, a child lifted only if strictly
// better), then the root.
std::size_t RootOfHeap(const Scores& scores) {
  std::vector<std::size_t> heap(scores.size());
  std::iota(heap.begin(), heap.end(), std::size_t{0});
  const auto better = [&](std::size_t a, std::size_t b) {
    return scores[heap[a]] > scores[heap[b]];
  };
  for (std::size_t start = heap.size() / 2; start-- > 0;) {
    for (std::size_t parent = start;;) {
      std::size_t child = 2 * parent + 1;
      if (child >= heap.size()) break;
      if (child + 1 < heap.size() && better(child + 1, child)) ++child;
      if (!better(child, parent)) break;
      std::swap(heap[child], heap[parent]);
      parent = child;
    }
  }
  return heap.front();
}

std::size_t FirstMaximumInPreorder(const Scores& scores) {
  const std::int64_t max = std::ranges::max(scores);
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] == max) best.push_back(i);
  }
  return *std::ranges::min_element(best, HeapPreorderLess);
}

TEST(HeapPreorder, ChoosesTheKnownWinners) {
  const std::pair<Scores, std::size_t> cases[] = {
      {{5, 5, 5}, 0},          {{1, 2, 2}, 1},       {{0, 0, 1, 1}, 3},
      {{0, 1, 0, 1, 1, 0}, 1}, {{0, 0, 2, 0, 2}, 4}, {{0, 0, 2, 2, 0}, 3},
  };
  for (const auto& [scores, winner] : cases) {
    EXPECT_EQ(FirstMaximumInPreorder(scores), winner);
    EXPECT_EQ(RootOfHeap(scores), winner);
  }
}

TEST(HeapPreorder, WalksNodeThenLeftThenRight) {
  std::vector<std::size_t> positions(10);
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::ranges::sort(positions, HeapPreorderLess);
  EXPECT_EQ(positions, (std::vector<std::size_t>{0, 1, 3, 7, 8, 4, 9, 2, 5, 6}));
  EXPECT_FALSE(HeapPreorderLess(4, 4));
}

class RandomHeap : public support::RandomTest {};

TEST_F(RandomHeap, ChoosesTheRootOfTheHeap) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int round = 0; round < 20'000; ++round) {
    Scores scores(1 + random.Below(70));
    const std::uint64_t distinct = 1 + random.Below(5);
    for (auto& score : scores) score = static_cast<std::int64_t>(random.Below(distinct));
    ASSERT_EQ(FirstMaximumInPreorder(scores), RootOfHeap(scores)) << "round " << round;
  }
}

// The same found from bitmaps over the positions of the node list, of which only some are feasible
// and which is taken from somewhere in the middle on.
TEST_F(RandomHeap, WinnerIsFoundFromBitmaps) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  HeapWinner winner;
  for (int round = 0; round < 5'000; ++round) {
    const std::size_t nodes = 1 + random.Below(400);
    const std::size_t start = random.Below(nodes);
    const std::uint64_t distinct = 1 + random.Below(round % 2 == 0 ? 3 : 200);
    const std::uint64_t one_in = 1 + random.Below(4);
    std::vector<std::size_t> list;  // positions of the feasible nodes, in order
    Scores scores;
    NodeMask feasible(nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
      const std::size_t position = (start + i) % nodes;
      if (!random.Chance(1, one_in) && !(i + 1 == nodes && list.empty())) continue;
      list.push_back(position);
      scores.push_back(static_cast<std::int64_t>(random.Below(distinct)));
      feasible.Set(static_cast<NodeIndex>(position));
    }
    const std::int64_t max = std::ranges::max(scores);
    NodeMask best(nodes);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (scores[i] == max) best.Set(static_cast<NodeIndex>(list[i]));
    }
    ASSERT_EQ(winner.Find(feasible, best, start), list[RootOfHeap(scores)]) << "round " << round;
  }
}

}  // namespace
}  // namespace berth::scoring

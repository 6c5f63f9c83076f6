// NodeMask against a plain set.
#include "scoring/node_mask.h"

#include <gmock/gmock.h>

#include <set>

#include "scheduler/base/random.h"
#include "tests/support/seed.h"

namespace berth::scoring {
namespace {

using ::testing::ElementsAre;

using RowSet = std::set<NodeIndex>;

RowSet RowsOf(const NodeMask& mask) {
  RowSet rows;
  mask.ForEach([&](NodeIndex row) { rows.insert(row); });
  return rows;
}

TEST(NodeMask, StartsEmpty) {
  const NodeMask mask(70);
  EXPECT_EQ(mask.size(), 70u);
  EXPECT_EQ(mask.word_count(), 2u);
  EXPECT_FALSE(mask.Any());
  EXPECT_EQ(NodeMask().Count(), 0u);
}

TEST(NodeMask, VisitsRowsInAscendingOrder) {
  NodeMask mask(200);
  for (const NodeIndex row : {199u, 0u, 64u, 63u}) mask.Set(row);
  std::vector<NodeIndex> visited;
  mask.ForEach([&](NodeIndex row) { visited.push_back(row); });
  EXPECT_THAT(visited, ElementsAre(0, 63, 64, 199));
}

TEST(NodeMask, NeverSetsRowsBehindItsSize) {
  NodeMask mask(65);
  mask.SetAll();
  EXPECT_EQ(mask.Count(), 65u);
  EXPECT_EQ(mask.words()[1], 1u);
  mask.Resize(3);
  EXPECT_EQ(mask.Count(), 3u);
  mask.Resize(130);  // what was cut off does not come back
  EXPECT_EQ(mask.Count(), 3u);
}

class RandomNodeMask : public support::RandomTest {};

TEST_F(RandomNodeMask, AgreesWithASet) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  for (int round = 0; round < 200; ++round) {
    const std::size_t rows = 1 + random.Below(300);
    NodeMask masks[2] = {NodeMask(rows), NodeMask(rows)};
    RowSet sets[2];
    for (int i = 0; i < 200; ++i) {
      const auto row = static_cast<NodeIndex>(random.Below(rows));
      const auto which = random.Below(2);
      const bool value = random.Chance(2, 3);
      masks[which].SetTo(row, value);
      value ? void(sets[which].insert(row)) : void(sets[which].erase(row));
      ASSERT_EQ(masks[which].Test(row), value);
    }
    ASSERT_EQ(RowsOf(masks[0]), sets[0]);
    ASSERT_EQ(masks[0].Count(), sets[0].size());
    ASSERT_EQ(masks[0].Any(), !sets[0].empty());

    NodeMask both = masks[0];
    both.And(masks[1]);
    NodeMask only_first = masks[0];
    only_first.AndNot(masks[1]);
    NodeMask either = masks[0];
    either.Or(masks[1]);
    for (NodeIndex row = 0; row < rows; ++row) {
      const bool a = sets[0].contains(row);
      const bool b = sets[1].contains(row);
      ASSERT_EQ(both.Test(row), a && b);
      ASSERT_EQ(only_first.Test(row), a && !b);
      ASSERT_EQ(either.Test(row), a || b);
    }
    ASSERT_EQ(masks[0] == masks[1], sets[0] == sets[1]);
    const auto first_common = masks[0].FirstCommon(masks[1]);
    ASSERT_EQ(first_common.has_value(), both.Any());
    if (first_common) {
      ASSERT_EQ(*first_common, both.First());
    }
  }
}

}  // namespace
}  // namespace berth::scoring

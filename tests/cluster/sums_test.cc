// Sums by label value, the rows of a value, and logs that forget.
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

#include "scheduler/cluster/bounded_log.h"
#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/sparse_array.h"
#include "scheduler/cluster/value_sums.h"

namespace berth::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<int> Since(const BoundedLog<int>& log, BoundedLog<int>::Position position) {
  std::vector<int> entries;
  log.ForEachSince(position, [&](int entry) { entries.push_back(entry); });
  return entries;
}

TEST(BoundedLog, TellsWhatCameSinceAPosition) {
  BoundedLog<int> log;
  log.Append(1, 10);
  const auto position = log.end();
  log.Append(2, 10);
  log.Append(3, 10);
  EXPECT_TRUE(log.Covers(position));
  EXPECT_THAT(Since(log, position), ElementsAre(2, 3));
  EXPECT_THAT(Since(log, log.end()), IsEmpty());
}

TEST(BoundedLog, ForgetsTheOlderHalfAtItsLimit) {
  BoundedLog<int> log;
  const auto start = log.end();
  for (int i = 0; i < 4; ++i) log.Append(i, 4);
  EXPECT_TRUE(log.Covers(start));
  log.Append(4, 4);
  EXPECT_FALSE(log.Covers(start));
  EXPECT_TRUE(log.Covers(start + 2));
  EXPECT_THAT(Since(log, start + 2), ElementsAre(2, 3, 4));
}

TEST(BoundedLog, ForgettingLeavesEveryReaderBehind) {
  BoundedLog<int> log;
  log.Append(1, 4);
  const auto up_to_date = log.end();
  log.Forget();
  EXPECT_FALSE(log.Covers(up_to_date));
  EXPECT_TRUE(log.Covers(log.end()));
}

// Few entries are kept in a map, many in a table: nobody must be able to tell.
TEST(SparseArray, IsAnArray) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  SparseArray<std::int64_t> sparse;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::int64_t> plain(1 + random() % 2000);
    sparse.Clear(plain.size());
    plain.resize(sparse.size());  // it never shrinks
    const std::size_t adds = random() % (plain.size() / 10 + 2);
    for (std::size_t i = 0; i < adds; ++i) {
      if (random() % 50 == 0) plain.resize(plain.size() + random() % 100);
      sparse.Grow(plain.size());
      const auto index = static_cast<std::uint32_t>(random() % plain.size());
      const auto amount = static_cast<std::int64_t>(random() % 5) - 2;
      plain[index] += amount;
      sparse.Add(index, amount);
    }
    ASSERT_EQ(sparse.size(), plain.size());
    std::vector<std::int64_t> touched(plain.size());
    for (const auto index : sparse.touched()) touched[index] += sparse[index];
    EXPECT_EQ(touched, plain);  // each once, and all that is not 0
    for (std::uint32_t i = 0; i < plain.size(); ++i) {
      ASSERT_EQ(sparse[i], plain[i]);
      if (sparse.table() == nullptr) continue;
      ASSERT_EQ(sparse.table()[i], plain[i]);
    }
  }
}

TEST(ValueSums, KnowsWhichValuesItHasTouched) {
  ValueSums sums;
  sums.Reset(5);
  const auto position = sums.changes().end();
  sums.Add(3, 2);
  sums.Add(1, 1);
  sums.Add(3, -2);
  EXPECT_EQ(sums[3], 0);
  EXPECT_EQ(sums[1], 1);
  EXPECT_THAT(std::vector(sums.touched().begin(), sums.touched().end()),
              UnorderedElementsAre(1u, 3u));
  std::vector<ValueId> changed;
  sums.changes().ForEachSince(position, [&](ValueId id) { changed.push_back(id); });
  EXPECT_THAT(changed, ElementsAre(3u, 1u, 3u));
}

TEST(ValueSums, ResetStartsFromNothing) {
  ValueSums sums;
  sums.Reset(3);
  sums.Add(2, 7);
  const auto position = sums.changes().end();
  sums.Reset(6);
  for (ValueId id = 0; id < 6; ++id) EXPECT_EQ(sums[id], 0);
  EXPECT_THAT(sums.touched(), IsEmpty());
  EXPECT_FALSE(sums.changes().Covers(position));
}

TEST(LabelColumn, RowsFollowTheValues) {
  LabelColumn column(0);
  column.Resize(5);
  column.Set(0, 10);
  column.Set(2, 11);
  column.Set(4, 10);
  const auto rows = [&](scoring::NodeIndex of) {
    const auto span = column.Rows(column.At(of));
    return std::vector(span.begin(), span.end());
  };
  EXPECT_THAT(rows(0), ElementsAre(0u, 4u));
  EXPECT_THAT(rows(2), ElementsAre(2u));
  column.Set(4, 11);
  column.Set(0, base::kNoSymbol);
  EXPECT_THAT(rows(2), ElementsAre(2u, 4u));
  column.Resize(6);
  column.Set(5, 10);
  EXPECT_THAT(rows(5), ElementsAre(5u));
}

}  // namespace
}  // namespace berth::cluster

// The best rows as they are kept, against those that are found anew.
#include "scoring/word_maxima.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scheduler/base/random.h"
#include "scoring/column.h"
#include "tests/support/seed.h"

namespace berth::scoring {
namespace {

class WordMaximaTest : public support::RandomTest {
 protected:
  void Compare() {
    NodeMask best(rows_);
    std::int64_t highest = std::numeric_limits<std::int64_t>::min();
    members_.ForEach([&](NodeIndex row) { highest = std::max(highest, values_[row]); });
    members_.ForEach([&](NodeIndex row) {
      if (values_[row] == highest) best.Set(row);
    });
    NodeMask kept(rows_);
    maxima_.AddBest(kept);
    ASSERT_EQ(maxima_.highest(), highest);
    ASSERT_EQ(kept, best);
  }

  static constexpr std::size_t kRows = 200;
  std::size_t rows_ = kRows;
  NodeMask members_{kRows};
  Column<std::int64_t> values_{kRows};
  WordMaxima maxima_;
};

TEST_F(WordMaximaTest, AnEmptySetHasNoBest) {
  maxima_.Resize(members_.word_count());
  Compare();
}

TEST_F(WordMaximaTest, FollowsRowsThatComeGoAndChange) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  maxima_.Resize(members_.word_count());
  for (int step = 0; step < 20'000 && !HasFailure(); ++step) {
    const auto row = static_cast<NodeIndex>(random.Below(kRows));
    // Now and then nearly all rows leave, so that words and sets run empty.
    const bool draining = step / 500 % 2 == 1;
    members_.SetTo(row, random.Chance(draining ? 1 : 9, 10));
    values_[row] = static_cast<std::int64_t>(random.Below(6)) - 3;
    maxima_.Update(row, members_.words()[row / kRowsPerWord], values_.data());
    Compare();
  }
}

TEST_F(WordMaximaTest, RescansWholeWords) {
  SCOPED_TRACE(support::SeedNote());
  base::Random random(support::TestSeed());
  maxima_.Resize(members_.word_count());
  for (int step = 0; step < 500 && !HasFailure(); ++step) {
    const std::size_t word = random.Below(members_.word_count());
    for (std::size_t bit = 0; bit < kRowsPerWord; ++bit) {
      const std::size_t row = word * kRowsPerWord + bit;
      if (row >= kRows) continue;
      members_.SetTo(static_cast<NodeIndex>(row), random.Chance(1, 3));
      values_[row] = static_cast<std::int64_t>(random.Below(4));
    }
    maxima_.Rescan(word, members_.words()[word], values_.data());
    Compare();
  }
}

}  // namespace
}  // namespace berth::scoring

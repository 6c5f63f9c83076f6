// Bounds against the scores that they bound, on every instruction set of this machine.
#include "scoring/bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "scoring/kernels_scalar.h"
#include "tests/scoring/kernel_input.h"
#include "tests/support/seed.h"
#include "tests/support/simd_targets.h"

namespace berth::scoring {
namespace {

// Nodes that have every resource, some over their capacity, with what bounds are made of.
struct PlainResources {
  PlainResources(KernelInput& input, std::size_t rows, std::size_t resources) {
    for (std::size_t i = 0; i < resources; ++i) {
      const std::int64_t largest = std::int64_t{1} << input.Between(1, 46);
      capacity.push_back(
          input.ColumnOf<std::int64_t>(rows, [&] { return input.Between(1, largest); }));
      Column<std::int64_t> uses(rows);
      Column<double> reciprocals(rows);
      Column<double> fractions(rows);
      Column<float> free(rows);
      Column<float> per_unit(rows);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::int64_t has = capacity[i][row];
        // Now and then exactly on a whole percent.
        uses[row] = input.random().Below(8) == 0   ? input.Between(0, 1)
                    : input.random().Below(4) == 0 ? has / 100 * input.Between(0, 100)
                                                   : input.Between(0, has + has / 8);
        reciprocals[row] = Reciprocal(has);
        fractions[row] = UsedFraction(uses[row], has);
        free[row] = FreePercent(uses[row], reciprocals[row]);
        per_unit[row] = static_cast<float>(100.0 * reciprocals[row]);
      }
      used.push_back(std::move(uses));
      reciprocal.push_back(std::move(reciprocals));
      used_fraction.push_back(std::move(fractions));
      free_percent.push_back(std::move(free));
      percent_per_unit.push_back(std::move(per_unit));
      const std::int64_t request = input.random().Below(4) == 0 ? 0 : input.Between(0, largest / 4);
      const std::int64_t weight = input.Between(1, 100);
      terms.push_back({capacity[i].data(), used[i].data(), request, weight, reciprocal[i].data(),
                       used_fraction[i].data(), true});
      bounds.push_back({free_percent[i].data(), percent_per_unit[i].data(),
                        static_cast<float>(request), static_cast<float>(weight)});
    }
  }

  std::vector<Column<std::int64_t>> capacity;
  std::vector<Column<std::int64_t>> used;
  std::vector<Column<double>> reciprocal;
  std::vector<Column<double>> used_fraction;
  std::vector<Column<float>> free_percent;
  std::vector<Column<float>> percent_per_unit;
  std::vector<ResourceTerm> terms;
  std::vector<BoundTerm> bounds;
};

class Bounds : public support::RandomTest {
 protected:
  // The bound must be on its side of `score(resources, row)`, and the two sides meet on most rows:
  // bounds of 0 and 100 would be of no use.
  template <typename Score>
  void Check(std::size_t resources, BoundPart::Kind kind, Score score) {
    SCOPED_TRACE(support::SeedNote());
    support::OnEverySimdTarget([&] {
      KernelInput input(support::TestSeed());
      std::size_t looked_at = 0;
      std::size_t equal = 0;
      for (int round = 0; round < 200 && !HasFailure(); ++round) {
        const std::size_t rows = input.Rows();
        const PlainResources drawn(input, rows, resources);
        const NodeMask mask = input.Mask(rows);
        const BoundPart part{kind, {drawn.bounds.begin(), drawn.bounds.end()}, 3};
        const auto totals = input.ColumnOf<std::int64_t>(rows, [] { return 5; });
        Column<float> upper(rows);
        Column<float> lower(rows);
        const auto bound = [&](Bound side, Column<float>& out) {
          return BoundTotals(side, {&part, 1}, totals.data(), mask.words(), mask.word_count(),
                             out.data());
        };
        bound(Bound::kUpper, upper);
        bound(Bound::kLower, lower);
        mask.ForEach([&](NodeIndex row) {
          const auto expected = static_cast<float>(5 + 3 * score(drawn, row));
          ASSERT_GE(upper[row], expected) << "row " << row;
          ASSERT_LE(lower[row], expected) << "row " << row;
          ++looked_at;
          equal += upper[row] == lower[row] ? 1 : 0;
        });
      }
      EXPECT_GE(equal, looked_at / 2) << "of " << looked_at;
    });
  }
};

TEST_F(Bounds, LeastAllocatedIsOnItsSideOfTheScore) {
  for (const std::size_t resources : {1, 2, 3}) {
    Check(resources, BoundPart::Kind::kLeastAllocated,
          [](const PlainResources& drawn, NodeIndex row) {
            return scalar::LeastAllocatedRow(drawn.terms, row);
          });
  }
}

TEST_F(Bounds, BalancedAllocationIsOnItsSideOfTheScore) {
  Check(2, BoundPart::Kind::kBalancedAllocation, [](const PlainResources& drawn, NodeIndex row) {
    return scalar::BalancedAllocationRow(drawn.terms, row);
  });
}

TEST_F(Bounds, AddUp) {
  SCOPED_TRACE(support::SeedNote());
  support::OnEverySimdTarget([&] {
    KernelInput input(support::TestSeed());
    for (int round = 0; round < 50 && !HasFailure(); ++round) {
      const std::size_t rows = input.Rows();
      const PlainResources drawn(input, rows, 2);
      const NodeMask mask = input.Mask(rows);
      const auto sum = [&](std::span<const BoundPart> parts) {
        Column<float> out(rows);
        BoundTotals(Bound::kUpper, parts, nullptr, mask.words(), mask.word_count(), out.data());
        return out;
      };
      const BoundPart parts[] = {
          {BoundPart::Kind::kLeastAllocated, {drawn.bounds.begin(), drawn.bounds.end()}, 2},
          {BoundPart::Kind::kBalancedAllocation, {drawn.bounds.begin(), drawn.bounds.end()}, 5}};
      const auto first = sum({parts, 1});
      const auto second = sum({parts + 1, 1});
      const auto both = sum(parts);
      const auto none = sum({});
      mask.ForEach([&](NodeIndex row) {
        ASSERT_EQ(both[row], first[row] + second[row]);
        ASSERT_EQ(none[row], 0);
      });
    }
  });
}

TEST_F(Bounds, TheHighestAndThoseThatReachALimit) {
  SCOPED_TRACE(support::SeedNote());
  support::OnEverySimdTarget([&] {
    KernelInput input(support::TestSeed());
    for (int round = 0; round < 200 && !HasFailure(); ++round) {
      const std::size_t rows = input.Rows();
      const auto values =
          input.ColumnOf<std::int64_t>(rows, [&] { return input.Between(-5, 900); });
      const NodeMask mask = input.Mask(rows);
      Column<float> upper(rows);
      const float found = BoundTotals(Bound::kUpper, {}, values.data(), mask.words(),
                                      mask.word_count(), upper.data());
      const std::int64_t limit = input.Between(-5, 900);
      NodeMask expected(rows);
      std::int64_t highest = -6;
      mask.ForEach([&](NodeIndex row) {
        ASSERT_EQ(upper[row], static_cast<float>(values[row]));
        highest = std::max(highest, values[row]);
        if (values[row] >= limit) expected.Set(row);
      });
      NodeMask kept = mask;
      KeepAtLeast(upper.data(), static_cast<float>(limit), kept.word_count(), kept.words());
      EXPECT_EQ(kept, expected);
      EXPECT_EQ(found,
                mask.Any() ? static_cast<float>(highest) : std::numeric_limits<float>::lowest());
    }
  });
}

}  // namespace
}  // namespace berth::scoring

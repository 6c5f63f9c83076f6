// The scalar reference against figures that were worked out by hand.
#include "scoring/kernels_scalar.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace berth::scoring::scalar {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr std::int64_t kMib = std::int64_t{1} << 20;

struct Resource {
  std::int64_t capacity;
  std::int64_t used;
  std::int64_t request;
  std::int64_t weight = 1;
};

// Terms over columns of one row, row 0.
class OneNode {
 public:
  explicit OneNode(std::vector<Resource> resources) : resources_(std::move(resources)) {
    for (const auto& resource : resources_) {
      terms_.push_back({&resource.capacity, &resource.used, resource.request, resource.weight,
                        nullptr, nullptr, false});
    }
  }
  std::span<const ResourceTerm> terms() const { return terms_; }

 private:
  std::vector<Resource> resources_;
  std::vector<ResourceTerm> terms_;
};

TEST(LeastAllocatedRow, IsTheMeanOfTheFreeParts) {
  const OneNode node({{4000, 1500, 250}, {8 * kGib, 2 * kGib, 512 * kMib}});
  EXPECT_EQ(LeastAllocatedRow(node.terms(), 0), 62);  // (56 + 68) / 2
}

TEST(LeastAllocatedRow, CountsOnlyWhatTheNodeHasAndNothingWhereItIsFull) {
  EXPECT_EQ(LeastAllocatedRow(OneNode({{1000, 500, 0}, {0, 0, 1}}).terms(), 0), 50);
  EXPECT_EQ(LeastAllocatedRow(OneNode({{1000, 1000, 1}, {1000, 0, 0}}).terms(), 0), 50);
  EXPECT_EQ(LeastAllocatedRow(OneNode({{0, 0, 1}, {0, 0, 1}}).terms(), 0), 0);
}

TEST(LeastAllocatedRow, WeighsResources) {
  EXPECT_EQ(LeastAllocatedRow(OneNode({{100, 0, 0, 3}, {100, 100, 0, 1}}).terms(), 0), 75);
}

TEST(MostAllocatedRow, CapsAtTheCapacity) {
  EXPECT_EQ(MostAllocatedRow(OneNode({{1000, 900, 500}}).terms(), 0), 100);
  EXPECT_EQ(MostAllocatedRow(OneNode({{1000, 250, 0}, {1000, 0, 500}}).terms(), 0), 37);
  EXPECT_EQ(MostAllocatedRow(OneNode({{0, 5, 5}}).terms(), 0), 0);
}

TEST(RequestedToCapacityRatioRow, LeavesOutResourcesWithoutScoreAndRoundsTheMean) {
  std::array<std::int64_t, 101> shape{};
  shape[20] = 50;
  shape[47] = 65;
  shape[50] = 58;
  const OneNode both({{100, 20, 0}, {100, 47, 0}});
  EXPECT_EQ(RequestedToCapacityRatioRow(both.terms(), shape.data(), 0), 58);  // 57.5, half up
  const OneNode one({{100, 50, 0}, {100, 96, 0}});
  EXPECT_EQ(RequestedToCapacityRatioRow(one.terms(), shape.data(), 0), 58);
  const OneNode none({{100, 96, 0}});
  EXPECT_EQ(RequestedToCapacityRatioRow(none.terms(), shape.data(), 0), 0);
}

TEST(RequestedToCapacityRatioRow, TakesOvercommitmentForFull) {
  std::array<std::int64_t, 101> shape{};
  shape[100] = 7;
  EXPECT_EQ(RequestedToCapacityRatioRow(OneNode({{10, 9, 5}}).terms(), shape.data(), 0), 7);
}

TEST(BalancedAllocationRow, ComparesTheDeviationBeforeAndAfter) {
  const OneNode node({{4000, 1000, 500}, {8 * kGib, 4 * kGib, 512 * kMib}});
  EXPECT_EQ(BalancedAllocationRow(node.terms(), 0), 76);
}

TEST(BalancedAllocationRow, IsNeutralWhereThereIsNothingToBalance) {
  EXPECT_EQ(BalancedAllocationRow(OneNode({{1000, 0, 500}}).terms(), 0), 75);
  EXPECT_EQ(BalancedAllocationRow(OneNode({{0, 0, 5}, {0, 0, 5}}).terms(), 0), 75);
}

TEST(BalancedAllocationRow, TruncatesTowardZeroWhenBalanceIsLost) {
  // 100 before, 75 after: (50 - 25) / 2 = 12.
  EXPECT_EQ(BalancedAllocationRow(OneNode({{2, 0, 1}, {2, 0, 0}}).terms(), 0), 62);
  // 100 before, 0.5 of 2 full of three after: (50 + after - 100) / 2 with after = 52.
  EXPECT_EQ(BalancedAllocationRow(OneNode({{2, 0, 2}, {2, 0, 0}, {2, 0, 0}}).terms(), 0), 51);
}

TEST(NormalizeByMax, TurnsCountsAround) {
  std::int64_t values[64] = {0, 1, 3};
  const Word mask = 0b111;
  NormalizeByMax(3, true, &mask, 1, values);
  EXPECT_EQ(values[0], 100);
  EXPECT_EQ(values[1], 67);
  EXPECT_EQ(values[2], 0);
}

TEST(NormalizeByMax, KeepsTheOrder) {
  std::int64_t values[64] = {0, 10, 30};
  const Word mask = 0b111;
  NormalizeByMax(30, false, &mask, 1, values);
  EXPECT_EQ(values[1], 33);
  EXPECT_EQ(values[2], 100);
}

TEST(FitRows, KeepsRowsWithRoom) {
  const std::int64_t capacity[64] = {10, 10, 10, 10};
  const std::int64_t used[64] = {0, 7, 8, 12};
  Word mask = 0b1111;
  FitRows(capacity, used, 3, 1, &mask);
  EXPECT_EQ(mask, 0b0011u);
}

}  // namespace
}  // namespace berth::scoring::scalar

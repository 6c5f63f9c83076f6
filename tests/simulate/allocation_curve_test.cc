#include "scheduler/simulate/allocation_curve.h"

#include <gtest/gtest.h>

namespace berth::simulate {
namespace {

TEST(AllocationCurve, IsTheMeanOverWhatRoundsToThePercentage) {
  AllocationCurve curve(1000);
  EXPECT_EQ(curve.last(), -1);
  curve.Add(4, 4);    // 0.4 %
  curve.Add(5, 10);   // 0.5 %: half away from zero
  curve.Add(14, 20);  // 1.4 %
  curve.Add(996, 500);
  curve.Add(1004, 700);
  EXPECT_DOUBLE_EQ(curve.At(0).value(), 0.4);
  EXPECT_DOUBLE_EQ(curve.At(1).value(), 1.5);
  EXPECT_DOUBLE_EQ(curve.At(100).value(), 60);
  EXPECT_EQ(curve.last(), 100);
}

TEST(AllocationCurve, HasNoValueWhereNothingArrived) {
  AllocationCurve curve(10);
  curve.Add(1, 1);
  curve.Add(3, 3);
  EXPECT_FALSE(curve.At(20).has_value());
  EXPECT_FALSE(curve.At(-1).has_value());
  EXPECT_FALSE(curve.At(31).has_value());
  EXPECT_TRUE(curve.At(30).has_value());
}

TEST(AllocationCurve, EndsAtTenTimesTheCapacity) {
  AllocationCurve curve(1);
  curve.Add(10, 1);
  curve.Add(11, 1);
  curve.Add(1'000'000'000, 1);
  EXPECT_EQ(curve.last(), 1000);
}

}  // namespace
}  // namespace berth::simulate

#include "scheduler/placement/snapshots.h"

#include <gtest/gtest.h>

namespace berth::placement {
namespace {

SharedObjects Empty() { return std::make_shared<const api::ClusterObjects>(); }

TEST(Snapshots, AreFoundUntilTheyAreDeleted) {
  Snapshots snapshots(2);
  const SharedObjects objects = Empty();
  const std::string id = snapshots.Add(objects)->id;
  EXPECT_EQ(snapshots.Find(id).value(), objects);
  EXPECT_EQ(snapshots.List().size(), 1u);
  EXPECT_TRUE(snapshots.Delete(id));
  EXPECT_EQ(snapshots.Find(id).error().kind, FailureKind::kNotFound);
  EXPECT_EQ(snapshots.Delete(id).error().kind, FailureKind::kNotFound);
  EXPECT_TRUE(snapshots.List().empty());
}

TEST(Snapshots, AreNoMoreThanMayBe) {
  Snapshots snapshots(1);
  const std::string id = snapshots.Add(Empty())->id;
  EXPECT_EQ(snapshots.Add(Empty()).error().kind, FailureKind::kExhausted);
  EXPECT_TRUE(snapshots.Delete(id));
  const auto next = snapshots.Add(Empty());
  ASSERT_TRUE(next);
  EXPECT_NE(next->id, id) << "an id is never given twice";
}

TEST(Snapshots, AreReplacedByWhoHasSeenThemLast) {
  Snapshots snapshots(1);
  const SharedObjects first = Empty();
  const SharedObjects second = Empty();
  const std::string id = snapshots.Add(first)->id;
  EXPECT_TRUE(snapshots.Replace(id, first, second));
  EXPECT_EQ(snapshots.Find(id).value(), second);
  EXPECT_EQ(snapshots.Replace(id, first, Empty()).error().kind, FailureKind::kConflict);
  EXPECT_EQ(snapshots.Replace("other", second, first).error().kind, FailureKind::kNotFound);
}

}  // namespace
}  // namespace berth::placement

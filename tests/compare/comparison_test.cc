#include "scheduler/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace berth::compare {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Side SideA() {
  return {"first",
          {{"placed", {3}}, {"used", {2, 4}}, {"old", {1}}},
          true,
          {{"default/stays", {"n1", ""}},
           {"default/moves", {"n1", ""}},
           {"default/goes", {"n1", ""}},
           {"default/comes", {"", "0/2 nodes are available: 2 Insufficient cpu."}},
           {"default/only-a", {"n1", ""}}}};
}
Side SideB() {
  return {"second",
          {{"used", {5, 5}}, {"placed", {4}}, {"new", {1}}},
          true,
          {{"default/stays", {"n1", ""}},
           {"default/moves", {"n2", ""}},
           {"default/goes", {"", "0/2 nodes are available: 2 Insufficient memory."}},
           {"default/comes", {"n2", ""}}}};
}

TEST(Statistics, AreOfASample) {
  EXPECT_FALSE(StatisticsOf({}).has_value());
  EXPECT_EQ(StatisticsOf({5})->deviation, 0);
  const auto two = StatisticsOf({2, 4});
  EXPECT_EQ(two->mean, 3);
  EXPECT_NEAR(two->deviation, 1.41421356, 1e-8);
  EXPECT_EQ(two->count, 2u);
}

TEST(Comparison, SetsMetricsBesideEachOther) {
  const auto comparison = Compare(SideA(), SideB());
  ASSERT_EQ(comparison.metrics.size(), 4u);
  EXPECT_EQ(comparison.metrics[0].name, "placed");
  EXPECT_EQ(comparison.metrics[0].b->mean, 4);
  EXPECT_EQ(comparison.metrics[1].a->mean, 3);
  EXPECT_FALSE(comparison.metrics[2].b.has_value());
  EXPECT_EQ(comparison.metrics[3].name, "new");
  EXPECT_FALSE(comparison.metrics[3].a.has_value());
}

TEST(Comparison, SaysWhatBecameOfPods) {
  const auto comparison = Compare(SideA(), SideB());
  EXPECT_EQ(comparison.same, 1u);
  EXPECT_EQ(comparison.only_a, 1u);
  EXPECT_EQ(comparison.only_b, 0u);
  ASSERT_EQ(comparison.moved.size(), 1u);
  EXPECT_EQ(comparison.moved[0].b.node, "n2");
  ASSERT_EQ(comparison.no_longer_placed.size(), 1u);
  EXPECT_THAT(comparison.no_longer_placed[0].b.message, HasSubstr("Insufficient memory"));
  ASSERT_EQ(comparison.newly_placed.size(), 1u);
  EXPECT_EQ(comparison.newly_placed[0].pod, "default/comes");
}

TEST(Comparison, IsATable) {
  const std::string text = TableText(Compare(SideA(), SideB()));
  EXPECT_THAT(text, HasSubstr("A: first\nB: second\n"));
  EXPECT_THAT(text, HasSubstr("placed           3      4     +1\n"));
  EXPECT_THAT(text, HasSubstr("3 ± 1.4142"));
  EXPECT_THAT(text,
              HasSubstr("1 as before, 1 moved, 1 newly placed, 1 no longer placed, 1 only in A"));
  EXPECT_THAT(text, HasSubstr("default/goes\n    A: n1\n    B: not placed: 0/2 nodes"));
}

TEST(Comparison, OfSweepsHasNoPods) {
  Side a = SideA();
  a.has_pods = false;
  const auto comparison = Compare(a, SideB());
  EXPECT_THAT(TableText(comparison), Not(HasSubstr("Pods:")));
  EXPECT_FALSE(nlohmann::json::parse(JsonText(comparison)).contains("pods"));
}

TEST(Comparison, IsJsonWithEverything) {
  const auto document = nlohmann::json::parse(JsonText(Compare(SideA(), SideB())));
  EXPECT_EQ(document["schemaVersion"], 1);
  EXPECT_EQ(document["metrics"][0]["difference"], 1);
  EXPECT_TRUE(document["metrics"][3]["a"].is_null());
  EXPECT_EQ(document["pods"]["moved"][0]["pod"], "default/moves");
  EXPECT_EQ(document["pods"]["noLongerPlaced"][0]["b"]["message"],
            "0/2 nodes are available: 2 Insufficient memory.");
}

}  // namespace
}  // namespace berth::compare

// The base types: interner, keys, random numbers, results.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "scheduler/base/interner.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/random.h"
#include "scheduler/base/result.h"

namespace berth::base {
namespace {

TEST(Interner, NumbersStringsInOrderOfFirstSight) {
  Interner interner;
  EXPECT_EQ(interner.Find("a"), kNoSymbol);
  EXPECT_EQ(interner.Intern("a"), 0u);
  EXPECT_EQ(interner.Intern(""), 1u);
  EXPECT_EQ(interner.Intern("a"), 0u);
  EXPECT_EQ(interner.Find(""), 1u);
  EXPECT_EQ(interner.size(), 2u);
}

TEST(Interner, TextsStayWhereTheyAre) {
  Interner interner;
  const Symbol first = interner.Intern("first");
  const std::string_view text = interner.Text(first);
  for (int i = 0; i < 10'000; ++i) interner.Intern("text " + std::to_string(i));
  EXPECT_EQ(interner.Text(first).data(), text.data());
  EXPECT_EQ(interner.Text(interner.Find("text 9999")), "text 9999");
}

TEST(KeyBuilder, NeighboursDoNotRunIntoEachOther) {
  const auto key = [](std::string_view a, std::string_view b) {
    std::string text;
    AppendKey(text, a);
    AppendKey(text, b);
    return text;
  };
  EXPECT_EQ(key("ab", "c"), key("ab", "c"));
  EXPECT_NE(key("ab", "c"), key("a", "bc"));
  EXPECT_NE(key("", "a"), key("a", ""));
}

TEST(Random, IsTheSameEverywhere) {
  // xoshiro256** with the state 1, 2, 3, 4 is published; ours is seeded by splitmix64, whose first
  // output for seed 0 is published as well. Fixed here, as seeds in bug reports depend on them.
  Random random(0);
  const std::array<std::uint64_t, 3> expected = {11091344671253066420u, 13793997310169335082u,
                                                 1900383378846508768u};
  for (const auto value : expected) EXPECT_EQ(random.Next(), value);
}

TEST(Random, StaysBelowItsBoundAndReachesAllOfIt) {
  Random random(1);
  std::array<int, 5> seen{};
  for (int i = 0; i < 1000; ++i) ++seen.at(random.Below(seen.size()));
  for (const int count : seen) EXPECT_GT(count, 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.Below(1), 0u);
  EXPECT_FALSE(random.Chance(0, 5));
  EXPECT_TRUE(random.Chance(5, 5));
}

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(std::to_string(value) + " is odd");
  return value / 2;
}

Result<int> Quarter(int value) {
  BERTH_ASSIGN(const int half, Half(value));
  BERTH_TRY(Half(half));
  return half / 2;
}

TEST(Result, HandsFailuresOn) {
  EXPECT_EQ(Quarter(12), 3);
  EXPECT_EQ(Quarter(5).error().message(), "5 is odd");
  EXPECT_EQ(Quarter(6).error().message(), "3 is odd");
}

TEST(Error, NamesWhereItHappenedFromTheOutsideIn) {
  EXPECT_EQ(Error("is odd").Within("field").Within("file").message(), "file: field: is odd");
}

}  // namespace
}  // namespace berth::base

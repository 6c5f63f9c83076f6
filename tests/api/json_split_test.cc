#include "scheduler/api/json_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace berth::api {
namespace {

using testing::HasSubstr;

std::string Problem(std::string_view text) {
  const auto split = SplitJson(text);
  return split ? "no error" : split.error().message();
}

TEST(JsonSplitTest, FindsKindsAndItemsInAnyOrder) {
  const auto split = SplitJson(R"({"items":[{"kind":"Pod","a":[1,{"kind":"x"}]},
    {"apiVersion":"v1","spec":{"items":[1]}}],"kind":"List","apiVersion":"v1"})");
  ASSERT_TRUE(split);
  ASSERT_EQ(split->size(), 1u);
  const JsonDocument& document = split->front();
  EXPECT_EQ(document.object.kind, "List");
  EXPECT_EQ(document.object.api_version, "v1");
  ASSERT_EQ(document.items.size(), 2u);
  EXPECT_EQ(document.items[0].kind, "Pod");
  EXPECT_EQ(document.items[0].text, R"({"kind":"Pod","a":[1,{"kind":"x"}]})");
  EXPECT_EQ(document.items[1].kind, "");
  EXPECT_EQ(document.items[1].api_version, "v1");
}

TEST(JsonSplitTest, TakesSeveralDocuments) {
  const auto split = SplitJson("{\"kind\":\"A\"}\n{\"kind\":\"B\"} ");
  ASSERT_TRUE(split);
  ASSERT_EQ(split->size(), 2u);
  EXPECT_EQ((*split)[1].object.kind, "B");
  EXPECT_TRUE(SplitJson("")->empty());
}

TEST(JsonSplitTest, BracketsAndQuotesInStringsAreText) {
  const auto split = SplitJson(R"({"a":"}\\","b":"\"]{","kind":"C\\\""})");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->front().object.kind, R"(C\\\")");
}

TEST(JsonSplitTest, LastOfTwoMembersCounts) {
  const auto split =
      SplitJson(R"({"kind":"A","items":[{"kind":"x"}],"kind":"B","items":[{"kind":"y"}]})");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->front().object.kind, "B");
  ASSERT_EQ(split->front().items.size(), 1u);
  EXPECT_EQ(split->front().items[0].kind, "y");
}

TEST(JsonSplitTest, SaysWhereTextIsWrong) {
  EXPECT_THAT(Problem("nonsense"), HasSubstr("line 1 column 1: expected a JSON object"));
  EXPECT_THAT(Problem("\n [1]"), HasSubstr("line 2 column 2: expected a JSON object"));
  EXPECT_THAT(Problem("{\"a\":1"), HasSubstr("ends too early"));
  EXPECT_THAT(Problem("{\"a"), HasSubstr("ends too early"));
  EXPECT_THAT(Problem("{\"a\\"), HasSubstr("ends too early"));
  EXPECT_THAT(Problem("{\"a\":[}]"), HasSubstr("line 1 column 7: JSON brackets do not match"));
  EXPECT_THAT(Problem(R"({"items":[1]})"), HasSubstr("expected an object in items"));
  EXPECT_THAT(Problem(R"({"items":[{}{}]})"), HasSubstr("expected , or ]"));
}

TEST(JsonSplitTest, EveryPrefixFailsOrEnds) {
  const std::string text = R"({"kind":"List","items":[{"kind":"Pod","s":"\u0041\\"}, {"a":[[]]}]})";
  for (std::size_t length = 1; length < text.size(); ++length) {
    EXPECT_FALSE(SplitJson(text.substr(0, length))) << length;
  }
  EXPECT_TRUE(SplitJson(text));
}

TEST(JsonSplitTest, NestingIsLimited) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(SplitJson(nested(kMaxJsonDepth)));
  EXPECT_THAT(Problem(nested(kMaxJsonDepth + 1)), HasSubstr("nested too deeply"));
  EXPECT_THAT(Problem("{\"a\":" + std::string(10'000'000, '[')), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace berth::api

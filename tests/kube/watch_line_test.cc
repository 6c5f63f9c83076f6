// What is found in lists and watch events without decoding them.
#include "scheduler/kube/watch_line.h"

#include <gtest/gtest.h>

#include <vector>

#include "scheduler/kube/json_cursor.h"

namespace berth::kube {
namespace {

TEST(JsonCursor, WalksFieldsAndSkipsValues) {
  JsonCursor cursor(R"( { "a" : [1, {"b": "}\""}] , "c":{"d":null,"e":-1.5e3}, "f":"x" } )");
  ASSERT_TRUE(cursor.EnterObject());
  EXPECT_EQ(cursor.NextKey(), "a");
  EXPECT_EQ(cursor.SkipValue(), R"([1, {"b": "}\""}])");
  EXPECT_EQ(cursor.NextKey(), "c");
  ASSERT_TRUE(cursor.EnterObject());
  EXPECT_EQ(cursor.NextKey(), "d");
  EXPECT_EQ(cursor.SkipValue(), "null");
  EXPECT_EQ(cursor.NextKey(), "e");
  EXPECT_EQ(cursor.SkipValue(), "-1.5e3");
  EXPECT_EQ(cursor.NextKey(), std::nullopt);
  EXPECT_EQ(cursor.NextKey(), "f");
  EXPECT_EQ(cursor.SkipValue(), "\"x\"");
  EXPECT_EQ(cursor.NextKey(), std::nullopt);
  EXPECT_FALSE(cursor.failed());
  EXPECT_TRUE(cursor.AtEnd());
}

TEST(JsonCursor, FailsOnWhatIsCutOffOrMalformed) {
  for (const std::string_view text :
       {"", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{\"a\":[1}", "{\"a\":[1]]", "{\"a\" 1}", "{a:1}", "{\"a\":\"\n\"}", "{\"a\":\"\\", "{}{}",
        "{\"a\":}", "]"}) {
    JsonCursor cursor(text);
    bool walked = cursor.EnterObject();
    while (walked && cursor.NextKey()) walked = cursor.SkipValue().has_value();
    EXPECT_FALSE(walked && cursor.AtEnd()) << text;
  }
}

TEST(JsonCursor, HasALimitToDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(IsJsonValue(nested(JsonCursor::kMaxDepth)));
  EXPECT_FALSE(IsJsonValue(nested(JsonCursor::kMaxDepth + 1)));
}

TEST(ReadListMetadata, FindsItWhereverItStands) {
  for (const std::string_view body :
       {R"({"kind":"PodList","metadata":{"resourceVersion":"12","continue":"abc=="},"items":[]})",
        R"({"items":[{"metadata":{"resourceVersion":"7","continue":"no"}}],
            "metadata":{"continue":"abc==","selfLink":"/x","resourceVersion":"12"}})"}) {
    const auto metadata = ReadListMetadata(body);
    ASSERT_TRUE(metadata.has_value()) << metadata.error().message();
    EXPECT_EQ(metadata->resource_version, "12");
    EXPECT_EQ(metadata->continue_token, "abc==");
  }
}

TEST(ReadListMetadata, ResolvesEscapesAndReadsNoFurtherThanItHasTo) {
  const auto metadata =
      ReadListMetadata(R"({"metadata":{"resourceVersion":"12","continue":"a\u0026b"},"items":[)");
  ASSERT_TRUE(metadata.has_value());
  EXPECT_EQ(metadata->continue_token, "a&b");
  EXPECT_EQ(ReadListMetadata(R"({"metadata":{"resourceVersion":"12"}})")->continue_token, "");
}

TEST(ReadListMetadata, RefusesWhatIsNoList) {
  const std::string huge =
      R"({"metadata":{"resourceVersion":"1","continue":")" + std::string(100'000, 'x') + "\"}}";
  for (const std::string_view body :
       {std::string_view(""), std::string_view("<html>"), std::string_view("[]"),
        std::string_view("{}"), std::string_view(R"({"metadata":7})"),
        std::string_view(R"({"metadata":{}})"),
        std::string_view(R"({"metadata":{"resourceVersion":12}})"),
        std::string_view(R"({"metadata":{"resourceVersion":"12&watch=false"}})"),
        std::string_view(R"({"metadata":{"resourceVersion":"12")"), std::string_view(huge)}) {
    EXPECT_FALSE(ReadListMetadata(body).has_value()) << body.substr(0, 100);
  }
}

TEST(ReadWatchLine, FindsTypeObjectAndVersion) {
  const auto line = ReadWatchLine(
      R"({"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a","resourceVersion":"42"}}})");
  ASSERT_TRUE(line.has_value()) << line.error().message();
  EXPECT_EQ(line->type, WatchLineType::kAdded);
  EXPECT_EQ(line->object, R"({"kind":"Pod","metadata":{"name":"a","resourceVersion":"42"}})");
  EXPECT_EQ(line->resource_version, "42");
  const auto other = ReadWatchLine(
      R"( {"object": {"metadata": {"resourceVersion": "9"}, "x": 1} , "type": "DELETED"} )");
  ASSERT_TRUE(other.has_value()) << other.error().message();
  EXPECT_EQ(other->type, WatchLineType::kDeleted);
  EXPECT_EQ(other->resource_version, "9");
  const auto error = ReadWatchLine(R"({"type":"ERROR","object":{"code":410}})");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->type, WatchLineType::kError);
  EXPECT_EQ(error->object, R"({"code":410})");
}

TEST(ReadWatchLine, RefusesEveryBeginningOfALine) {
  const std::string whole =
      R"({"type":"MODIFIED","object":{"metadata":{"labels":{"a":"b"},"resourceVersion":"42"}}})";
  ASSERT_TRUE(ReadWatchLine(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadWatchLine(whole.substr(0, size)).has_value()) << whole.substr(0, size);
  }
}

TEST(ReadWatchLine, RefusesWhatIsNoEvent) {
  const std::string object = R"({"metadata":{"resourceVersion":"1"}})";
  for (const std::string& line :
       {R"({"type":"UNHEARD","object":)" + object + "}", R"({"object":)" + object + "}",
        std::string(R"({"type":"ADDED"})"), std::string(R"({"type":"ADDED","object":[]})"),
        std::string(R"({"type":"ADDED","object":{}})"),
        std::string(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":""}}})"),
        std::string(R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"x"}}})"),
        R"({"type":"ADDED","object":)" + object + "}}", std::string("[]"), std::string("x")}) {
    EXPECT_FALSE(ReadWatchLine(line).has_value()) << line;
  }
}

std::vector<std::string> Lines(LineSplitter& splitter, const std::vector<std::string>& pieces) {
  std::vector<std::string> lines;
  for (const std::string& piece : pieces) {
    const auto fed = splitter.Feed(piece, [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
    EXPECT_TRUE(fed.has_value());
  }
  return lines;
}

TEST(LineSplitter, PutsPiecesTogether) {
  LineSplitter splitter;
  EXPECT_EQ(Lines(splitter, {"a\nb", "", "c", "\n\nd\ne\nf"}),
            (std::vector<std::string>{"a", "bc", "d", "e"}));
  splitter.Clear();
  EXPECT_EQ(Lines(splitter, {"g\n"}), (std::vector<std::string>{"g"}));
}

TEST(LineSplitter, StopsWhenItIsTold) {
  LineSplitter splitter;
  int lines = 0;
  ASSERT_TRUE(splitter.Feed("a\nb\nc\n", [&](std::string_view) { return ++lines < 2; }));
  EXPECT_EQ(lines, 2);
}

TEST(LineSplitter, RefusesALineThatDoesNotEnd) {
  LineSplitter splitter;
  const auto ignore = [](std::string_view) { return true; };
  const std::string piece(LineSplitter::kMaxLine, 'x');
  EXPECT_TRUE(splitter.Feed(piece, ignore).has_value());
  EXPECT_FALSE(splitter.Feed("x", ignore).has_value());
}

}  // namespace
}  // namespace berth::kube

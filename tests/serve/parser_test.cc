// Requests and answers as bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/serve/request_parser.h"
#include "scheduler/serve/response_text.h"
#include "scheduler/serve/target.h"
#include "tests/serve/test_channel.h"

namespace berth::serve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Target, IsPathAndParameters) {
  HttpRequest request;
  ASSERT_TRUE(ParseTarget("/a%2Fb+c?verbose&exclude=x+y&exclude=%26&=z&", request));
  EXPECT_EQ(request.path, "/a/b+c");
  EXPECT_THAT(request.query, ElementsAre(Pair("verbose", ""), Pair("exclude", "x y"),
                                         Pair("exclude", "&"), Pair("", "z")));
  EXPECT_TRUE(request.HasParameter("verbose"));
  EXPECT_FALSE(request.HasParameter("other"));
  EXPECT_THAT(request.Parameters("exclude"), ElementsAre("x y", "&"));
}

TEST(Target, MayBeAWholeUrl) {
  HttpRequest request;
  ASSERT_TRUE(ParseTarget("https://host:1/metrics?a=b", request));
  EXPECT_EQ(request.path, "/metrics");
  ASSERT_TRUE(ParseTarget("http://host", request));
  EXPECT_EQ(request.path, "/");
}

TEST(Target, RefusesNonsense) {
  HttpRequest request;
  for (const char* target : {"", "a", "*", "/%", "/%4", "/%4g", "/%-1", "/a?b=%"}) {
    EXPECT_FALSE(ParseTarget(target, request)) << target;
  }
}

TEST(RequestParser, GivesOneRequestAfterAnother) {
  RequestParser parser({});
  EXPECT_FALSE(parser.HasStarted());
  EXPECT_EQ(parser.Feed("GET /a HTTP/1.1\r\nX: 1\r\nx: 2\r\n\r\nGET /b HT"),
            RequestParser::State::kComplete);
  EXPECT_TRUE(parser.KeepsAlive());
  const HttpRequest first = parser.Take();
  EXPECT_EQ(first.path, "/a");
  EXPECT_THAT(first.Headers("X"), ElementsAre("1", "2"));
  EXPECT_EQ(first.Header("y"), "");
  EXPECT_EQ(parser.Feed(""), RequestParser::State::kIncomplete);
  EXPECT_TRUE(parser.HasStarted());
  EXPECT_EQ(parser.Feed("TP/1.0\r\n\r\n"), RequestParser::State::kComplete);
  EXPECT_FALSE(parser.KeepsAlive());
  EXPECT_TRUE(parser.IsOld());
  EXPECT_EQ(parser.Take().path, "/b");
}

TEST(HeaderText, WritesWhatHttpWants) {
  EXPECT_EQ(
      HeaderText(
          {.status = 405, .body = "no\n", .headers = {{"Allow", "GET"}, {"X", "a\r\nEvil: b"}}},
          {.close = true, .unix_seconds = 784111777}),
      "HTTP/1.1 405 Method Not Allowed\r\n"
      "Cache-Control: no-cache, private\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Length: 3\r\n"
      "Allow: GET\r\n"
      "X: a  Evil: b\r\n"
      "Connection: close\r\n"
      "\r\n");
}

TEST(Responder, AnswersForThoseThatForget) {
  const auto channel = std::make_shared<TestChannel>();
  {
    const Responder forgotten(channel);
  }
  ASSERT_TRUE(channel->answer().has_value());
  EXPECT_EQ(channel->answer()->status, 500);
}

TEST(ResponderDeathTest, GivesOneAnswerOnly) {
  const auto channel = std::make_shared<TestChannel>();
  const Responder respond(channel);
  respond({});
  EXPECT_DEATH(respond({}), "is_second");
}

}  // namespace
}  // namespace berth::serve

#include "scheduler/report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace berth::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string PageOf(std::string_view json) {
  auto page = MakePage("A <title> & more", json);
  EXPECT_TRUE(page.has_value());
  return page.value_or("");
}

TEST(Page, HasEverythingInIt) {
  const std::string page = PageOf("{}");
  EXPECT_THAT(page, HasSubstr("<title>A &lt;title> &amp; more</title>"));
  EXPECT_THAT(page, HasSubstr("https://d3js.org v5.16.0"));
  EXPECT_THAT(page, HasSubstr("Redistribution and use in source and binary forms"));
  EXPECT_THAT(page, HasSubstr("function showSimulation"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(Page, FetchesNothing) {
  const std::string page = PageOf("{}");
  EXPECT_THAT(page, Not(HasSubstr(" src=")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_EQ(Count(page, " href="), 2u);  // the link to the figures, and the empty icon
}

TEST(Page, DataCannotEndItsElement) {
  const std::string page = PageOf(R"({"pod":"</script><script>alert(1)</script><!--"})");
  EXPECT_THAT(page, HasSubstr(R"({"pod":"\u003c/script>\u003cscript>alert(1)\u003c/script>)"));
  EXPECT_EQ(Count(page, "</script>"), 3u);  // of the library, the data and ours
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
}

TEST(Page, DataMayLookLikeAPlace) {
  EXPECT_THAT(PageOf(R"({"pod":"{{script}}"})"), HasSubstr(R"({"pod":"{{script}}"})"));
}

TEST(Page, LargeDataIsPacked) {
  const std::string json = "[\"" + std::string(kMaxPlainBytes, 'x') + "\"]";
  const std::string page = PageOf(json);
  EXPECT_THAT(page, HasSubstr("id=\"data\" data-packed>H4sI"));  // how gzip begins, in base64
  EXPECT_LT(page.size(), PageOf("{}").size() + 1000);
}

}  // namespace
}  // namespace berth::report

#include "scheduler/webhook/go_string.h"

#include <gtest/gtest.h>

namespace berth::webhook {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendGoString(text, out);
  return out;
}

TEST(GoString, LeavesWhatIsPlain) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("node-1.example.org /x"), R"("node-1.example.org /x")");
  EXPECT_EQ(Quoted("Zürich 東京 😀"), "\"Zürich 東京 😀\"");
}

TEST(GoString, EscapesAsGo) {
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(Quoted("<a href='x'>&"), R"("\u003ca href='x'\u003e\u0026")");
  EXPECT_EQ(Quoted("\u2028\u2029\u2027"), "\"\\u2028\\u2029\u2027\"");
}

TEST(GoString, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Quoted("a\xff"
                   "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(Quoted("\xc3"), R"("\ufffd")");                      // cut off
  EXPECT_EQ(Quoted("\xc0\x80"), R"("\ufffd\ufffd")");            // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // a surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

}  // namespace
}  // namespace berth::webhook

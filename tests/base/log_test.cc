#include "scheduler/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace berth::base::log {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { Configure({}); }

  template <typename Write>
  static std::string WrittenBy(Write write) {
    ::testing::internal::CaptureStderr();
    write();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, TextIsKlogs) {
  Configure({Format::kText, 2});
  const std::string line = WrittenBy(
      [] { Info(2, "Attempting to bind", {{"pod", "a/b"}, {"nodes", 5}, {"leads", true}}); });
  EXPECT_THAT(line, MatchesRegex("I[0-9]+ [0-9:]+\\.[0-9]+ +[0-9]+ log_test.cc:[0-9]+\\] "
                                 "\"Attempting to bind\" pod=\"a/b\" nodes=5 leads=true\n"));
}

TEST_F(LogTest, JsonIsALineThatCanBeRead) {
  Configure({Format::kJson, 4});
  const std::string line = WrittenBy([] { Info(3, "say \"hi\"", {{"text", "two\nlines\x01"}}); });
  EXPECT_THAT(line, HasSubstr(R"("msg":"say \"hi\"","v":3,"text":"two\nlines\u0001"})"));
  EXPECT_THAT(line, ::testing::StartsWith(R"({"ts":)"));
}

TEST_F(LogTest, ErrorsAndWarningsAreAlwaysWritten) {
  Configure({Format::kText, 0});
  EXPECT_THAT(WrittenBy([] { Error("no such pod", "Cannot bind", {{"pod", "a/b"}}); }),
              HasSubstr("\"Cannot bind\" err=\"no such pod\" pod=\"a/b\""));
  EXPECT_THAT(WrittenBy([] { Warning("Careful"); }), ::testing::StartsWith("W"));
}

TEST_F(LogTest, WhatIsAboveTheVerbosityIsNot) {
  Configure({Format::kText, 1});
  EXPECT_THAT(WrittenBy([] { Info(2, "too much"); }), IsEmpty());
  EXPECT_FALSE(Enabled(2));
  SetVerbosity(2);
  EXPECT_TRUE(Enabled(2));
  EXPECT_THAT(WrittenBy([] { Info(2, "enough"); }), HasSubstr("enough"));
}

}  // namespace
}  // namespace berth::base::log

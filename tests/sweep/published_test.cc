#include "scheduler/sweep/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace berth::sweep {
namespace {

using ::testing::HasSubstr;

const RunLines kHeaders = {"workload,profile,seed,placed,cpu_allocation_pct_at_100\n",
                           "workload,profile,seed,arrived_pct,cpu_allocation_pct\n",
                           "workload,profile,seed,decision_p50_nanoseconds\n"};

SweepFile File() {
  SweepFile file;
  file.workloads = {{"few", {"few.yaml"}}, {"many", {"many.yaml"}}};
  file.profiles = {{"pack", {"pack.yaml"}}};
  return file;
}

std::string ErrorOf(std::string_view text) {
  const auto published = ParsePublished(text, File(), kHeaders);
  return published ? "" : published.error().message();
}

TEST(Published, HaveAValueAField) {
  const auto published = ParsePublished(
      "profile,workload,cpu_allocation_pct_at_100,decision_p50_nanoseconds\r\n"
      "pack,few,91.25,\r\npack,many,8e1,1200\r\n",
      File(), kHeaders);
  ASSERT_TRUE(published.has_value()) << published.error().message();
  ASSERT_EQ(published->size(), 3u);
  EXPECT_EQ(published->at(0).workload, "few");
  EXPECT_EQ(published->at(0).profile, "pack");
  EXPECT_EQ(published->at(0).figure, "cpu_allocation_pct_at_100");
  EXPECT_EQ(published->at(0).value, 91.25);
  EXPECT_EQ(published->at(1).value, 80);
  EXPECT_EQ(published->at(2).figure, "decision_p50_nanoseconds");
}

TEST(Published, AreRefusedByLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no column workload"},
      {"workload,placed\n", "no column profile"},
      {"profile,placed\n", "no column workload"},
      {"workload,profile,plcaed\n", "column \"plcaed\": no figure of this sweep"},
      {"workload,profile,seed\n", "column \"seed\": no figure of this sweep"},
      {"workload,profile,placed,placed\n", "column placed is there twice"},
      {"workload,profile,placed\nfew,pack\n", "line 2: has 2 fields, the header has 3"},
      {"workload,profile,placed\nfwe,pack,1\n",
       "line 2 column 1 (workload): \"fwe\" is no workload of this sweep"},
      {"workload,profile,placed\nfew,,1\n", "line 2 column 2 (profile): is empty"},
      {"workload,profile,placed\nfew,pack,1\nfew,pack,2\n", "is the second line for the same"},
      {"workload,profile,placed\nfew,pack,1x\n", "line 2 column 3 (placed): is not a number"},
      {"workload,profile,placed\nfew,pack,inf\n", "line 2 column 3 (placed): is not a number"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), HasSubstr(error)) << text;
}

TEST(Published, AreReadOnlyWhereAFileIsNamed) {
  SweepFile file = File();
  EXPECT_TRUE(ReadPublished(file, kHeaders)->empty());
  file.published = "no/such/file.csv";
  const auto missing = ReadPublished(file, kHeaders);
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message(), HasSubstr("no/such/file.csv"));
}

}  // namespace
}  // namespace berth::sweep

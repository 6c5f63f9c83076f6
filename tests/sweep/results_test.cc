#include "scheduler/sweep/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/sweep/sweep_folder.h"

namespace berth::sweep {
namespace {

using ::testing::HasSubstr;

const Fingerprint kPrint = {{"(sweep file)", "1"}, {"pods.csv", "2"}};
const RunLines kHeaders = {"workload,profile,seed,placed\n", "workload,profile,seed,at,cpu\n",
                           "workload,profile,seed,p50\n"};

RunLines LinesOf(const std::string& key) {
  return {key + ",5\n", key + ",0,1.0\n" + key + ",1,2.0\n", key + ",77\n"};
}

class ResultsTest : public ::testing::Test {
 protected:
  base::Result<Results> Open(const std::string& name = "out") {
    return Results::Open(folder_.Path(name), kPrint, kHeaders);
  }
  std::string ErrorOf(const std::string& name = "out") {
    const auto results = Open(name);
    return results ? "" : results.error().message();
  }

  SweepFolder folder_;
};

TEST_F(ResultsTest, ComeOutInOrder) {
  auto results = Open();
  ASSERT_TRUE(results.has_value()) << results.error().message();
  ASSERT_TRUE(results->Add("w,p,2", LinesOf("w,p,2")).has_value());
  ASSERT_TRUE(results->Add("w,p,1", LinesOf("w,p,1")).has_value());
  ASSERT_TRUE(results->Finish({"w,p,1", "w,p,2"}).has_value());
  EXPECT_EQ(folder_.Read("out/runs.csv"), kHeaders.runs + "w,p,1,5\nw,p,2,5\n");
  EXPECT_EQ(folder_.Read("out/curves.csv"),
            kHeaders.curves + "w,p,1,0,1.0\nw,p,1,1,2.0\nw,p,2,0,1.0\nw,p,2,1,2.0\n");
  EXPECT_EQ(folder_.Read("out/timings.csv"), kHeaders.timings + "w,p,1,77\nw,p,2,77\n");
}

TEST_F(ResultsTest, GoOnBehindWholeRunsOnly) {
  {
    auto results = Open();
    ASSERT_TRUE(results.has_value());
    ASSERT_TRUE(results->Add("w,p,1", LinesOf("w,p,1")).has_value());
    ASSERT_TRUE(results->Add("w,p,2", LinesOf("w,p,2")).has_value());
  }
  // As if the power had gone in the middle of the last line.
  folder_.Write("out/runs.csv", kHeaders.runs + "w,p,1,5\nw,p,2");
  auto results = Open();
  ASSERT_TRUE(results.has_value()) << results.error().message();
  EXPECT_TRUE(results->Has("w,p,1"));
  EXPECT_FALSE(results->Has("w,p,2"));
  EXPECT_EQ(folder_.Read("out/curves.csv"), kHeaders.curves + "w,p,1,0,1.0\nw,p,1,1,2.0\n");
  EXPECT_EQ(folder_.Read("out/runs.csv"), kHeaders.runs + "w,p,1,5\n");
}

TEST_F(ResultsTest, RefuseDamagedLines) {
  ASSERT_TRUE(Open().has_value());
  folder_.Write("out/runs.csv", kHeaders.runs + "w,p,1,5,9\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("runs.csv: line 2: is damaged"));
  folder_.Write("out/runs.csv", kHeaders.runs + "w,p,1,5\nw,p,1,5\n");
  folder_.Write("out/timings.csv", kHeaders.timings + "w,p,1,5\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("has w,p,1 twice"));
  folder_.Write("out/runs.csv", "something else\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("runs.csv: line 1: has other columns"));
}

TEST_F(ResultsTest, RefuseOtherFolders) {
  EXPECT_THAT(ErrorOf("."), HasSubstr("is neither empty nor the results of a sweep"));
  ASSERT_TRUE(
      Results::Open(folder_.Path("other"), {{"(sweep file)", "1"}, {"pods.csv", "3"}}, kHeaders)
          .has_value());
  EXPECT_THAT(ErrorOf("other"), HasSubstr("the results of another sweep: pods.csv was another"));
  folder_.Write("other/sweep.json", "{");
  EXPECT_THAT(ErrorOf("other"), HasSubstr("sweep.json: is not of a sweep"));
}

TEST_F(ResultsTest, BelongToOneProcessAtATime) {
  const auto first = Open();
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(ErrorOf(), HasSubstr("is being written by another process"));
}

TEST_F(ResultsTest, FillAnEmptyFolder) {
  std::filesystem::create_directory(folder_.Path("empty"));
  EXPECT_TRUE(Open("empty").has_value());
}

}  // namespace
}  // namespace berth::sweep

#include "scheduler/simulate/report_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "scheduler/simulate/json_output.h"
#include "tests/simulate/sample_summary.h"

namespace berth::simulate {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each test, gone afterwards.
class ReportFiles : public ::testing::Test {
 protected:
  ReportFiles()
      : directory_(fs::temp_directory_path() /
                   ("berth_report_" + std::to_string(getpid()) + "_" +
                    ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(directory_);
  }
  ~ReportFiles() override { fs::remove_all(directory_); }

  std::string Read(const char* name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  const fs::path directory_;
};

const std::set<std::string> kNames = {"failures.csv", "nodes.csv", "placements.csv",
                                      "summary.json"};

TEST_F(ReportFiles, AreWrittenIntoANewFolder) {
  const auto done = WriteReport(SampleSummary(), (directory_ / "deep").string(), false);
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_TRUE(fs::exists(directory_ / "deep" / "summary.json"));
}

TEST_F(ReportFiles, HoldTheRows) {
  ASSERT_TRUE(WriteReport(SampleSummary(), directory_.string(), false).has_value());
  EXPECT_EQ(Names(), kNames);
  EXPECT_EQ(Read("placements.csv"), R"(namespace,pod,node,score,feasible_nodes
default,web-0,node-a,240,3
default,web-1,node-b,190,2
batch,job-x,node-a,200,3
)");
  EXPECT_EQ(Read("failures.csv"), R"(namespace,pod,verdict,message
default,big,unschedulable,0/3 nodes are available: 3 Insufficient cpu.
default,odd,unschedulable,"0/3: ""x"",
second line"
batch,held,gated,waiting for scheduling gates: [a]
)");
  EXPECT_EQ(Read("nodes.csv"),
            "node,pods,cpu_requested_millicores,cpu_allocatable_millicores,memory_requested_bytes,"
            "memory_allocatable_bytes,example.com/gpu_requested_count,"
            "example.com/gpu_allocatable_count\n"
            "node-a,3,1500,2000,4294967296,8589934592,0,0\n"
            "node-b,1,500,2000,8589934592,8589934592,1,4\n"
            "node-c,0,0,4000,0,8589934592,0,0\n");
  EXPECT_EQ(Read("summary.json"), JsonOutput(SampleSummary()));
}

TEST_F(ReportFiles, HaveAPageIfThereIsOne) {
  ASSERT_TRUE(WriteReport(SampleSummary(), directory_.string(), false, "<p>page").has_value());
  EXPECT_EQ(Read("report.html"), "<p>page");
  EXPECT_EQ(Names().size(), kNames.size() + 1);
}

TEST_F(ReportFiles, NeverReplaceWithoutBeingTold) {
  fs::create_directories(directory_);
  std::ofstream(directory_ / "notes.txt") << "mine";
  const auto refused = WriteReport(SampleSummary(), directory_.string(), false);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message(),
            directory_.string() + ": is not empty; --overwrite replaces an older report");
  EXPECT_EQ(Names(), std::set<std::string>{"notes.txt"});

  ASSERT_TRUE(WriteReport(SampleSummary(), directory_.string(), true).has_value());
  ASSERT_TRUE(WriteReport(Summary(), directory_.string(), true).has_value());
  EXPECT_EQ(Read("notes.txt"), "mine");
  EXPECT_EQ(Read("placements.csv"), "namespace,pod,node,score,feasible_nodes\n");
  EXPECT_EQ(Names().size(), 5u);
}

TEST_F(ReportFiles, TakeAnEmptyFolder) {
  fs::create_directories(directory_);
  EXPECT_TRUE(CheckReportDirectory(directory_.string(), false).has_value());
  EXPECT_TRUE(WriteReport(SampleSummary(), directory_.string(), false).has_value());
}

TEST_F(ReportFiles, RefuseAFile) {
  std::ofstream(directory_) << "x";
  const auto refused = WriteReport(SampleSummary(), directory_.string(), true);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message(), directory_.string() + ": is not a folder");
}

TEST_F(ReportFiles, LeaveNothingHalfWrittenBehind) {
  // A folder in the way of one file: its rename fails after all were written.
  fs::create_directories(directory_ / "failures.csv" / "full");
  const auto failed = WriteReport(SampleSummary(), directory_.string(), true);
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().message().starts_with((directory_ / "failures.csv").string() + ": "));
  for (const std::string& name : Names()) EXPECT_FALSE(name.starts_with(".")) << name;
}

TEST(CsvField, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(CsvField("plain text"), "plain text");
  EXPECT_EQ(CsvField(""), "");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(CsvField("a\nb"), "\"a\nb\"");
  EXPECT_EQ(CsvField("a\rb"), "\"a\rb\"");
}

}  // namespace
}  // namespace berth::simulate

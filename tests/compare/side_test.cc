#include "scheduler/compare/side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "plugins/registry.h"
#include "scheduler/compare/simulated_side.h"
#include "scheduler/simulate/run.h"

namespace berth::compare {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SideTest : public ::testing::Test {
 protected:
  SideTest() {
    std::string name = (std::filesystem::temp_directory_path() / "berth_compare_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~SideTest() override { std::filesystem::remove_all(path_); }

  std::string Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return Path(name);
  }
  std::string Path(const std::string& name) const { return (path_ / name).string(); }
  std::string ErrorOf(const std::string& folder) const {
    const auto side = ReadFolder(Path(folder));
    return side ? "" : side.error().message();
  }

  // One node that has room for one of the two pods.
  simulate::Options Options() const {
    simulate::Options options;
    options.inputs = {
        Write("cluster.yaml",
              "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
              "status: {allocatable: {cpu: \"2\", memory: 4Gi, pods: \"10\"}}\n"
              "---\napiVersion: v1\nkind: Pod\nmetadata: {name: fits}\n"
              "spec: {containers: [{name: c, image: i, resources: {requests: {cpu: \"1\"}}}]}\n"
              "---\napiVersion: v1\nkind: Pod\nmetadata: {name: waits}\n"
              "spec: {containers: [{name: c, image: i, resources: {requests: {cpu: \"9\"}}}]}\n")};
    options.threads = 1;
    options.quiet = true;
    return options;
  }

  std::filesystem::path path_;
  std::atomic<bool> interrupted_ = false;
};

TEST_F(SideTest, IsTheSameFromAReportAsFromASimulation) {
  simulate::Options options = Options();
  const auto simulated = SimulateSide(options, plugins::MakeRegistry(), interrupted_);
  ASSERT_TRUE(simulated.has_value()) << simulated.error().message();
  ASSERT_TRUE(simulated->has_value());
  options.report_directory = Path("report");
  const auto registry = plugins::MakeRegistry();
  ASSERT_TRUE(
      simulate::Run(options, {registry, interrupted_, [](auto) { return true; }}).has_value());
  const auto read = ReadFolder(Path("report"));
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(read->pods, (*simulated)->pods);
  EXPECT_EQ(read->pods.at("default/fits").node, "n1");
  EXPECT_THAT(read->pods.at("default/waits").message, HasSubstr("Insufficient cpu"));
  ASSERT_EQ(read->metrics.size(), (*simulated)->metrics.size());
  const auto it = std::ranges::find(read->metrics, "pods_placed", &Metric::name);
  ASSERT_NE(it, read->metrics.end());
  EXPECT_THAT(it->values, ElementsAre(1));
}

TEST_F(SideTest, HasTheFiguresOfARunInVirtualTime) {
  simulate::Options options = Options();
  options.inputs.push_back(
      Write("timed.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: job, annotations: {berth/duration: 90s}}\n"
            "spec: {containers: [{name: c, image: i, resources: {requests: {cpu: \"2\"}}}]}\n"));
  options.arrivals = simulate::Arrivals::kTime;
  options.report_directory = Path("report");
  const auto registry = plugins::MakeRegistry();
  const auto end = simulate::Run(options, {registry, interrupted_, [](auto) { return true; }});
  ASSERT_TRUE(end.has_value()) << end.error().error.message();
  const auto side = ReadFolder(Path("report"));
  ASSERT_TRUE(side.has_value()) << side.error().message();
  for (const char* name : {"makespan_seconds", "waiting_p99_seconds", "pods_lost"}) {
    EXPECT_NE(std::ranges::find(side->metrics, name, &Metric::name), side->metrics.end()) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(Path("report/timeline.csv")));
  EXPECT_TRUE(std::filesystem::exists(Path("report/pods.csv")));
}

TEST_F(SideTest, ComesToNothingWhenInterrupted) {
  interrupted_ = true;
  const auto side = SimulateSide(Options(), plugins::MakeRegistry(), interrupted_);
  ASSERT_TRUE(side.has_value());
  EXPECT_FALSE(side->has_value());
}

TEST_F(SideTest, HasOneValueASeed) {
  Write("sweep/runs.csv", "workload,profile,seed,placed,at\nw,p,1,5,\nw,p,2,7,1.5\nw,q,1,9,2\n");
  Write("sweep/timings.csv", "workload,profile,seed,p50\nw,p,1,100\n");
  const auto side = ReadFolder(Path("sweep"));
  ASSERT_TRUE(side.has_value()) << side.error().message();
  EXPECT_FALSE(side->has_pods);
  EXPECT_EQ(side->metrics[0].name, "w p placed");
  EXPECT_THAT(side->metrics[0].values, ElementsAre(5, 7));
  EXPECT_THAT(side->metrics[1].values, ElementsAre(1.5));
  EXPECT_EQ(side->metrics.back().name, "w p p50");
}

TEST_F(SideTest, RefusesOtherFolders) {
  Write("other/file.txt", "");
  EXPECT_THAT(ErrorOf("other"), HasSubstr("other: has neither the summary.json"));
  Write("damaged/summary.json", "{\"pods\":");
  EXPECT_THAT(ErrorOf("damaged"), HasSubstr("summary.json: is not the summary"));
  Write("cut/summary.json", "{}");
  EXPECT_THAT(ErrorOf("cut"), HasSubstr("failures.csv"));
  Write("sweep/runs.csv", "workload,profile,seed,placed\nw,p,1,many\n");
  EXPECT_THAT(ErrorOf("sweep"), HasSubstr("runs.csv: row 1: \"many\" is not a number"));
}

}  // namespace
}  // namespace berth::compare

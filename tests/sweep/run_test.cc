// Whole sweeps over a small cluster.
#include "scheduler/sweep/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "plugins/registry.h"
#include "tests/sweep/sweep_folder.h"

namespace berth::sweep {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SweepRunTest : public ::testing::Test {
 protected:
  Options OptionsFor(const std::string& output = "results") const {
    Options options;
    options.file = folder_.Path("sweep.yaml");
    options.output = folder_.Path(output);
    options.threads = 1;
    options.quiet = true;
    return options;
  }
  std::expected<SweepEnd, SweepFailure> Go(const Options& options) {
    return sweep::Run(options, {registry_, interrupted_, [this](std::string_view text) {
                                  printed_ += text;
                                  return true;
                                }});
  }
  std::string ErrorOf(const Options& options) {
    const auto end = Go(options);
    return end ? "" : end.error().error.message();
  }
  std::string ErrorWith(const std::string& from, const std::string& to) {
    std::string text = SweepFolder::SweepYaml();
    text.replace(text.find(from), from.size(), to);
    folder_.Write("sweep.yaml", text);
    return ErrorOf(OptionsFor());
  }
  void ExpectSameResults(const std::string& a, const std::string& b) const {
    for (const char* table : {"/runs.csv", "/curves.csv", "/sweep.json"}) {
      EXPECT_EQ(folder_.Read(a + table), folder_.Read(b + table)) << table;
    }
  }

  SweepFolder folder_;
  framework::Registry registry_ = plugins::MakeRegistry();
  std::atomic<bool> interrupted_ = false;
  std::string printed_;
};

std::size_t LinesIn(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST_F(SweepRunTest, HasOneLineARun) {
  const auto end = Go(OptionsFor());
  ASSERT_TRUE(end.has_value()) << end.error().error.message();
  EXPECT_EQ(*end, SweepEnd::kComplete);
  const std::string runs = folder_.Read("results/runs.csv");
  EXPECT_EQ(LinesIn(runs), 13u);
  EXPECT_THAT(runs, StartsWith("workload,profile,seed,arrived,placed,nodes_used,"
                               "cpu_allocation_pct_at_50,"));
  EXPECT_THAT(runs, HasSubstr("memory_allocation_pct_at_130"));
  EXPECT_THAT(runs, HasSubstr("\nfew,spread,1,"));
  EXPECT_THAT(runs, HasSubstr("\nmany,pack,3,"));
  EXPECT_THAT(runs, ::testing::Not(HasSubstr("gpu")));
  EXPECT_EQ(LinesIn(folder_.Read("results/timings.csv")), 13u);
  EXPECT_GT(LinesIn(folder_.Read("results/curves.csv")), 100u);
}

TEST_F(SweepRunTest, DrawsAPageWithPublishedFigures) {
  folder_.Write("known.csv", "workload,profile,cpu_allocation_pct_at_100\nmany,pack,98.5\n");
  folder_.Write("sweep.yaml", SweepFolder::SweepYaml() + "published: known.csv\n");
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  const std::string page = folder_.Read("results/report.html");
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("\"published\":98.5"));
  EXPECT_THAT(page, HasSubstr("\"workloads\":[\"few\",\"many\"]"));
  // Whoever sets other values beside the runs need not run them again.
  folder_.Write("known.csv", "workload,profile,cpu_allocation_pct_at_100\nmany,pack,77.25\n");
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  EXPECT_THAT(folder_.Read("results/report.html"), HasSubstr("\"published\":77.25"));
}

TEST_F(SweepRunTest, RefusesPublishedFiguresOfSomethingElse) {
  folder_.Write("known.csv", "workload,profile,cpu_allocation_pct_at_100\nmany,fgd,98.5\n");
  folder_.Write("sweep.yaml", SweepFolder::SweepYaml() + "published: known.csv\n");
  EXPECT_THAT(ErrorOf(OptionsFor()),
              HasSubstr("known.csv: line 2 column 2 (profile): \"fgd\" is no profile"));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("results")));
}

TEST_F(SweepRunTest, SaysWhatCannotBeWritten) {
  Options options = OptionsFor("nodes.yaml/results");
  EXPECT_THAT(ErrorOf(options), HasSubstr("nodes.yaml/results: Not a directory"));
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  std::filesystem::remove(folder_.Path("results/report.html"));
  std::filesystem::create_directories(folder_.Path("results/report.html/in-the-way"));
  const auto end = Go(OptionsFor());
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().kind, SweepFailure::Kind::kOutput);
  EXPECT_THAT(end.error().error.message(), HasSubstr("results/report.html: "));
}

TEST_F(SweepRunTest, ComesOutTheSameWithAnyNumberOfThreads) {
  Options options = OptionsFor("one");
  ASSERT_TRUE(Go(options).has_value());
  options = OptionsFor("four");
  options.threads = 4;
  ASSERT_TRUE(Go(options).has_value());
  ExpectSameResults("one", "four");
}

TEST_F(SweepRunTest, RunsOnlyWhatIsMissing) {
  ASSERT_TRUE(Go(OptionsFor("whole")).has_value());
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  std::string timings = folder_.Read("results/timings.csv");
  std::string runs = folder_.Read("results/runs.csv");
  runs.resize(runs.find("\nmany,spread,2") + 1);
  folder_.Write("results/runs.csv", runs);
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  ExpectSameResults("whole", "results");
  // The time of a run that was there already is that of the first time.
  const std::string kept = timings.substr(0, timings.find("\nmany,spread,2") + 1);
  EXPECT_THAT(folder_.Read("results/timings.csv"), StartsWith(kept));
}

TEST_F(SweepRunTest, LeavesWhatIsDoneWhenInterrupted) {
  interrupted_ = true;
  const auto end = Go(OptionsFor());
  ASSERT_TRUE(end.has_value()) << end.error().error.message();
  EXPECT_EQ(*end, SweepEnd::kInterrupted);
  EXPECT_EQ(LinesIn(folder_.Read("results/runs.csv")), 1u);
  interrupted_ = false;
  EXPECT_EQ(*Go(OptionsFor()), SweepEnd::kComplete);
  EXPECT_EQ(LinesIn(folder_.Read("results/runs.csv")), 13u);
}

TEST_F(SweepRunTest, ShardsComeToTheSame) {
  ASSERT_TRUE(Go(OptionsFor("whole")).has_value());
  Options gather = OptionsFor("gathered");
  for (std::size_t i = 0; i < 5; ++i) {
    Options options = OptionsFor();
    options.shard = Shard{i, 5};
    ASSERT_TRUE(Go(options).has_value());
    gather.gather.push_back(options.output + "-shard-" + std::to_string(i) + "-of-5");
  }
  const std::string shard = folder_.Read("results-shard-1-of-5/runs.csv");
  const std::string line =
      shard.substr(shard.find('\n') + 1, shard.find("\n", shard.find('\n') + 1) - shard.find('\n'));
  EXPECT_THAT(line, StartsWith("few,spread,2,"));
  EXPECT_THAT(folder_.Read("whole/runs.csv"), HasSubstr(line));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("results-shard-1-of-5/report.html")));

  const auto last = gather.gather.back();
  gather.gather.pop_back();
  EXPECT_EQ(ErrorOf(gather), "2 of 12 runs are missing: few,pack,2, many,pack,1");
  gather.gather = {last};
  ASSERT_TRUE(Go(gather).has_value());
  ExpectSameResults("whole", "gathered");
  EXPECT_EQ(LinesIn(folder_.Read("gathered/timings.csv")), 13u);
  EXPECT_THAT(folder_.Read("gathered/report.html"), HasSubstr("\"runs\":12"));
}

TEST_F(SweepRunTest, GathersWhatShardsHavePrinted) {
  ASSERT_TRUE(Go(OptionsFor("whole")).has_value());
  EXPECT_EQ(printed_, "");
  Options gather = OptionsFor("gathered");
  for (std::size_t i = 0; i < 2; ++i) {
    Options options = OptionsFor();
    options.shard = Shard{i, 2};
    options.print_results = true;
    printed_.clear();
    ASSERT_TRUE(Go(options).has_value());
    const std::string name = "log-" + std::to_string(i);
    folder_.Write(name, printed_);
    gather.gather.push_back(folder_.Path(name));
  }
  ASSERT_TRUE(Go(gather).has_value());
  ExpectSameResults("whole", "gathered");
  gather.gather = {folder_.Path("pack.yaml")};
  EXPECT_THAT(ErrorOf(gather), HasSubstr("pack.yaml: is not what a shard has printed"));
}

TEST_F(SweepRunTest, RefusesTheResultsOfAnotherSweep) {
  ASSERT_TRUE(Go(OptionsFor()).has_value());
  folder_.Write("few.yaml", folder_.Read("few.yaml") + "\n");
  EXPECT_THAT(ErrorOf(OptionsFor()),
              HasSubstr("has the results of another sweep: few.yaml was another one"));
  EXPECT_EQ(LinesIn(folder_.Read("results/runs.csv")), 13u);
}

TEST_F(SweepRunTest, SaysWhatIsWrongWithAnInput) {
  EXPECT_THAT(ErrorWith("few.yaml", "nope.yaml"), HasSubstr("nope.yaml"));
  EXPECT_THAT(ErrorWith("pack.yaml", "nope.yaml"), HasSubstr("nope.yaml"));
  EXPECT_THAT(ErrorWith("few: few.yaml", "few: nodes.yaml"), HasSubstr("workloads.few: "));
  EXPECT_THAT(ErrorWith("resource: cpu", "resource: gpu"),
              HasSubstr("arrivals.repeatUntil.resource: no node has any gpu"));
  EXPECT_THAT(ErrorWith("pack: pack.yaml", "pack: few.yaml"), HasSubstr("few.yaml: "));
  folder_.Write("pack.yaml", folder_.Read("pack.yaml") + "- schedulerName: second\n");
  EXPECT_THAT(ErrorWith("seeds", "seeds"), HasSubstr("pack.yaml: profiles: a sweep needs exactly"));
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("results")));
}

TEST_F(SweepRunTest, WantsNodesUnderNodes) {
  folder_.Write("own.yaml", folder_.Read("few.yaml") +
                                "---\napiVersion: v1\nkind: Node\nmetadata: {name: own}\n");
  EXPECT_THAT(ErrorWith("[many.yaml]", "own.yaml"),
              HasSubstr("workloads.many: has nodes of its own"));
}

TEST(Shards, AreReadStrictly) {
  EXPECT_EQ(ParseShard("3/4")->index, 3u);
  EXPECT_EQ(ParseShard("3/4")->count, 4u);
  for (const char* text : {"", "4/4", "1", "1/", "/2", "-1/2", "1/2x", "0/0", "0/100001"}) {
    EXPECT_FALSE(ParseShard(text).has_value()) << text;
  }
}

// ---- Virtual time ----

// Pod i of n comes after i seconds and runs for ten.
std::string TimedPods(int count, const std::string& more = "") {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p" + std::to_string(i) +
            ", annotations: {berth/arrival: " + std::to_string(i) +
            "s, berth/duration: 10s}}\nspec: {containers: [{name: c, image: i, resources: "
            "{requests: {cpu: \"2\"}}}]}\n";
  }
  return text + more;
}

TEST_F(SweepRunTest, LetsPodsComeAndGo) {
  std::string sweep = SweepFolder::SweepYaml();
  const std::string arrivals =
      "arrivals: {order: shuffled, repeatUntil: {resource: cpu, ratio: 1.3}}";
  sweep.replace(sweep.find(arrivals), arrivals.size(), "arrivals: {order: time}");
  folder_.Write("sweep.yaml", sweep);
  folder_.Write("few.yaml", TimedPods(8));
  folder_.Write("many.yaml", TimedPods(30));
  ASSERT_EQ(ErrorOf(OptionsFor()), "");
  const std::string runs = folder_.Read("results/runs.csv");
  EXPECT_THAT(runs, StartsWith("workload,profile,seed,arrived,placed,nodes_used,"));
  EXPECT_THAT(runs,
              HasSubstr(",finished,lost,makespan_seconds,waiting_p50_seconds,waiting_p90_seconds,"
                        "waiting_p99_seconds,waiting_max_seconds,most_pending,"
                        "cpu_allocation_pct_mean,"));
  // Room for ten at a time: eight never wait and are done ten seconds after the last has come.
  EXPECT_THAT(runs, HasSubstr("\nfew,spread,1,8,8,"));
  EXPECT_THAT(runs, HasSubstr(",8,0,17,0,0,0,0,0,"));
  // One a second and ten at a time: nobody waits either.
  EXPECT_THAT(runs, HasSubstr(",30,0,39,0,0,0,0,0,"));
  const std::string curves = folder_.Read("results/curves.csv");
  EXPECT_THAT(curves, StartsWith("workload,profile,seed,time_seconds,arrived,running,pending,"
                                 "finished,lost,cpu_allocation_pct,memory_allocation_pct\n"));
  EXPECT_THAT(curves, HasSubstr("\nfew,pack,2,17,8,0,0,8,0,0.0000,"));

  Options parallel = OptionsFor("parallel");
  parallel.threads = 3;
  ASSERT_EQ(ErrorOf(parallel), "");
  ExpectSameResults("results", "parallel");
}

TEST_F(SweepRunTest, NamesThePodWhoseTimeCannotBeRead) {
  folder_.Write("few.yaml",
                TimedPods(2,
                          "---\nkind: Pod\nmetadata: {name: odd, annotations: "
                          "{berth/duration: long}}\nspec: {containers: [{name: c, image: i}]}\n"));
  folder_.Write("many.yaml", TimedPods(3));
  EXPECT_THAT(ErrorWith("arrivals: {order: shuffled, repeatUntil: {resource: cpu, ratio: 1.3}}",
                        "arrivals: {order: time}"),
              HasSubstr("workloads.few: " + folder_.Path("few.yaml") +
                        ": Pod default/odd: metadata.annotations[berth/duration]: \"long\" is "
                        "neither"));
}

}  // namespace
}  // namespace berth::sweep

#include "scheduler/sweep/sweep_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace berth::sweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "apiVersion: berth/v1alpha1\nkind: Sweep\n";
const std::string kBody =
    "nodes: [nodes.csv]\nworkloads: {default: pods.csv}\nprofiles: {fgd: fgd.yaml}\n";
const std::string kTail = "seeds: [42, 43]\noutput: results/\n";

std::string ErrorOf(const std::string& text) {
  const auto file = ParseSweepFile(text, "folder/sweep.yaml");
  return file ? "" : file.error().message();
}

TEST(SweepFile, IsRead) {
  const auto file = ParseSweepFile(kHead + kBody + kTail +
                                       "format: openb\narrivals: {order: file, repeatUntil: "
                                       "{resource: gpu, ratio: 1.3}}\n",
                                   "folder/sweep.yaml");
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(file->format, simulate::InputFormat::kOpenb);
  EXPECT_THAT(file->nodes, ElementsAre("folder/nodes.csv"));
  EXPECT_EQ(file->workloads.front().name, "default");
  EXPECT_THAT(file->workloads.front().paths, ElementsAre("folder/pods.csv"));
  EXPECT_THAT(file->profiles.front().paths, ElementsAre("folder/fgd.yaml"));
  EXPECT_THAT(file->seeds, ElementsAre(42u, 43u));
  EXPECT_EQ(file->order, simulate::ArrivalOrder::kFile);
  ASSERT_TRUE(file->repeat_until.has_value());
  EXPECT_EQ(file->repeat_until->resource, "gpu");
  EXPECT_EQ(file->repeat_until->ratio, 1.3);
  EXPECT_EQ(file->output, "folder/results/");
}

TEST(SweepFile, TakesArrivalsInTime) {
  const auto file = ParseSweepFile(
      kHead + kBody + kTail + "arrivals: {order: time, departures: recorded}\n", "s.yaml");
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_EQ(file->order, simulate::ArrivalOrder::kTime);
  EXPECT_EQ(file->departures, simulate::Departures::kRecorded);
}

TEST(SweepFile, RefusesWhatDoesNotGoWithTheOrder) {
  EXPECT_THAT(ErrorOf(kHead + kBody + kTail +
                      "arrivals: {order: time, repeatUntil: {resource: gpu, ratio: 1.3}}\n"),
              HasSubstr("arrivals.repeatUntil: not with order: time"));
  EXPECT_THAT(ErrorOf(kHead + kBody + kTail + "arrivals: {departures: recorded}\n"),
              HasSubstr("arrivals.departures: needs order: time"));
  EXPECT_THAT(ErrorOf(kHead + kBody + kTail + "arrivals: {order: late}\n"),
              HasSubstr("arrivals.order: "));
}

TEST(SweepFile, CountsSeeds) {
  const auto file =
      ParseSweepFile(kHead + kBody + "output: out\nseeds: {from: 42, count: 3}\n", "s.yaml");
  ASSERT_TRUE(file.has_value()) << file.error().message();
  EXPECT_THAT(file->seeds, ElementsAre(42u, 43u, 44u));
}

TEST(SweepFile, NumbersRunsWorkloadByWorkload) {
  SweepFile file;
  file.workloads.resize(2);
  file.profiles.resize(3);
  file.seeds = {7, 9};
  ASSERT_EQ(file.RunCount(), 12u);
  EXPECT_EQ(RunAt(file, 0).seed, 7u);
  EXPECT_EQ(RunAt(file, 1).seed, 9u);
  EXPECT_EQ(RunAt(file, 2).profile, 1u);
  EXPECT_EQ(RunAt(file, 11).workload, 1u);
  EXPECT_EQ(RunAt(file, 11).profile, 2u);
}

TEST(SweepFile, RefusesWhatIsWrongByFileAndField) {
  const std::string whole = kHead + kBody + kTail;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {whole + "sedes: [1]\n", "folder/sweep.yaml: sedes:"},
      {whole + "arrivals: {ordre: file}\n", "arrivals.ordre:"},
      {whole + "arrivals: {order: late}\n", "supported values: \"shuffled\", \"file\", \"time\""},
      {whole + "arrivals: {repeatUntil: {resource: gpu}}\n",
       "arrivals.repeatUntil.ratio: Required"},
      {whole + "arrivals: {repeatUntil: {resource: gpu, ratio: 0}}\n", "must be above 0"},
      {whole + "format: csv\n", "format: Unsupported value"},
      {kHead + kBody + "output: o\nseeds: [1, 1]\n", "seeds[1]: Duplicate value"},
      {kHead + kBody + "output: o\nseeds: [-1]\n", "seeds[0]: Invalid value: -1"},
      {kHead + kBody + "output: o\nseeds: {from: 1}\n", "seeds.count: Required"},
      {kHead + kBody + "output: o\n", "seeds: Required value"},
      {kHead + kBody + "seeds: [1]\n", "output: Required value"},
      {kHead + kTail, "nodes: Required value"},
      {"kind: Sweep\n" + kBody + kTail, "apiVersion: Required value"},
      {"apiVersion: berth/v1\nkind: Sweep\n" + kBody + kTail, "apiVersion: Unsupported value"},
      {"apiVersion: berth/v1alpha1\nkind: Swep\n" + kBody + kTail, "kind: Unsupported value"},
      {kHead + "nodes: [nodes.csv]\nworkloads: {\"a,b\": p}\nprofiles: {f: f}\n" + kTail,
       "names have"},
      {kHead + "nodes: [nodes.csv]\nworkloads: {a: p}\nprofiles: {f: [f, g]}\n" + kTail,
       "must be one path"},
      {kHead + "nodes: ['-']\nworkloads: {a: p}\nprofiles: {f: f}\n" + kTail, "standard input"},
      {"nodes: [", "folder/sweep.yaml: "},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), HasSubstr(error)) << text;
}

}  // namespace
}  // namespace berth::sweep

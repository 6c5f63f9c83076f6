#include "scheduler/report/simulation_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/report/sample_run.h"

namespace berth::report {
namespace {

using nlohmann::json;

json Parsed(const SampleRun& run) { return json::parse(SimulationJson(run.summary, run.insight)); }

TEST(SimulationJson, HasTheVerdict) {
  const json data = Parsed(MakeSampleRun(3, 20));
  EXPECT_EQ(data["kind"], "simulation");
  EXPECT_EQ(data["counts"]["total"], 21);
  EXPECT_EQ(data["counts"]["placed"], 20);
  EXPECT_EQ(data["counts"]["unschedulable"], 1);
}

TEST(SimulationJson, HasAColumnForEachResource) {
  const SampleRun run = MakeSampleRun(3, 20);
  const json data = Parsed(run);
  ASSERT_EQ(data["nodes"]["names"].size(), 3u);
  ASSERT_EQ(data["nodes"]["requested"].size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(data["nodes"]["requested"][0][i], run.summary.nodes[i].resources[0].requested);
    EXPECT_EQ(data["nodes"]["allocatable"][1][i], run.summary.nodes[i].resources[1].allocatable);
  }
}

TEST(SimulationJson, FindsEachPodOnItsNode) {
  const SampleRun run = MakeSampleRun(7, 40);
  const json data = Parsed(run);
  ASSERT_EQ(data["pods"]["names"].size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) {
    const auto& pod = run.insight.pods[i];
    EXPECT_EQ(data["pods"]["names"][i], pod.pod);
    EXPECT_EQ(data["nodes"]["names"][data["pods"]["node"][i].get<std::size_t>()], pod.node);
    EXPECT_EQ(data["pods"]["requests"][data["pods"]["request"][i].get<std::size_t>()],
              json(pod.requests));
  }
}

TEST(SimulationJson, NamesNoNodeThatIsGone) {
  SampleRun run = MakeSampleRun(3, 20);
  run.summary.placements[0].node = "gone";
  EXPECT_EQ(Parsed(run)["placements"]["node"][0], -1);
}

TEST(SimulationJson, ExplainsWithEveryPluginsScore) {
  const json explanations = Parsed(MakeSampleRun(7, 20))["explanations"];
  ASSERT_EQ(explanations["pods"], json::array({"default/pod-0", "default/pod-10"}));
  EXPECT_EQ(explanations["pluginLists"],
            json::array({json::array({"NodeResourcesFit", "PodTopologySpread"})}));
  ASSERT_EQ(explanations["candidates"][0].size(), 5u);
  EXPECT_EQ(explanations["candidates"][0][1], json::array({1, 299, json::array({99, 200})}));
}

TEST(SimulationJson, ReplacesWhatIsNotUtf8) {
  SampleRun run = MakeSampleRun(3, 20);
  run.summary.failures[0].message = "bad \xff byte";
  EXPECT_EQ(Parsed(run)["failures"]["messages"][0], "bad \xEF\xBF\xBD byte");
}

TEST(SimulationJson, LeavesRowsOutBeyondTheLimit) {
  SampleRun run = MakeSampleRun(1, 1);
  run.summary.failures.assign(kMaxRows + 1, run.summary.failures[0]);
  const json data = Parsed(run);
  EXPECT_EQ(data["failures"]["names"].size(), kMaxRows);
  EXPECT_EQ(data["failures"]["all"], kMaxRows + 1);
}

TEST(SimulationJson, AnEmptyRunIsARun) {
  const json data = Parsed({});
  EXPECT_EQ(data["counts"]["total"], 0);
  EXPECT_TRUE(data["nodes"]["names"].empty());
  EXPECT_TRUE(data["latencies"].empty());
}

}  // namespace
}  // namespace berth::report

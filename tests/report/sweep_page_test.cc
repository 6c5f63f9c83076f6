#include "scheduler/report/sweep_page.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/report/sample_sweep.h"

namespace berth::report {
namespace {

using nlohmann::json;

json Parsed(const SweepData& data) { return json::parse(SweepJson(data)); }

TEST(SweepJson, CountsWhatThereIs) {
  const json data = Parsed(MakeSampleSweep());
  EXPECT_EQ(data["kind"], "sweep");
  EXPECT_EQ(data["runs"], 18);
  EXPECT_EQ(data["seeds"], 3);
  EXPECT_EQ(data["workloads"], json({"default", "multigpu20"}));
  EXPECT_EQ(data["profiles"], json({"fgd", "bestfit", "random"}));
}

TEST(SweepJson, HasMeanAndDeviationOverSeeds) {
  const json figures = Parsed(MakeSampleSweep())["figures"];
  ASSERT_EQ(figures.size(), 2u);  // nobody has the third
  EXPECT_EQ(figures[0]["name"], "gpu_allocation_pct_at_100");
  const json& bestfit = figures[0]["table"][1][1];
  EXPECT_NEAR(bestfit["mean"].get<double>(), 93.1, 1e-9);
  EXPECT_NEAR(bestfit["deviation"].get<double>(), 0.4, 1e-9);
  EXPECT_EQ(bestfit["count"], 3);
  EXPECT_EQ(bestfit["published"], 93.0);
  EXPECT_FALSE(figures[1]["table"][1][1].contains("published"));
}

TEST(SweepJson, HasBandsFromTheLeastToTheMost) {
  const json curves = Parsed(MakeSampleSweep())["curves"];
  ASSERT_EQ(curves.size(), 2u);
  const json& last = curves[0]["table"][0][0].back();
  EXPECT_EQ(last[0], 130.0);
  EXPECT_NEAR(last[1].get<double>(), 95.6, 1e-9);
  EXPECT_NEAR(last[2].get<double>(), 95.2, 1e-9);
  EXPECT_NEAR(last[3].get<double>(), 96.0, 1e-9);
}

// A seed that has no point just there counts with its last one, and not before its first.
TEST(SweepJson, MeansAreOverSeedsThatHaveBegun) {
  SweepData data;
  data.curves = {"c"};
  data.runs = {{"w", "p", 1, {}, {{{0, 10}, {2, 30}}}}, {"w", "p", 2, {}, {{{1, 20}}}}};
  const json line = Parsed(data)["curves"][0]["table"][0][0];
  EXPECT_EQ(line, json::parse("[[0.0,10.0,10.0,10.0],[1.0,15.0,10.0,20.0],[2.0,25.0,20.0,30.0]]"));
}

TEST(SweepJson, LeavesOutWhatIsNotFinite) {
  SweepData data;
  data.figures = {"m"};
  data.curves = {"c"};
  data.runs = {{"w", "p", 1, {std::nan("")}, {{{0, std::numeric_limits<double>::infinity()}}}},
               {"w", "p", 2, {1.5}, {}},
               {"v", "q", 2, {}, {}}};
  const json parsed = Parsed(data);
  EXPECT_EQ(parsed["figures"][0]["table"][0][0]["count"], 1);
  EXPECT_TRUE(parsed["figures"][0]["table"][0][1].is_null());
  EXPECT_TRUE(parsed["figures"][0]["table"][1][1].is_null());
  EXPECT_TRUE(parsed["curves"].empty());
}

TEST(SweepJson, ASweepWithoutRunsIsASweep) {
  const json data = Parsed({});
  EXPECT_EQ(data["runs"], 0);
  EXPECT_TRUE(data["figures"].empty());
}

}  // namespace
}  // namespace berth::report

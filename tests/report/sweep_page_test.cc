#include "scheduler/report/sweep_page.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/report/sample_sweep.h"

namespace berth::report {
namespace {

using nlohmann::json;

TEST(SweepJson, HasFiguresCurvesAndPublishedValues) {
  const SweepData sample = MakeSampleSweep();
  const json data = json::parse(SweepJson(sample));
  EXPECT_EQ(data["kind"], "sweep");
  EXPECT_EQ(data["figures"].size(), sample.figures.size());
  EXPECT_EQ(data["figures"][0], json({"default", "fgd", 42, "gpu_allocation_pct_at_100", 96.0}));
  EXPECT_EQ(data["curves"].size(), sample.curves.size());
  EXPECT_EQ(data["published"][1], json({"default", "bestfit", "gpu_allocation_pct_at_100", 93.0}));
}

TEST(SweepJson, LeavesOutWhatIsNotFinite) {
  SweepData data;
  data.figures = {{"w", "p", 1, "m", std::numeric_limits<double>::quiet_NaN()},
                  {"w", "p", 2, "m", 1.5}};
  data.curves = {{"w", "p", 1, "m", 0, std::numeric_limits<double>::infinity()}};
  const json parsed = json::parse(SweepJson(data));
  ASSERT_EQ(parsed["figures"].size(), 1u);
  EXPECT_EQ(parsed["figures"][0][2], 2);
  EXPECT_TRUE(parsed["curves"].empty());
}

}  // namespace
}  // namespace berth::report

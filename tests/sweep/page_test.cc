#include "scheduler/sweep/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace berth::sweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RunLines Tables() {
  return {
      "workload,profile,seed,placed,cpu_allocation_pct_at_100,memory_allocation_pct_at_100\n"
      "few,pack,1,12,90.5,\n"
      "few,pack,2,13,91.5,40\n",
      "workload,profile,seed,arrived_pct,cpu_allocation_pct,memory_allocation_pct\n"
      "few,pack,1,0,0.5,0.25\n"
      "few,pack,1,1,1.5,\n"
      "few,pack,3,1,1.5,\n",
      "workload,profile,seed,decisions\n"
      "few,pack,1,14\n"
      "few,pack,2,15\n"};
}

report::SweepData PictureWith(const SweepFile& file) {
  auto data = PictureOf(file, Tables(), {});
  EXPECT_TRUE(data.has_value()) << data.error().message();
  return data.value_or(report::SweepData());
}

TEST(Picture, HasEveryRunWithItsFiguresAndCurves) {
  SweepFile file;
  file.repeat_until = RepeatUntil{"memory", 1};
  const report::SweepData data = PictureWith(file);
  EXPECT_THAT(data.figures, ElementsAre("memory_allocation_pct_at_100", "placed",
                                        "cpu_allocation_pct_at_100", "decisions"));
  ASSERT_EQ(data.runs.size(), 2u);
  EXPECT_EQ(data.runs[1].workload, "few");
  EXPECT_EQ(data.runs[1].profile, "pack");
  EXPECT_EQ(data.runs[1].seed, 2u);
  EXPECT_THAT(data.runs[1].figures, ElementsAre(40, 13, 91.5, 15));
  EXPECT_TRUE(std::isnan(data.runs[0].figures[0]));
  EXPECT_THAT(data.curves, ElementsAre("memory_allocation_pct", "cpu_allocation_pct"));
  ASSERT_EQ(data.runs[0].curves.size(), 2u);
  EXPECT_EQ(data.runs[0].curves[0].size(), 1u);
  ASSERT_EQ(data.runs[0].curves[1].size(), 2u);
  EXPECT_EQ(data.runs[0].curves[1][1].x, 1);
  EXPECT_EQ(data.runs[0].curves[1][1].y, 1.5);
}

TEST(Picture, DrawsTimeWherePodsComeAndGo) {
  RunLines tables = Tables();
  tables.curves =
      "workload,profile,seed,time_seconds,running,cpu_allocation_pct\n"
      "few,pack,1,0,1,0.5\n"
      "few,pack,1,60,2,1.5\n";
  SweepFile file;
  file.order = simulate::ArrivalOrder::kTime;
  const auto data = PictureOf(file, tables, {});
  ASSERT_TRUE(data.has_value()) << data.error().message();
  EXPECT_EQ(data->x_label, "virtual time, seconds");
  EXPECT_THAT(data->curves, ElementsAre("cpu_allocation_pct", "running"));
  ASSERT_EQ(data->runs[0].curves[0].size(), 2u);
  EXPECT_EQ(data->runs[0].curves[0][1].x, 60);
}

TEST(Picture, BeginsWithCpuWhereNothingElseIsCounted) {
  const report::SweepData data = PictureWith({});
  EXPECT_EQ(data.figures.front(), "cpu_allocation_pct_at_100");
  EXPECT_EQ(data.curves.front(), "cpu_allocation_pct");
}

TEST(Picture, BeginsWithWhatWasPlacedWhereAllDidNotArrive) {
  SweepFile file;
  file.repeat_until = RepeatUntil{"pods", 0.5};
  EXPECT_EQ(PictureWith(file).figures.front(), "placed");
}

TEST(Picture, NamesTableAndLineOfWhatIsDamaged) {
  RunLines tables = Tables();
  tables.curves += "few,pack,1,x,1,1\n";
  const auto data = PictureOf({}, tables, {});
  ASSERT_FALSE(data.has_value());
  EXPECT_THAT(data.error().message(),
              HasSubstr("curves.csv: line 5 column 4 (arrived_pct): is not a number"));
}

}  // namespace
}  // namespace berth::sweep

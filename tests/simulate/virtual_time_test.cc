#include "scheduler/simulate/virtual_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "scheduler/simulate/json_output.h"
#include "scheduler/simulate/table_output.h"
#include "tests/simulate/sample_summary.h"

namespace berth::simulate {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

// Half full for 10 s, full for 30 s, then empty.
VirtualTime SampleTime() {
  VirtualTime time;
  time.begin = "7";
  time.resources = {{"cpu", 4000}};
  time.timeline = {{0, 2, 2, 0, 0, 0, 1, {2000}},
                   {10 * kSecond, 4, 3, 1, 0, 0, 2, {4000}},
                   {40 * kSecond, 4, 0, 0, 3, 1, 0, {0}}};
  time.pods = {{"default", "a", "n", 0, 0, 40 * kSecond, 0, 1},
               {"default", "b,c", "n", 0, 5 * kSecond, 40 * kSecond, 5 * kSecond, 2},
               {"default", "d", "", 10 * kSecond, std::nullopt, 40 * kSecond, 30 * kSecond, 1}};
  return time;
}

TEST(VirtualTimeFigures, WeighWhatIsUsedByTime) {
  const TimeFigures figures = FiguresOf(SampleTime());
  EXPECT_EQ(figures.makespan, 40 * kSecond);
  ASSERT_EQ(figures.uses.size(), 1u);
  EXPECT_DOUBLE_EQ(figures.uses[0].mean, 0.875);
  EXPECT_DOUBLE_EQ(figures.uses[0].peak, 1);
  EXPECT_EQ(figures.most_pending, 1);
  EXPECT_EQ(figures.most_pending_at, 10 * kSecond);
  EXPECT_EQ(figures.most_nodes_used, 2);
}

TEST(VirtualTimeFigures, CountTheWaitingOfThoseThatRan) {
  const TimeFigures figures = FiguresOf(SampleTime());
  EXPECT_EQ(figures.ran, 2);
  EXPECT_EQ(figures.waiting.p50_nanoseconds, 0);
  EXPECT_EQ(figures.waiting.max_nanoseconds, 5 * kSecond);
}

TEST(VirtualTimeFigures, AreThereForNothingToo) {
  const TimeFigures figures = FiguresOf({});
  EXPECT_EQ(figures.makespan, 0);
  EXPECT_EQ(figures.ran, 0);
}

TEST(VirtualTimeFiles, HaveALineAnInstantAndALineAPod) {
  EXPECT_EQ(TimelineCsv(SampleTime()),
            "time_seconds,arrived,running,pending,finished,lost,nodes_used,"
            "cpu_requested_millicores,cpu_allocation_pct\n"
            "0,2,2,0,0,0,1,2000,50.0000\n"
            "10,4,3,1,0,0,2,4000,100.0000\n"
            "40,4,0,0,3,1,0,0,0.0000\n");
  EXPECT_EQ(PodTimesCsv(SampleTime()),
            "namespace,pod,node,arrived_seconds,started_seconds,finished_seconds,waited_seconds,"
            "attempts\n"
            "default,a,n,0,0,40,0,1\n"
            "default,\"b,c\",n,0,5,40,5,2\n"
            "default,d,,10,,40,30,1\n");
}

TEST(VirtualTimeSummary, IsInTheTableAndInTheJson) {
  Summary summary = SampleSummary();
  EXPECT_THAT(TableOutput(summary), ::testing::Not(HasSubstr("Virtual time")));
  summary.time = std::make_shared<const VirtualTime>(SampleTime());
  EXPECT_THAT(TableOutput(summary),
              HasSubstr("\nVirtual time: 40 s from 7; 4 pods arrived, 3 finished, 0 running, 0 "
                        "pending, 1 lost\n"
                        "Waiting time of 2 pods: p50 0 s, p90 5 s, p99 5 s, max 5 s\n"
                        "Most pods waiting at one time: 1 (after 10 s); most nodes in use: 2\n"
                        "\nAllocation over virtual time (of all nodes)\n"
                        "RESOURCE   MEAN    PEAK\n"
                        "cpu       87.5%  100.0%\n"));
  EXPECT_THAT(JsonOutput(summary), HasSubstr("\"makespanSeconds\": 40.0"));
  EXPECT_THAT(JsonOutput(summary), HasSubstr("\"begin\": \"7\""));
}

TEST(SecondsText, IsAsShortAsItCanBe) {
  EXPECT_EQ(Seconds(0), "0");
  EXPECT_EQ(Seconds(90 * kSecond), "90");
  EXPECT_EQ(Seconds(kSecond / 2), "0.5");
  EXPECT_EQ(Seconds(1), "0.000000001");
  EXPECT_EQ(Seconds(-kSecond / 2), "-0.5");
  EXPECT_EQ(Seconds(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808");
}

}  // namespace
}  // namespace berth::simulate

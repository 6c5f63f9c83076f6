// Small timelines, worked out by hand.
#include "scheduler/simulate/time_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/simulate/device_yaml.h"
#include "tests/simulate/timed_yaml.h"

namespace berth::simulate {
namespace {

using ::testing::ElementsAre;

// pod,node,arrived,started,finished,waited,attempts
TEST(TimeDriver, KeepsAPodWaitingUntilAnotherLeaves) {
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "0", "10", "2"}) + Yaml({"b", "2", "3s", "2"}));
  EXPECT_EQ(result.LineOf("a"), "a,m,0,0,10,0,1");
  EXPECT_EQ(result.LineOf("b"), "b,m,2,10,13,8,2");
  EXPECT_EQ(TimelineCsv(result.time),
            "time_seconds,arrived,running,pending,finished,lost,nodes_used,"
            "cpu_requested_millicores,cpu_allocation_pct,memory_requested_bytes,"
            "memory_allocation_pct\n"
            "0,1,1,0,0,0,1,2000,100.0000,0,0.0000\n"
            "2,2,1,1,0,0,1,2000,100.0000,0,0.0000\n"
            "10,2,1,0,1,0,1,2000,100.0000,0,0.0000\n"
            "13,2,0,0,2,0,0,0,0.0000,0,0.0000\n");
  EXPECT_EQ(result.summary.counts.placed, 2);
  EXPECT_EQ(result.summary.counts.Total(), 2);
}

TEST(TimeDriver, LetsThoseWhoLeaveGoBeforeThoseWhoArrive) {
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "0", "10", "2"}) + Yaml({"b", "10", "1", "2"}));
  EXPECT_EQ(result.LineOf("b"), "b,m,10,10,11,0,1");
}

TEST(TimeDriver, TakesAPodOutOfItsBackoffWhenNobodyElseIsReady) {
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "0", "2500ms", "2"}) + Yaml({"b", "2", "1", "2"}));
  EXPECT_EQ(result.LineOf("b"), "b,m,2,2.5,3.5,0.5,2");
}

TEST(TimeDriver, TriesTheMoreImportantOfThoseThatWaitFirst) {
  const auto result = InTime(TimedNode("m", "2") + Yaml({"a", "0", "10", "2", 9}) +
                             Yaml({"low", "1", "4", "2", 0}) + Yaml({"high", "2", "5", "2", 5}));
  EXPECT_EQ(result.LineOf("high"), "high,m,2,10,15,8,2");
  EXPECT_EQ(result.LineOf("low"), "low,m,1,15,19,14,3");
}

TEST(TimeDriver, LeavesPodsWithoutADurationWhereTheyAre) {
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "5", "", "2"}) + Yaml({"b", "6", "1", "2"}));
  EXPECT_EQ(result.time.begin, "5");
  EXPECT_EQ(result.LineOf("a"), "a,m,0,0,,0,1");
  EXPECT_EQ(result.LineOf("b"), "b,,1,,,0,1");
  EXPECT_EQ(result.summary.counts.placed, 1);
  EXPECT_EQ(result.summary.counts.unschedulable, 1);
  ASSERT_EQ(result.summary.failures.size(), 1u);
  EXPECT_EQ(result.summary.failures[0].pod, "b");
  EXPECT_FALSE(result.summary.failure_counts.empty());
}

TEST(TimeDriver, LetsPodsLeaveWhenTheyDidInTheInput) {
  TimedSetup setup;
  setup.time.departures = Departures::kRecorded;
  const auto result = InTime(TimedNode("m", "2") + Yaml({"a", "0", "10", "2"}) +
                                 Yaml({"b", "2", "3", "2"}) + Yaml({"c", "4", "8", "2"}),
                             std::move(setup));
  EXPECT_EQ(result.LineOf("a"), "a,m,0,0,10,0,1");
  EXPECT_EQ(result.LineOf("b"), "b,,2,,5,3,1");
  EXPECT_EQ(result.LineOf("c"), "c,m,4,10,12,6,2");
  EXPECT_EQ(result.time.timeline.back().lost, 1);
  EXPECT_EQ(result.summary.counts.unschedulable, 1);
}

TEST(TimeDriver, TriesAgainWhatHasWaitedForLong) {
  // Tried when it comes, at the first multiple of 30 s more than five minutes later, and so on, and
  // when the other has left.
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "0", "20m", "2"}) + Yaml({"b", "0", "1", "1"}));
  EXPECT_EQ(result.LineOf("b"), "b,m,0,1200,1201,1200,5");
}

TEST(TimeDriver, EndsThoughAPodNeverFits) {
  const auto result =
      InTime(TimedNode("m", "2") + Yaml({"a", "0", "10", "2"}) + Yaml({"big", "1", "1", "3"}));
  EXPECT_EQ(result.time.timeline.back().nanoseconds, 10'000'000'000);
  EXPECT_EQ(result.time.timeline.back().pending, 1);
  EXPECT_EQ(result.summary.counts.unschedulable, 1);
}

TEST(TimeDriver, PreemptsAtTheSameInstant) {
  TimedSetup setup;
  setup.simulation.preemption = PreemptionMode::kApply;
  setup.simulation.requeue_evicted = true;
  const auto result = InTime(
      TimedNode("m", "2") + Yaml({"low", "0", "10", "2", 0}) + Yaml({"high", "4", "3", "2", 5}),
      std::move(setup));
  EXPECT_EQ(result.LineOf("high"), "high,m,4,4,7,0,1");
  EXPECT_EQ(result.LineOf("low"), "low,m,0,7,17,3,3");
  EXPECT_EQ(result.summary.evictions.size(), 1u);
  EXPECT_EQ(result.summary.counts.placed, 2);
}

TEST(TimeDriver, LosesWhoIsEvictedForGood) {
  TimedSetup setup;
  setup.simulation.preemption = PreemptionMode::kApply;
  const auto result = InTime(
      TimedNode("m", "2") + Yaml({"low", "0", "10", "2", 0}) + Yaml({"high", "4", "3", "2", 5}),
      std::move(setup));
  EXPECT_EQ(result.LineOf("low"), "low,m,0,0,4,0,1");
  EXPECT_EQ(result.time.timeline.back().lost, 1);
  EXPECT_EQ(result.summary.counts.unschedulable, 1);
}

TEST(TimeDriver, KeepsGatedPodsOut) {
  const auto result = InTime(TimedNode("m", "2") + Yaml({"a", "0", "1", "1"}) +
                             Yaml({"gated", "0", "1", "1", 0, "schedulingGates: [{name: wait}]"}));
  EXPECT_EQ(result.LineOf("gated"), "gated,,0,,,1,0");
  EXPECT_EQ(result.summary.counts.gated, 1);
  EXPECT_EQ(result.time.timeline.back().pending, 1);
}

TEST(TimeDriver, WakesAPodThatWantsToBeWithAnother) {
  const auto result =
      InTime(TimedNode("m", "4") +
             Yaml({"web", "0", "5", "1", 0,
                   "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                   "[{topologyKey: "
                   "kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}"}) +
             Yaml({"db", "7", "", "1", 0, "", "labels: {app: db}"}));
  EXPECT_EQ(result.LineOf("web"), "web,m,0,7,12,7,2");
}

TEST(TimeDriver, GivesBackDevicesWithThePodThatHadThem) {
  const std::string claim = "resourceClaims: [{name: g, resourceClaimTemplateName: t}]";
  const auto result =
      InTime(OneDeviceOn("m") + TimedNode("m", "4") + Yaml({"a", "0", "10", "1", 0, claim}) +
             Yaml({"b", "1", "2", "1", 0, claim}));
  EXPECT_EQ(result.LineOf("b"), "b,m,1,10,12,9,2");
}

TEST(TimeDriver, LetsPodsLeaveThatRanBefore) {
  const auto result = InTime(TimedNode("m", "2") + Yaml({"old", "", "10", "2", 0, "nodeName: m"}) +
                             Yaml({"b", "", "1", "2"}));
  EXPECT_EQ(result.LineOf("b"), "b,m,0,10,11,10,2");
  EXPECT_EQ(result.LineOf("old"), "");
  const Instant& first = result.time.timeline.front();
  EXPECT_EQ(first.arrived, 2);
  EXPECT_EQ(first.running, 1);
  EXPECT_THAT(first.used, ElementsAre(2000, 0));
}

TEST(TimeDriver, ReadsDatesFromTheFirstArrivalOn) {
  const auto result =
      InTime(TimedNode("m", "2") +
             Yaml({"b", "", "5", "2", 0, "", "creationTimestamp: \"2026-01-01T00:00:30Z\""}) +
             Yaml({"a", "", "60", "2", 0, "", "creationTimestamp: \"2026-01-01T00:00:00Z\""}));
  EXPECT_EQ(result.time.begin, "2026-01-01T00:00:00Z");
  EXPECT_EQ(result.LineOf("b"), "b,m,30,60,65,30,2");
}

TEST(TimeDriver, SaysInDecisionsWhenTheyWereMade) {
  std::vector<std::string> lines;
  TimedSetup setup;
  setup.simulation.write_decision = [&](std::string_view line) { lines.emplace_back(line); };
  InTime(TimedNode("m", "2") + Yaml({"a", "0", "1500ms", "2"}) + Yaml({"b", "1", "1", "2"}),
         std::move(setup));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with(R"({"pod":"default/a","time":0.0,)")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with(R"({"pod":"default/b","time":1.0,)")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with(R"({"pod":"default/b","time":1.5,)")) << lines[2];
}

}  // namespace
}  // namespace berth::simulate

#include "scheduler/simulate/json_output.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/simulate/sample_summary.h"

namespace berth::simulate {
namespace {

using nlohmann::json;

TEST(JsonOutput, HoldsEveryNumber) {
  const json document = json::parse(JsonOutput(SampleSummary()));
  EXPECT_EQ(document["schemaVersion"], 1);
  EXPECT_EQ(document["interrupted"], false);
  EXPECT_EQ(document["pods"], json::parse(R"({"total": 6, "placed": 3, "unschedulable": 2,
      "gated": 1, "notTried": 0,
      "otherScheduler": 4, "evicted": 0})"));
  EXPECT_EQ(document["nodes"], json::parse(R"({"total": 3, "used": 2, "empty": 1})"));
  ASSERT_EQ(document["utilization"].size(), 3u);
  EXPECT_EQ(document["utilization"][2], json::parse(R"({"resource": "example.com/gpu",
      "unit": "count", "requested": 1, "allocatable": 4, "nodes": 1, "mean": 0.25, "min": 0.25,
      "max": 0.25, "standardDeviation": 0.0})"));
  EXPECT_EQ(document["utilization"][0]["unit"], "millicores");
  ASSERT_EQ(document["failures"].size(), 3u);
  EXPECT_EQ(document["failures"][0], json::parse(R"({"plugin": "NodeResourcesFit",
      "reason": "Insufficient cpu", "pods": 2, "nodes": 4})"));
  EXPECT_EQ(document["timings"], json::parse(R"({"loadSeconds": 0.25, "scheduleSeconds": 0.002,
      "decisions": 5, "podsPerSecond": 2500.0, "decisionLatencyNanoseconds": {"p50": 900,
      "p90": 12500, "p99": 3000000, "max": 1500000000}})"));
}

TEST(JsonOutput, TimingsStandApart) {
  Summary slow = SampleSummary();
  slow.timings = {.load_seconds = 9, .schedule_seconds = 9, .decisions = 5, .latency = {}};
  auto one = nlohmann::ordered_json::parse(JsonOutput(SampleSummary()));
  auto other = nlohmann::ordered_json::parse(JsonOutput(slow));
  EXPECT_NE(one, other);
  one.erase("timings");
  other.erase("timings");
  EXPECT_EQ(one.dump(), other.dump());
}

TEST(JsonOutput, SurvivesNamesThatAreNotUtf8) {
  Summary summary;
  summary.failure_counts = {{"P", "bad \xff byte", 1, 1}};
  const json document = json::parse(JsonOutput(summary));
  EXPECT_EQ(document["failures"][0]["reason"], "bad \ufffd byte");
}

}  // namespace
}  // namespace berth::simulate

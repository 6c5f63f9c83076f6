// A small run with something in every field, for the tests of the writers.
#pragma once

#include "scheduler/simulate/summary.h"

namespace berth::simulate {

inline Summary SampleSummary() {
  constexpr std::int64_t kGib = std::int64_t{1} << 30;
  Summary summary;
  summary.counts = {
      .placed = 3, .unschedulable = 2, .gated = 1, .not_tried = 0, .other_scheduler = 4};
  summary.resources = {"cpu", "memory", "example.com/gpu"};
  summary.nodes = {
      {"node-a", 3, {{1500, 2000}, {4 * kGib, 8 * kGib}, {0, 0}}},
      {"node-b", 1, {{500, 2000}, {8 * kGib, 8 * kGib}, {1, 4}}},
      {"node-c", 0, {{0, 4000}, {0, 8 * kGib}, {0, 0}}},
  };
  summary.placements = {{"default", "web-0", "node-a", 240, 3},
                        {"default", "web-1", "node-b", 190, 2},
                        {"batch", "job-x", "node-a", 200, 3}};
  summary.failures = {
      {"default", "big", Verdict::kUnschedulable, "0/3 nodes are available: 3 Insufficient cpu."},
      {"default", "odd", Verdict::kUnschedulable, "0/3: \"x\",\nsecond line"},
      {"batch", "held", Verdict::kGated, "waiting for scheduling gates: [a]"}};
  summary.failure_counts = {{"NodeName", "node(s) didn't match the requested node name", 1, 2},
                            {"NodeResourcesFit", "Insufficient memory", 2, 3},
                            {"NodeResourcesFit", "Insufficient cpu", 2, 4}};
  summary.timings = {.load_seconds = 0.25,
                     .schedule_seconds = 0.002,
                     .decisions = 5,
                     .latency = {900, 12'500, 3'000'000, 1'500'000'000}};
  return summary;
}

}  // namespace berth::simulate

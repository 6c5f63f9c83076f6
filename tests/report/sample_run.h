// Made-up runs of any size for pages.
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/simulate/insight.h"
#include "scheduler/simulate/summary.h"

namespace berth::report {

struct SampleRun {
  simulate::Summary summary;
  simulate::Insight insight;
};

// `nodes` nodes and `pods` placed pods, every tenth with its scores; one pod whose name would end a
// script element fits nowhere. The same for the same sizes.
inline SampleRun MakeSampleRun(std::int64_t nodes, std::int64_t pods) {
  constexpr std::int64_t kGib = std::int64_t{1} << 30;
  SampleRun run;
  auto& [summary, insight] = run;
  summary.resources = {"cpu", "memory", "example.com/gpu"};
  for (std::int64_t i = 0; i < nodes; ++i) {
    const std::int64_t gpus = i % 10 == 0 ? 8 : 0;
    summary.nodes.push_back(
        {"node-" + std::to_string(i), 0, {{0, 16000}, {0, 64 * kGib}, {0, gpus}}});
  }
  for (std::int64_t i = 0; i < pods; ++i) {
    const auto at = static_cast<std::size_t>(i * 7919 % nodes);
    auto& node = summary.nodes[at];
    const std::int64_t cpu = 100 + i % 23 * 100;
    const std::int64_t memory = kGib * (1 + i % 9);
    node.pods += 1;
    node.resources[0].requested += cpu;
    node.resources[1].requested += memory;
    node.resources[2].requested += node.resources[2].allocatable > 0 && i % 3 == 0 ? 1 : 0;
    const std::string name = "pod-" + std::to_string(i);
    summary.placements.push_back({"default", name, node.name, 300 - i % 40, nodes});
    insight.pods.push_back({"default/" + name, node.name, {cpu, memory, 0}});
    insight.latencies_nanoseconds.push_back(9000 + i * 37 % 5000 + (i % 500 == 0 ? 900'000 : 0));
    if (i % 10 == 0) {
      auto& explanation = insight.explanations.emplace_back();
      explanation.pod = "default/" + name;
      explanation.plugins = {"NodeResourcesFit", "PodTopologySpread"};
      for (std::int64_t j = 0; j < 5; ++j) {
        const auto other = static_cast<std::size_t>((static_cast<std::int64_t>(at) + j) % nodes);
        explanation.candidates.push_back(
            {summary.nodes[other].name, 300 - i % 40 - j, {100 - j, 200 - i % 40}});
      }
    }
    if (i % (pods / 100 + 1) == 0) {
      insight.timeline.push_back({i + 1, i, {i * 1200, i * 5 * kGib, i / 30}});
    }
  }
  summary.counts = {.placed = pods, .unschedulable = 1};
  summary.failures = {{"default", "</script><b>big", simulate::Verdict::kUnschedulable,
                       "0/3 nodes are available: <img src=x>"}};
  summary.failure_counts = {{"NodeResourcesFit", "Insufficient cpu", 1, nodes}};
  insight.timed_decisions = 200;
  insight.plugin_times = {{"NodeResourcesFit", 9'000'000, 4'000'000},
                          {"PodTopologySpread", 0, 2'500'000}};
  summary.timings = {.load_seconds = 1,
                     .schedule_seconds = 0.5,
                     .decisions = pods,
                     .latency = {10'000, 14'000, 20'000, 910'000}};
  return run;
}

}  // namespace berth::report

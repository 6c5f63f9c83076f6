// What a picture of a run needs beyond its Summary, as plain values: collected only when somebody
// wants it (insight_collector.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace berth::simulate {

// The limits of what is kept, whatever the size of the run.
inline constexpr std::size_t kMaxExplainedPods = 4000;
inline constexpr std::size_t kExplainedNodes = 5;  // the chosen one and its runners-up
inline constexpr std::size_t kMaxTimedDecisions = 200;
inline constexpr std::size_t kMaxTimelinePoints = 500;

// A node that a pod could have gone to.
struct Candidate {
  std::string node;
  std::int64_t total = 0;
  std::vector<std::int64_t> scores;  // weighted, in the order of PodExplanation::plugins
};

// Why one pod went where it did.
struct PodExplanation {
  std::string pod;                    // namespace/name
  std::vector<std::string> plugins;   // that gave scores
  std::vector<Candidate> candidates;  // the chosen node first, then by total
};

// A pod on a node at the end of the run.
struct PodOnNode {
  std::string pod;  // namespace/name
  std::string node;
  std::vector<std::int64_t> requests;  // in the order of Summary::resources
};

// The cluster after some decisions.
struct TimelinePoint {
  std::int64_t decided = 0;             // pods that have had their turn
  std::int64_t placed = 0;              // of them
  std::vector<std::int64_t> requested;  // over all nodes, in the order of Summary::resources
};

// How long one plugin took over the decisions that were timed, asked about every node with nothing
// remembered from earlier decisions.
struct PluginTime {
  std::string plugin;
  std::int64_t filter_nanoseconds = 0;  // PreFilter and Filter
  std::int64_t score_nanoseconds = 0;   // PreScore and Score
};

struct Insight {
  std::vector<std::int64_t> latencies_nanoseconds;  // in the order of the decisions
  std::vector<PodExplanation> explanations;
  std::vector<PodOnNode> pods;
  std::vector<TimelinePoint> timeline;
  std::int64_t timed_decisions = 0;
  std::vector<PluginTime> plugin_times;  // in the order in which plugins are first asked
};

}  // namespace berth::simulate

// What came out of a simulation, as plain values: filled by the run, written by table_output.h,
// json_output.h and report_files.h. All but `timings` is the same run after run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace berth::simulate {

// How pods ended, counted.
struct VerdictCounts {
  std::int64_t placed = 0;
  std::int64_t unschedulable = 0;  // fits nowhere
  std::int64_t gated = 0;          // held back by its scheduling gates
  std::int64_t not_tried = 0;      // the run was interrupted first
  // Pending pods whose schedulerName no profile has: left alone, and in none of the other counts.
  std::int64_t other_scheduler = 0;

  std::int64_t Total() const { return placed + unschedulable + gated + not_tried; }
};

enum class Verdict : std::uint8_t { kUnschedulable, kGated };

// "unschedulable" or "gated".
std::string_view VerdictName(Verdict verdict);

// One pod that got a node, in the order of the decisions.
struct Placement {
  std::string namespace_name;
  std::string pod;
  std::string node;
  std::int64_t score = 0;           // the node's total
  std::int64_t feasible_nodes = 0;  // how many nodes passed every filter
};

// One pod that got none, in the order of the decisions.
struct Failure {
  std::string namespace_name;
  std::string pod;
  Verdict verdict = Verdict::kUnschedulable;
  std::string message;  // the sentence that the event of a FailedScheduling pod carries
};

// One pod that had to leave its node for another, in the order of the evictions.
struct Eviction {
  std::string namespace_name;
  std::string pod;
  std::string node;
  std::string preemptor;  // namespace/name
};

// Why nodes were refused to pods that fit nowhere.
struct FailureCount {
  std::string plugin;
  std::string reason;
  std::int64_t pods = 0;   // pods that met this on at least one node
  std::int64_t nodes = 0;  // nodes refused for it, summed over those pods
};

// Of one resource on one node: cpu in millicores, everything else in its own unit.
struct ResourceUse {
  std::int64_t requested = 0;
  std::int64_t allocatable = 0;
};

struct NodeRow {
  std::string name;
  std::int64_t pods = 0;               // that stand on it at the end
  std::vector<ResourceUse> resources;  // as long as Summary::resources and in its order
};

struct Latency {
  std::int64_t p50_nanoseconds = 0;
  std::int64_t p90_nanoseconds = 0;
  std::int64_t p99_nanoseconds = 0;
  std::int64_t max_nanoseconds = 0;
};

// What depends on the machine and the moment.
struct Timings {
  double load_seconds = 0;      // reading the input and building the cluster
  double schedule_seconds = 0;  // all decisions
  std::int64_t decisions = 0;   // pods that went through filters and scores
  Latency latency;              // of one decision

  double PodsPerSecond() const {
    return schedule_seconds > 0 ? static_cast<double>(decisions) / schedule_seconds : 0;
  }
};

struct VirtualTime;  // virtual_time.h

struct Summary {
  bool interrupted = false;
  VerdictCounts counts;
  std::vector<std::string> resources;  // names, in the order in which they are shown
  std::vector<NodeRow> nodes;          // in file order
  std::vector<Placement> placements;
  std::vector<Failure> failures;
  std::vector<Eviction> evictions;
  std::vector<FailureCount> failure_counts;
  std::shared_ptr<const VirtualTime> time;  // null: pods did not come and go
  Timings timings;
};

}  // namespace berth::simulate

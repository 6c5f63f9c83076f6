// What came out of a run in virtual time, as plain values: who was where when. Times are
// nanoseconds since the beginning, which is when the first pod arrives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// How things stand when everything that happens at one time has happened.
struct Instant {
  std::int64_t nanoseconds = 0;
  std::int64_t arrived = 0;  // the sum of the next four; pods that ran before have arrived
  std::int64_t running = 0;
  std::int64_t pending = 0;
  std::int64_t finished = 0;
  std::int64_t lost = 0;  // left before they got a node, or were evicted for good
  std::int64_t nodes_used = 0;
  std::vector<std::int64_t> used;  // as VirtualTime::resources
};

// One resource of all nodes together, in the unit of UnitOf().
struct FollowedCapacity {
  std::string resource;
  std::int64_t capacity = 0;
};

// A pod that arrived in the run, in the order of the input.
struct PodTimes {
  std::string namespace_name;
  std::string pod;
  std::string node;  // the last one; empty: it never ran
  std::int64_t arrived = 0;
  std::optional<std::int64_t> started = {};   // for the last time
  std::optional<std::int64_t> finished = {};  // or was lost
  std::int64_t waited = 0;                    // without a node, in all
  std::int64_t attempts = 0;
};

struct VirtualTime {
  std::string begin;  // as the input tells the time: a date, or seconds of a trace
  std::vector<FollowedCapacity> resources;
  std::vector<Instant> timeline;  // one a time at which something changed, in order
  std::vector<PodTimes> pods;
};

// The figures that follow from it.
struct TimeFigures {
  std::int64_t makespan = 0;  // until the last change
  Latency waiting;            // of the pods that ran
  std::int64_t ran = 0;       // how many those are
  Instant last;               // how things stand at the end
  std::int64_t most_pending = 0;
  std::int64_t most_pending_at = 0;
  std::int64_t most_nodes_used = 0;

  struct Use {
    std::string resource;
    double mean = 0;  // used / capacity over the makespan
    double peak = 0;
  };
  std::vector<Use> uses;
};

// Pure function.
TimeFigures FiguresOf(const VirtualTime& time);

// Nanoseconds as seconds, with as many decimals as it takes: "90", "0.5".
std::string Seconds(std::int64_t nanoseconds);

// timeline.csv and pods.csv of a report. docs/time.md describes their columns.
std::string TimelineCsv(const VirtualTime& time);
std::string PodTimesCsv(const VirtualTime& time);

}  // namespace berth::simulate

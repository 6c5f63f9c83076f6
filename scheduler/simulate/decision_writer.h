// Decisions as lines of JSON, one a pod. docs/simulate-output.md describes the fields.
#pragma once

#include <optional>
#include <string>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/diagnosis.h"
#include "scheduler/cycle/scheduling_algorithm.h"

namespace berth::simulate {

// What came of the group that a pod belongs to, as its condition PodGroupScheduled says it.
struct PodGroupOutcome {
  std::string group;    // namespace/name
  std::string reason;   // Scheduled or Unschedulable
  std::string message;  // empty if it was scheduled
};

// Everything that was found out about one pod. Pointers are null where there is nothing to tell.
struct DecisionRecord {
  const api::Pod* pod;
  const cycle::Decision* decision;
  const cycle::Diagnosis* diagnosis = nullptr;  // of a pod that fits nowhere, or for detail
  const cycle::Scores* scores = nullptr;        // for detail
  const cycle::PostFilterResult* post_filter = nullptr;  // of a pod that fits nowhere
  const PodGroupOutcome* group = nullptr;                // of a pod that was decided with its group
};

// The line of a decision, without its line feed.
std::string DecisionLine(const DecisionRecord& record, const cluster::Cluster& cluster);

// The line of a pod that never got as far as a decision: gated, or not supported.
std::string HeldBackLine(const api::Pod& pod, std::string_view plugin, std::string_view code,
                         std::string_view message);

}  // namespace berth::simulate

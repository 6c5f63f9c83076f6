// Decisions as lines of JSON, one a pod. docs/simulate-output.md describes the fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
  std::optional<std::int64_t> time_nanoseconds = {};     // of virtual time, since the beginning
};

// Why a pod never got as far as a decision.
struct HoldBackReason {
  std::string_view plugin;  // empty: none
  std::string_view code;
  std::string_view message;
};

// The line of a decision, without its line feed.
std::string DecisionLine(const DecisionRecord& record, const cluster::Cluster& cluster);

// The line of a pod that never got as far as a decision: gated, or not supported.
std::string HeldBackLine(const api::Pod& pod, const HoldBackReason& reason,
                         std::optional<std::int64_t> time_nanoseconds = {});

}  // namespace berth::simulate

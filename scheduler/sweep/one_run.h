// One run of a sweep, and its lines in the tables of results.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/framework/registry.h"
#include "scheduler/simulate/arrival_run.h"
#include "scheduler/sweep/inputs.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

// A line or lines of each table, with line feeds. All begin with the run's key.
struct RunLines {
  std::string runs;
  std::string curves;
  std::string timings;  // the only ones that differ from one time to the next
};

// The first lines of the tables.
RunLines TableHeaders(const SweepFile& file, const Inputs& inputs);

// "workload,profile,seed": what names a run in every table.
std::string RunKey(const SweepFile& file, const RunId& run);

// Nothing if it was interrupted. May be called from several threads.
base::Result<std::optional<RunLines>> RunOne(const SweepFile& file, const Inputs& inputs,
                                             const RunId& run, const framework::Registry& registry,
                                             const std::atomic<bool>& interrupted);

}  // namespace berth::sweep

// What the tables of results have more, or other, where pods come and go in virtual time.
#pragma once

#include <cstdint>
#include <string>

#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/timed_run.h"
#include "scheduler/sweep/inputs.h"

namespace berth::sweep {

// Behind the other columns of runs.csv; each column with a comma in front, without a line feed.
std::string TimedRunColumns(const Inputs& inputs);
std::string TimedRunValues(const simulate::TimedOutcome& outcome);

// curves.csv: how things stand at equal steps of time, which are the same for all runs of a
// workload, so that runs can be laid over each other.
std::string TimedCurveColumns(const Inputs& inputs);
std::string TimedCurveLines(const std::string& key, const simulate::TimedOutcome& outcome,
                            std::int64_t horizon_nanoseconds);

// When the last pod would have left if nobody had waited, or arrived.
std::int64_t HorizonOf(const simulate::Lifetimes& lifetimes);

}  // namespace berth::sweep

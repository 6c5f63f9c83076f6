// report.html of a sweep, made from its tables.
#pragma once

#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/report/sweep_page.h"
#include "scheduler/sweep/one_run.h"
#include "scheduler/sweep/sweep_file.h"

namespace berth::sweep {

// What the tables say, whole ones with their headers, for a picture. Every column of runs.csv and
// timings.csv is a figure and every one of curves.csv a curve; how much of what the arrivals are
// counted by was allocated when all of it had been asked for comes first. Errors name table and
// line.
base::Result<report::SweepData> PictureOf(const SweepFile& file, const RunLines& tables,
                                          std::vector<report::PublishedFigure> published);

}  // namespace berth::sweep

// report.html of many runs: lines with bands over seeds, bars with whiskers, published values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::report {

// One figure of one run: a row of runs.csv has several.
struct RunFigure {
  std::string workload;
  std::string profile;
  std::uint64_t seed = 0;
  std::string metric;  // the column's name
  double value = 0;
};

// One point of a curve of one run, in any order: a row of curves.csv.
struct CurvePoint {
  std::string workload;
  std::string profile;
  std::uint64_t seed = 0;
  std::string metric;  // what `y` is
  double x = 0;        // what has arrived, in % of the capacity
  double y = 0;
};

// What somebody else has found, to be drawn dotted.
struct PublishedFigure {
  std::string workload;
  std::string profile;
  std::string metric;
  double value = 0;
};

struct SweepData {
  std::string x_label;               // of the curves
  std::vector<std::string> metrics;  // to be shown, the most important first
  std::vector<RunFigure> figures;
  std::vector<CurvePoint> curves;
  std::vector<PublishedFigure> published;
};

// One JSON object, as web/sweep.js reads it. Figures that are not finite are left out.
std::string SweepJson(const SweepData& data);

base::Result<std::string> SweepPage(const SweepData& data);

}  // namespace berth::report

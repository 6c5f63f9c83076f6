// report.html of many runs: tables of means, lines with bands over seeds, bars with whiskers,
// published values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::report {

struct CurvePoint {
  double x = 0;  // as SweepData::x_label says
  double y = 0;
};

// What one run came to.
struct SweepRun {
  std::string workload;
  std::string profile;
  std::uint64_t seed = 0;
  std::vector<double> figures = {};                  // as SweepData::figures; NaN: none
  std::vector<std::vector<CurvePoint>> curves = {};  // as SweepData::curves; each by x
};

// What somebody else has found, to be drawn dotted.
struct PublishedFigure {
  std::string workload;
  std::string profile;
  std::string figure;
  double value = 0;
};

struct SweepData {
  std::string x_label;               // of the curves
  std::vector<std::string> figures;  // names, the one to be shown first first
  std::vector<std::string> curves;   // likewise
  std::vector<SweepRun> runs;        // workloads and profiles are shown in the order of these
  std::vector<PublishedFigure> published;
};

// One JSON object, as web/sweep.js reads it: what came out over seeds, so that its size does not
// depend on their number. Values that are not finite are passed over, and figures and curves that
// no run has are left out.
std::string SweepJson(const SweepData& data);

base::Result<std::string> SweepPage(const SweepData& data);

}  // namespace berth::report

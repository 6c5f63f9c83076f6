// report.html of `berth simulate --report`.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/simulate/insight.h"
#include "scheduler/simulate/summary.h"

namespace berth::report {

// Rows of each kind (placements, failures, pods on nodes) beyond this are left out of the page,
// which says so; they are in the CSV files.
inline constexpr std::size_t kMaxRows = 200'000;

// The data of the page: one JSON object, as web/simulation.js reads it. Bytes that are not UTF-8
// are replaced by U+FFFD.
std::string SimulationJson(const simulate::Summary& summary, const simulate::Insight& insight);

base::Result<std::string> SimulationPage(const simulate::Summary& summary,
                                         const simulate::Insight& insight);

}  // namespace berth::report

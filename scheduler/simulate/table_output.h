// The summary for a person, as text in columns.
#pragma once

#include <string>

#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// The verdict line first, then nodes, utilisation, why pods did not fit (the most frequent reasons)
// and, last, the timings. Names from the input are shown without control characters.
std::string TableOutput(const Summary& summary);

}  // namespace berth::simulate

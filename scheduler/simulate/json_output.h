// The summary for a program: docs/simulate-output.md describes every field.
#pragma once

#include <string>

#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// Goes up whenever a field changes its meaning or goes away; a new field leaves it as it is.
inline constexpr int kSummarySchemaVersion = 1;

// One JSON object and a line feed. All but its member `timings` is byte by byte the same for the
// same input and flags. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string JsonOutput(const Summary& summary);

}  // namespace berth::simulate

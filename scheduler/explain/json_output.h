// An explanation for a program: docs/explain.md describes every field.
#pragma once

#include <cstddef>
#include <string>

#include "scheduler/explain/explanation.h"

namespace berth::explain {

// Goes up whenever a field changes its meaning or goes away; a new field leaves it as it is.
inline constexpr int kExplanationSchemaVersion = 1;

// One JSON object and a line feed; with the scores of the best `top` nodes, of all for 0. Bytes
// that are not UTF-8 are replaced by U+FFFD.
std::string JsonOutput(const Explanation& explanation, std::size_t top);

}  // namespace berth::explain

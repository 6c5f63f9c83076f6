// In what a decision differs from the recorded one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace berth::parity {

// The first difference between two decision lines, as a sentence; empty if there is none. A score
// that is absent counts as 0 (a plugin that skipped), the order of reasons does not count.
std::string FirstDifference(const nlohmann::json& recorded, const nlohmann::json& ours);

}  // namespace berth::parity

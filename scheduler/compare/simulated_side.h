// A side that is a simulation of its own.
#pragma once

#include <atomic>
#include <optional>

#include "scheduler/base/result.h"
#include "scheduler/compare/side.h"
#include "scheduler/framework/registry.h"
#include "scheduler/simulate/options.h"

namespace berth::compare {

// Reads the input and decides every pod, as `berth simulate` does with these options; nothing is
// written. Nothing comes out if it was interrupted.
base::Result<std::optional<Side>> SimulateSide(const simulate::Options& options,
                                               const framework::Registry& registry,
                                               const std::atomic<bool>& interrupted);

}  // namespace berth::compare

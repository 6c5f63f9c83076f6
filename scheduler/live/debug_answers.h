// What /debug tells of a scheduler, as JSON for people and tests. On the scheduler's thread.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/live/scheduler.h"

namespace berth::live {

// Nodes with what is taken of them, pods that are assumed, and whether all of it is as the API
// server has shown it.
std::string DebugCache(Scheduler& scheduler);

// Pods that wait, by queue, and those that are being decided or bound.
std::string DebugQueue(const Scheduler& scheduler);

// Why a pod goes where it goes, or nowhere, were it decided now: `berth explain --output json`. The
// name is "NAMESPACE/NAME". Fails where there is no such pod, or no profile serves it.
base::Result<std::string> DebugExplain(Scheduler& scheduler, std::string_view pod,
                                       const cycle::AlgorithmOptions& algorithm);

}  // namespace berth::live

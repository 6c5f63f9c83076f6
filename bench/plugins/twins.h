// The example plugins of docs/plugins as plugins that are built in: what those in shared objects
// are held against, in decisions and in time.
#pragma once

#include "scheduler/framework/registry.h"

namespace berth::bench {

// Adds TwinOfPowerAware and TwinOfNodePool.
void AddTwins(framework::Registry& registry);

// The argument of TwinOfPowerAware.
inline constexpr std::int64_t kTwinMaxWatts = 20;

}  // namespace berth::bench

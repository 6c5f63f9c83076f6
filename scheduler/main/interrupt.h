// Ctrl-C as a flag that long work looks at.
#pragma once

#include <atomic>

namespace berth::main {

// From now on the first SIGINT or SIGTERM sets the flag that is returned, and a second one ends the
// process at once. The flag lives as long as the process. Call once, before other threads start.
const std::atomic<bool>& CatchInterrupt();

}  // namespace berth::main

// The signals of a service.
#pragma once

#include "scheduler/live/service.h"

namespace berth::main {

// From now on SIGINT and SIGTERM ask the service to stop (a second one ends the process at once),
// and SIGUSR2 asks it to compare its cache. The flags live as long as the process. Call once,
// before other threads start.
const live::ServiceSignals& CatchServiceSignals();

}  // namespace berth::main

// Which objects of an API server are recorded: what a scheduler watches, and what new pods are made
// of. Never Secrets or ConfigMaps.
#pragma once

#include <span>

#include "scheduler/live/watched_kinds.h"

namespace berth::record {

// Nodes come first, pods last: pods whose node is not there are left out.
std::span<const live::WatchedKind> RecordedKinds();

}  // namespace berth::record

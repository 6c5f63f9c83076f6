// A pod in the scheduling queue, or popped from it, with what is remembered from attempt to
// attempt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "scheduler/api/objects.h"
#include "scheduler/base/clock.h"
#include "scheduler/framework/event_registrations.h"

namespace berth::queue {

// A plain value. The names of plugins in it are views of what Plugin::Name() gives, which must
// outlive it.
struct QueuedPod {
  std::shared_ptr<const api::Pod> pod;
  // Pods are numbered as they come; decides between pods that QueueSort holds equal.
  std::uint64_t arrival = 0;
  // When the pod came into the queue, or came back after a failed attempt.
  base::Clock::Steady timestamp;
  // When it was first ready to be tried; not set before that.
  std::optional<base::Clock::Steady> initial_attempt;

  int attempts = 0;              // times popped
  int unschedulable_count = 0;   // attempts that ended with rejectors
  int consecutive_errors = 0;    // attempts since then that ended without any
  std::int64_t backoff_end = 0;  // in the time of Backoff; 0: no backoff

  // Who turned the pod away in its last attempt, and who keeps it out of the queue. Empty while the
  // pod is popped.
  framework::Rejectors rejectors;
  std::string_view gating_plugin;  // empty: not gated
  // The pod was woken by the flush of pods that have waited for long, rather than by an event.
  bool was_flushed = false;

  bool gated() const { return !gating_plugin.empty(); }
};

}  // namespace berth::queue

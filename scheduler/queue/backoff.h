// How long a pod that failed has to wait before it is tried again.
#pragma once

#include <chrono>
#include <cstdint>

#include "scheduler/base/clock.h"
#include "scheduler/queue/queued_pod.h"

namespace berth::queue {

// kube-scheduler compares whole seconds of the wall clock, so that pods which failed in the same
// second come back in the order of QueueSort. The wall clock is read once here and goes on with the
// steady one: a jump of it neither holds pods back nor lets them through. Times are nanoseconds of
// that clock. Immutable.
class Backoff {
 public:
  struct Options {
    std::chrono::nanoseconds initial{std::chrono::seconds(1)};
    std::chrono::nanoseconds max{std::chrono::seconds(10)};  // 0: no backoff at all
    bool whole_seconds = true;
  };

  Backoff(const Options& options, const base::Clock& clock);

  // initial, twice that, four times ..., at most max, by the number of failures that count: errors
  // in a row if there are any, otherwise rejections. 0 for a pod that has not failed.
  std::chrono::nanoseconds DurationOf(const QueuedPod& pod) const;

  // When the backoff ends that begins at the pod's timestamp; 0 without one.
  std::int64_t EndOf(const QueuedPod& pod) const;

  // In whole seconds the second in which the backoff ends still counts.
  bool IsOver(std::int64_t end, base::Clock::Steady now) const;

  // The first moment at which IsOver.
  base::Clock::Steady OverAt(std::int64_t end) const;

 private:
  std::int64_t At(base::Clock::Steady time) const;

  Options options_;
  base::Clock::Steady start_;
  std::int64_t wall_at_start_;
};

}  // namespace berth::queue

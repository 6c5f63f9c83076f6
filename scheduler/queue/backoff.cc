#include "scheduler/queue/backoff.h"

#include <algorithm>

namespace berth::queue {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t WholeSeconds(std::int64_t time) { return time - time % kSecond; }

}  // namespace

Backoff::Backoff(const Options& options, const base::Clock& clock)
    : options_(options), start_(clock.Now()), wall_at_start_(clock.WallNanoseconds()) {}

std::chrono::nanoseconds Backoff::DurationOf(const QueuedPod& pod) const {
  const int count = pod.consecutive_errors > 0 ? pod.consecutive_errors : pod.unschedulable_count;
  if (count == 0 || options_.max.count() == 0) return {};
  const int doublings = std::min(count - 1, 62);
  if (options_.initial.count() > options_.max.count() >> doublings) return options_.max;
  return std::chrono::nanoseconds(options_.initial.count() << doublings);
}

std::int64_t Backoff::EndOf(const QueuedPod& pod) const {
  const std::chrono::nanoseconds duration = DurationOf(pod);
  if (duration.count() == 0) return 0;
  const std::int64_t end = At(pod.timestamp) + duration.count();
  return options_.whole_seconds ? WholeSeconds(end) : end;
}

bool Backoff::IsOver(std::int64_t end, base::Clock::Steady now) const {
  if (end == 0) return true;
  return options_.whole_seconds ? end < WholeSeconds(At(now)) : end <= At(now);
}

base::Clock::Steady Backoff::OverAt(std::int64_t end) const {
  if (end == 0) return start_;
  const std::int64_t over = options_.whole_seconds ? end + kSecond : end;
  return start_ + std::chrono::nanoseconds(over - wall_at_start_);
}

std::int64_t Backoff::At(base::Clock::Steady time) const {
  return wall_at_start_ + std::chrono::nanoseconds(time - start_).count();
}

}  // namespace berth::queue

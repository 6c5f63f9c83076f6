#include "scheduler/kube/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace berth::kube {

RateLimiter::RateLimiter(double qps, int burst, base::Clock::Steady now)
    : qps_(qps > 0 ? qps : 0), burst_(std::max(burst, 1)), tokens_(burst_), refilled_(now) {}

void RateLimiter::Refill(base::Clock::Steady now) {
  if (now <= refilled_) return;
  const std::chrono::duration<double> passed = now - refilled_;
  tokens_ = std::min(burst_, tokens_ + passed.count() * qps_);
  refilled_ = now;
}

bool RateLimiter::TryTake(base::Clock::Steady now) {
  if (qps_ <= 0) return true;
  Refill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

base::Clock::Steady RateLimiter::NextAt(base::Clock::Steady now) {
  if (qps_ <= 0) return now;
  Refill(now);
  if (tokens_ >= 1) return now;
  // Rounded up, so that then there is one; a day is as good as for ever.
  const double nanoseconds = std::min(std::ceil((1 - tokens_) / qps_ * 1e9) + 1, 86400e9);
  return now + std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

}  // namespace berth::kube

#include "scheduler/kube/backoff.h"

#include <algorithm>

namespace berth::kube {
namespace {

using namespace std::chrono_literals;

constexpr auto kFirst = 800ms;
constexpr auto kMost = std::chrono::milliseconds(30s);
constexpr auto kForgetAfter = 2min;

}  // namespace

std::chrono::milliseconds Backoff::Next(base::Clock::Steady now) {
  const bool fresh = step_ == 0ms || now - last_ > kForgetAfter;
  step_ = fresh ? kFirst : std::min(step_ * 2, kMost);
  last_ = now;
  const auto most_jitter = static_cast<std::uint64_t>(step_.count());
  return step_ + std::chrono::milliseconds(random_.Below(most_jitter));
}

}  // namespace berth::kube

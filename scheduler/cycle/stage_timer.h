// How long the extension points of a cycle take, for whoever counts it.
#pragma once

#include <chrono>

#include "scheduler/config/profile.h"
#include "scheduler/framework/profile_runtime.h"
#include "scheduler/framework/status.h"

namespace berth::cycle {

// Called on the thread that schedules. Since plugins answer for all nodes at once, and what earlier
// cycles have found is kept, these are not sums over plugins: PreFilter is everything before nodes
// are looked at, Filter everything until the feasible ones are known, Score the rest.
class StageObserver {
 public:
  virtual ~StageObserver() = default;
  virtual void OnStage(const framework::ProfileRuntime& profile, config::ExtensionPoint point,
                       framework::Code code, std::chrono::nanoseconds duration) = 0;
};

// Without an observer it does nothing, and asks no clock.
class StageTimer {
 public:
  StageTimer(StageObserver* observer, const framework::ProfileRuntime& profile)
      : observer_(observer), profile_(profile) {
    if (observer_ != nullptr) start_ = std::chrono::steady_clock::now();
  }

  // A stage has ended, and the next one begins.
  void Done(config::ExtensionPoint point, framework::Code code) {
    if (observer_ == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    observer_->OnStage(profile_, point, code, now - start_);
    start_ = now;
  }

  // What has been done since is no stage.
  void Restart() {
    if (observer_ != nullptr) start_ = std::chrono::steady_clock::now();
  }

 private:
  StageObserver* observer_;
  const framework::ProfileRuntime& profile_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace berth::cycle

// Who counts what the scheduler does.
#pragma once

#include <chrono>
#include <string_view>

#include "scheduler/cycle/stage_timer.h"
#include "scheduler/framework/event_registrations.h"
#include "scheduler/live/placed_pod.h"
#include "scheduler/queue/queue_plugins.h"

namespace berth::live {

enum class AttemptResult : std::uint8_t { kScheduled, kUnschedulable, kError };

// Called on the scheduler's thread. Does nothing unless overridden.
class SchedulerObserver : public queue::QueueObserver,
                          public cycle::StageObserver,
                          public framework::HintObserver {
 public:
  void OnStage(const framework::ProfileRuntime&, config::ExtensionPoint, framework::Code,
               std::chrono::nanoseconds) override {}
  // Pods that wait have been looked through for those that the event may let in.
  virtual void OnEventHandled(const framework::ClusterEvent&, std::chrono::nanoseconds) {}
  // A pod has waited on Permit, and may be bound or not.
  virtual void OnPermitWait(framework::Code, std::chrono::nanoseconds) {}
  // A ResourceClaim for extended resources was created, or not.
  virtual void OnClaimCreated(bool /*ok*/) {}
  // A pod was decided, well or not, and diagnosed: filters, scores and what came after them.
  virtual void OnDecision(std::chrono::nanoseconds) {}
  // An attempt has ended, for a bound pod with its binding.
  virtual void OnAttempt(std::string_view /*profile*/, AttemptResult, std::chrono::nanoseconds) {}
  // A pod was bound, `since_first` after it could first be tried.
  virtual void OnBound(const PlacedPod&, std::chrono::nanoseconds /*since_first*/) {}
  virtual void OnPreemption(std::size_t /*victims*/) {}
  virtual void OnPreemptionAttempt() {}
};

}  // namespace berth::live

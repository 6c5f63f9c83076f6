// The scheduler's work as metrics.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "scheduler/cycle/stage_timer.h"
#include "scheduler/live/scheduler_observer.h"
#include "scheduler/metrics/scheduler_metrics.h"

namespace berth::live {

class Scheduler;

// On the scheduler's thread. The metrics outlive it.
class CountedObserver final : public SchedulerObserver {
 public:
  explicit CountedObserver(metrics::SchedulerMetrics& metrics);

  void OnIncoming(queue::QueueName queue, const framework::ClusterEvent& event) override;
  void OnRejector(const api::Pod& pod, std::string_view plugin, int change) override;
  void OnDecision(std::chrono::nanoseconds duration) override;
  void OnAttempt(std::string_view profile, AttemptResult result,
                 std::chrono::nanoseconds duration) override;
  void OnBound(const PlacedPod& placed, std::chrono::nanoseconds since_first) override;
  void OnPreemption(std::size_t victims) override;
  void OnPreemptionAttempt() override;
  void OnStage(const framework::ProfileRuntime& profile, config::ExtensionPoint point,
               framework::Code code, std::chrono::nanoseconds duration) override;

  void OnHint(std::string_view plugin, const framework::ClusterEvent& event,
              std::optional<framework::Hint> hint, std::chrono::nanoseconds duration) override;
  void OnEventHandled(const framework::ClusterEvent& event,
                      std::chrono::nanoseconds duration) override;
  void OnPermitWait(framework::Code code, std::chrono::nanoseconds duration) override;
  void OnClaimCreated(bool ok) override;

  // Sets the gauges to how things are with the scheduler.
  void Publish(const Scheduler& scheduler);

 private:
  struct Attempts {
    metrics::Counter* count;
    metrics::Histogram* duration;
  };
  Attempts& AttemptsOf(std::string_view profile, AttemptResult result);

  metrics::SchedulerMetrics& metrics_;
  // Found once, since finding takes a lock.
  std::map<std::string, std::map<AttemptResult, Attempts>, std::less<>> attempts_;
  std::map<std::tuple<const framework::ProfileRuntime*, config::ExtensionPoint, framework::Code>,
           metrics::Histogram*>
      stages_;
  using EventKey = std::pair<framework::EventResource, framework::Actions>;
  std::map<EventKey, metrics::Histogram*> events_;
  std::map<std::tuple<std::string_view, EventKey, int>, metrics::Histogram*> hints_;
  std::vector<metrics::Histogram*> sli_;                  // by attempts, from 1
  std::map<std::string, metrics::Counter*> incoming_[4];  // by queue, then event
  std::vector<std::string> known_events_;                 // of inflight_events
};

}  // namespace berth::live

#include "scheduler/live/counted_observer.h"

#include <algorithm>

#include "scheduler/live/scheduler.h"

namespace berth::live {
namespace {

constexpr int kManyAttempts = 15;

std::string_view Name(AttemptResult result) {
  switch (result) {
    case AttemptResult::kScheduled:
      return "scheduled";
    case AttemptResult::kUnschedulable:
      return "unschedulable";
    case AttemptResult::kError:
      break;
  }
  return "error";
}

// "PreFilter": as in kube-scheduler's metrics.
std::string MetricName(config::ExtensionPoint point) {
  std::string name(config::FieldName(point));
  name.front() = static_cast<char>(name.front() - 'a' + 'A');
  return name;
}

}  // namespace

CountedObserver::CountedObserver(metrics::SchedulerMetrics& metrics) : metrics_(metrics) {
  for (int attempts = 1; attempts < kManyAttempts; ++attempts) {
    sli_.push_back(&metrics_.pod_scheduling_sli_duration.With({std::to_string(attempts)}));
  }
  sli_.push_back(&metrics_.pod_scheduling_sli_duration.With({"15+"}));
}

void CountedObserver::OnIncoming(queue::QueueName queue, const framework::ClusterEvent& event) {
  auto& counter = incoming_[static_cast<std::size_t>(queue)][framework::Label(event)];
  if (counter == nullptr) {
    counter = &metrics_.queue_incoming_pods.With(
        {std::string(queue::Name(queue)), framework::Label(event)});
  }
  counter->Increment();
}

void CountedObserver::OnRejector(const api::Pod& pod, std::string_view plugin, int change) {
  metrics_.unschedulable_pods.With({std::string(plugin), pod.spec->scheduler_name}).Add(change);
}

void CountedObserver::OnDecision(std::chrono::nanoseconds duration) {
  metrics_.scheduling_algorithm_duration.Only().Observe(duration);
  metrics_.engine_decision_duration.Only().Observe(duration);
}

CountedObserver::Attempts& CountedObserver::AttemptsOf(std::string_view profile,
                                                       AttemptResult result) {
  auto known = attempts_.find(profile);
  if (known == attempts_.end()) known = attempts_.try_emplace(std::string(profile)).first;
  const auto [it, is_new] = known->second.try_emplace(result);
  if (is_new) {
    const metrics::LabelValues labels = {std::string(Name(result)), std::string(profile)};
    it->second = {&metrics_.schedule_attempts.With(labels),
                  &metrics_.scheduling_attempt_duration.With(labels)};
  }
  return it->second;
}

void CountedObserver::OnAttempt(std::string_view profile, AttemptResult result,
                                std::chrono::nanoseconds duration) {
  const Attempts& attempts = AttemptsOf(profile, result);
  attempts.count->Increment();
  attempts.duration->Observe(duration);
}

void CountedObserver::OnBound(const PlacedPod& placed, std::chrono::nanoseconds since_first) {
  const int attempts = std::clamp(placed.queued.attempts, 1, kManyAttempts);
  sli_[static_cast<std::size_t>(attempts - 1)]->Observe(since_first);
  metrics_.pod_scheduling_attempts.Only().Observe(static_cast<double>(placed.queued.attempts));
  if (placed.queued.was_flushed) metrics_.pod_scheduled_after_flush.Only().Increment();
}

void CountedObserver::OnPreemption(std::size_t victims) {
  metrics_.preemption_victims.Only().Observe(static_cast<double>(victims));
  // Observed when the requests are sent off, and always well: as kube-scheduler does.
  metrics_.preemption_goroutines_duration.With({"success"}).Observe(0.0);
  metrics_.preemption_goroutines_execution.With({"success"}).Increment();
}

void CountedObserver::OnPreemptionAttempt() { metrics_.preemption_attempts.Only().Increment(); }

void CountedObserver::OnStage(const framework::ProfileRuntime& profile,
                              config::ExtensionPoint point, framework::Code code,
                              std::chrono::nanoseconds duration) {
  metrics::Histogram*& histogram = stages_[{&profile, point, code}];
  if (histogram == nullptr) {
    histogram = &metrics_.framework_extension_point_duration.With(
        {MetricName(point), std::string(framework::Name(code)), profile.profile().scheduler_name});
  }
  histogram->Observe(duration);
}

void CountedObserver::OnHint(std::string_view plugin, const framework::ClusterEvent& event,
                             std::optional<framework::Hint> hint,
                             std::chrono::nanoseconds duration) {
  constexpr const char* kOutcomes[] = {"QueueSkip", "Queue", "Error"};
  const int outcome = !hint ? 2 : *hint == framework::Hint::kQueue ? 1 : 0;
  metrics::Histogram*& histogram = hints_[{plugin, {event.resource, event.actions}, outcome}];
  if (histogram == nullptr) {
    histogram = &metrics_.queueing_hint_execution_duration.With(
        {std::string(plugin), framework::Label(event), kOutcomes[outcome]});
  }
  histogram->Observe(duration);
}

void CountedObserver::OnEventHandled(const framework::ClusterEvent& event,
                                     std::chrono::nanoseconds duration) {
  metrics::Histogram*& histogram = events_[{event.resource, event.actions}];
  if (histogram == nullptr) {
    histogram = &metrics_.event_handling_duration.With({framework::Label(event)});
  }
  histogram->Observe(duration);
}

void CountedObserver::OnPermitWait(framework::Code code, std::chrono::nanoseconds duration) {
  metrics_.permit_wait_duration.With({std::string(framework::Name(code))}).Observe(duration);
}

void CountedObserver::OnClaimCreated(bool ok) {
  metrics_.resourceclaim_creates.With({ok ? "success" : "failure"}).Increment();
}

void CountedObserver::Publish(const Scheduler& scheduler) {
  const auto set = [](metrics::GaugeFamily& family, const char* label, std::size_t value) {
    family.With({label}).Set(static_cast<double>(value));
  };
  const auto counts = scheduler.queue().counts();
  set(metrics_.pending_pods, "active", counts.active);
  set(metrics_.pending_pods, "backoff", counts.backoff);
  set(metrics_.pending_pods, "unschedulable", counts.unschedulable);
  set(metrics_.pending_pods, "gated", counts.gated);
  set(metrics_.cache_size, "nodes", scheduler.cluster().nodes.node_count());
  set(metrics_.cache_size, "pods", scheduler.pods().size());
  set(metrics_.cache_size, "assumed_pods", scheduler.pods().assumed_count());
  set(metrics_.goroutines, "binding", scheduler.bindings_in_flight());
  for (const auto& event : known_events_) metrics_.inflight_events.With({event}).Set(0);
  known_events_.clear();
  for (const auto& [event, count] : scheduler.queue().InFlightEvents()) {
    set(metrics_.inflight_events, event.c_str(), count);
    known_events_.push_back(event);
  }
  metrics_.bindings_in_flight.Only().Set(static_cast<double>(scheduler.bindings_in_flight()));
  metrics_.engine_nodes.Only().Set(static_cast<double>(scheduler.cluster().nodes.node_count()));
  metrics_.engine_pod_classes.Only().Set(static_cast<double>(scheduler.cluster().classes.size()));
}

}  // namespace berth::live

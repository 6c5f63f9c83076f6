// The metrics of the scheduler: names, labels and buckets are those of kube-scheduler 1.36, so that
// its dashboards and alerts work. Not there is what counts how it caches results between pods.
#pragma once

#include "scheduler/metrics/registry.h"

namespace berth::metrics {

// Feature gates that add metrics.
struct SchedulerMetricsOptions {
  bool async_api_calls = false;   // SchedulerAsyncAPICalls
  bool generic_workload = false;  // GenericWorkload
};

// Thread-safe, as families are. Behind each family stand its labels in order, and the values of the
// one that has a fixed set of them; durations are in seconds and
// `status` is the name of a code, "Success".
struct SchedulerMetrics {
  explicit SchedulerMetrics(Registry& registry, const SchedulerMetricsOptions& options = {});

  // Attempts to schedule.
  CounterFamily& schedule_attempts;  // result (scheduled, unschedulable, error), profile
  HistogramFamily& scheduling_attempt_duration;  // result, profile
  HistogramFamily& scheduling_algorithm_duration;
  HistogramFamily& pod_scheduling_sli_duration;  // attempts: "1" to "14", "15+"
  HistogramFamily& pod_scheduling_attempts;

  // Preemption.
  HistogramFamily& preemption_victims;
  CounterFamily& preemption_attempts;
  HistogramFamily& preemption_goroutines_duration;  // result
  CounterFamily& preemption_goroutines_execution;   // result

  // The queue.
  GaugeFamily& pending_pods;           // queue: active, backoff, unschedulable, gated
  CounterFamily& queue_incoming_pods;  // queue (active, backoff, unschedulable), event
  GaugeFamily& unschedulable_pods;     // plugin, profile
  CounterFamily& pod_scheduled_after_flush;
  HistogramFamily& event_handling_duration;  // event
  GaugeFamily& inflight_events;              // event: "PodPopped" counts these pods
  // plugin, event, hint (Queue, QueueSkip, Error)
  HistogramFamily& queueing_hint_execution_duration;

  // Plugins.
  HistogramFamily& framework_extension_point_duration;  // extension_point, status, profile
  HistogramFamily& plugin_execution_duration;           // plugin, extension_point, status
  CounterFamily& plugin_evaluation;                     // plugin, extension_point, profile
  HistogramFamily& permit_wait_duration;                // result: the name of a status code
  GaugeFamily& goroutines;                              // operation
  CounterFamily& volume_binder_cache_requests;          // operation: predicate, assume, bind
  CounterFamily& volume_scheduling_stage_error;         // operation: predicate, assume, bind
  CounterFamily& resourceclaim_creates;                 // status: success, failure
  CounterFamily& dra_bindingconditions_allocations;     // profile, driver, status
  // profile, driver, status (success, failure, timeout, error)
  HistogramFamily& dra_bindingconditions_wait_duration;

  // The state of the cluster.
  GaugeFamily& cache_size;  // type: assumed_pods, pods, nodes

  // Requests to the API server that nobody waits for; with the gate SchedulerAsyncAPICalls.
  CounterFamily& async_api_call_execution;             // call_type, result
  HistogramFamily& async_api_call_execution_duration;  // call_type, result
  GaugeFamily& pending_async_api_calls;                // call_type

  // Groups of pods; with the gate GenericWorkload.
  // result (as above, and waiting_on_preemption), profile
  CounterFamily& podgroup_schedule_attempts;
  HistogramFamily& podgroup_scheduling_attempt_duration;    // result, profile
  HistogramFamily& podgroup_scheduling_algorithm_duration;  // result, profile

  // Of our own.
  GaugeFamily& engine_nodes;
  GaugeFamily& engine_pod_classes;
  HistogramFamily& engine_decision_duration;
  GaugeFamily& bindings_in_flight;
};

}  // namespace berth::metrics

#include "scheduler/metrics/scheduler_metrics.h"

namespace berth::metrics {

SchedulerMetrics::SchedulerMetrics(Registry& registry, const SchedulerMetricsOptions& options)
    : schedule_attempts(registry.AddCounter(
          {.name = "scheduler_schedule_attempts_total",
           .help = "Attempts to schedule a pod, by result and profile. \"unschedulable\": the pod "
                   "fits nowhere; \"error\": something went wrong inside the scheduler.",
           .stability = Stability::kStable,
           .labels = {"result", "profile"}})),
      scheduling_attempt_duration(
          registry.AddHistogram({.name = "scheduler_scheduling_attempt_duration_seconds",
                                 .help = "How long an attempt to schedule a pod takes, from the "
                                         "decision to the binding, in seconds.",
                                 .stability = Stability::kStable,
                                 .labels = {"result", "profile"}},
                                ExponentialBuckets(0.001, 2, 15))),
      scheduling_algorithm_duration(
          registry.AddHistogram({.name = "scheduler_scheduling_algorithm_duration_seconds",
                                 .help = "How long the choice of a node takes, in seconds.",
                                 .stability = Stability::kAlpha},
                                ExponentialBuckets(0.001, 2, 15))),
      pod_scheduling_sli_duration(registry.AddHistogram(
          {.name = "scheduler_pod_scheduling_sli_duration_seconds",
           .help = "How long a pod takes from its first entry into the queue until it is bound, "
                   "over all attempts and without the time for which it was gated, in seconds.",
           .stability = Stability::kBeta,
           .labels = {"attempts"}},
          ExponentialBuckets(0.01, 2, 20))),
      pod_scheduling_attempts(
          registry.AddHistogram({.name = "scheduler_pod_scheduling_attempts",
                                 .help = "How many attempts it took to schedule a pod.",
                                 .stability = Stability::kStable},
                                ExponentialBuckets(1, 2, 5))),
      preemption_victims(
          registry.AddHistogram({.name = "scheduler_preemption_victims",
                                 .help = "How many pods give way when one is preempted for.",
                                 .stability = Stability::kStable},
                                ExponentialBuckets(1, 2, 7))),
      preemption_attempts(registry.AddCounter({.name = "scheduler_preemption_attempts_total",
                                               .help = "Attempts to make room by preemption.",
                                               .stability = Stability::kStable})),
      preemption_goroutines_duration(
          registry.AddHistogram({.name = "scheduler_preemption_goroutines_duration_seconds",
                                 .help = "How long the requests of a preemption take, in seconds.",
                                 .stability = Stability::kAlpha,
                                 .labels = {"result"}},
                                ExponentialBuckets(0.01, 2, 20))),
      preemption_goroutines_execution(
          registry.AddCounter({.name = "scheduler_preemption_goroutines_execution_total",
                               .help = "Preemptions whose requests were sent off.",
                               .stability = Stability::kAlpha,
                               .labels = {"result"}})),
      pending_pods(registry.AddGauge({.name = "scheduler_pending_pods",
                                      .help = "Pods that wait, by the queue that they wait in.",
                                      .stability = Stability::kStable,
                                      .labels = {"queue"}})),
      queue_incoming_pods(registry.AddCounter(
          {.name = "scheduler_queue_incoming_pods_total",
           .help = "Pods that entered a queue, by queue and by the event that brought them there.",
           .stability = Stability::kStable,
           .labels = {"queue", "event"}})),
      unschedulable_pods(
          registry.AddGauge({.name = "scheduler_unschedulable_pods",
                             .help = "Pods that a plugin has turned away, by plugin; a pod counts "
                                     "for each plugin that did.",
                             .stability = Stability::kBeta,
                             .labels = {"plugin", "profile"}})),
      pod_scheduled_after_flush(
          registry.AddCounter({.name = "scheduler_pod_scheduled_after_flush_total",
                               .help = "Pods that were scheduled after they had been taken out of "
                                       "the unschedulable ones for having waited too long.",
                               .stability = Stability::kAlpha})),
      event_handling_duration(registry.AddHistogram(
          {.name = "scheduler_event_handling_duration_seconds",
           .help = "How long it takes to take in one event of the cluster, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"event"}},
          ExponentialBuckets(0.0001, 2, 12))),
      inflight_events(registry.AddGauge(
          {.name = "scheduler_inflight_events",
           .help =
               "Events that are kept as long as pods are being scheduled which they might concern.",
           .stability = Stability::kAlpha,
           .labels = {"event"}})),
      queueing_hint_execution_duration(registry.AddHistogram(
          {.name = "scheduler_queueing_hint_execution_duration_seconds",
           .help = "How long a plugin takes to say whether an event may let a pod in, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"plugin", "event", "hint"}},
          ExponentialBuckets(0.00001, 1.5, 20))),
      framework_extension_point_duration(registry.AddHistogram(
          {.name = "scheduler_framework_extension_point_duration_seconds",
           .help = "How long all plugins of an extension point take together, in seconds.",
           .stability = Stability::kStable,
           .labels = {"extension_point", "status", "profile"}},
          ExponentialBuckets(0.0001, 2, 12))),
      plugin_execution_duration(
          registry.AddHistogram({.name = "scheduler_plugin_execution_duration_seconds",
                                 .help = "How long one plugin takes at an extension point, in "
                                         "seconds; measured in one of ten cycles.",
                                 .stability = Stability::kAlpha,
                                 .labels = {"plugin", "extension_point", "status"}},
                                ExponentialBuckets(0.00001, 1.5, 20))),
      plugin_evaluation(registry.AddCounter({.name = "scheduler_plugin_evaluation_total",
                                             .help = "How often a plugin was asked at an extension "
                                                     "point; Filter and Score count once a node.",
                                             .stability = Stability::kBeta,
                                             .labels = {"plugin", "extension_point", "profile"}})),
      permit_wait_duration(registry.AddHistogram(
          {.name = "scheduler_permit_wait_duration_seconds",
           .help = "How long pods wait for permission to be bound, in seconds.",
           .stability = Stability::kBeta,
           .labels = {"result"}},
          ExponentialBuckets(0.001, 2, 15))),
      goroutines(
          registry.AddGauge({.name = "scheduler_goroutines",
                             .help = "Pieces of work that are going on at once, by what they do.",
                             .stability = Stability::kBeta,
                             .labels = {"operation"}})),
      volume_binder_cache_requests(
          registry.AddCounter({.name = "scheduler_volume_binder_cache_requests_total",
                               .help = "Questions to the cache of volumes, by operation.",
                               .stability = Stability::kAlpha,
                               .labels = {"operation"}})),
      volume_scheduling_stage_error(registry.AddCounter(
          {.name = "scheduler_volume_scheduling_stage_error_total",
           .help = "Failures to schedule for a reason of volumes, by operation.",
           .stability = Stability::kAlpha,
           .labels = {"operation"}})),
      resourceclaim_creates(registry.AddCounter(
          {.name = "scheduler_resourceclaim_creates_total",
           .help = "ResourceClaims that were created for extended resources, by outcome.",
           .stability = Stability::kAlpha,
           .labels = {"status"}})),
      dra_bindingconditions_allocations(registry.AddCounter(
          {.name = "scheduler_dra_bindingconditions_allocations_total",
           .help = "Allocations of devices that had to wait for conditions, by driver and outcome.",
           .stability = Stability::kAlpha,
           .labels = {"profile", "driver", "status"}})),
      dra_bindingconditions_wait_duration(registry.AddHistogram(
          {.name = "scheduler_dra_bindingconditions_wait_duration_seconds",
           .help = "How long the binding waits for conditions of devices, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"profile", "driver", "status"}},
          ExponentialBuckets(0.1, 2, 14))),
      cache_size(registry.AddGauge({.name = "scheduler_cache_size",
                                    .help = "Objects that the scheduler knows of, by kind.",
                                    .stability = Stability::kAlpha,
                                    .labels = {"type"}})),
      async_api_call_execution(registry.AddCounter(
          {.name = "scheduler_async_api_call_execution_total",
           .help = "Requests to the API server that were made beside the scheduling, by outcome.",
           .stability = Stability::kAlpha,
           .labels = {"call_type", "result"},
           .enabled = options.async_api_calls})),
      async_api_call_execution_duration(registry.AddHistogram(
          {.name = "scheduler_async_api_call_execution_duration_seconds",
           .help = "How long requests take that are made beside the scheduling, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"call_type", "result"},
           .enabled = options.async_api_calls},
          ExponentialBuckets(0.001, 2, 15))),
      pending_async_api_calls(
          registry.AddGauge({.name = "scheduler_pending_async_api_calls",
                             .help = "Requests that wait to be made beside the scheduling.",
                             .stability = Stability::kAlpha,
                             .labels = {"call_type"},
                             .enabled = options.async_api_calls})),
      podgroup_schedule_attempts(registry.AddCounter(
          {.name = "scheduler_podgroup_schedule_attempts_total",
           .help = "Attempts to schedule a group of pods, by result and profile.",
           .stability = Stability::kAlpha,
           .labels = {"result", "profile"},
           .enabled = options.generic_workload})),
      podgroup_scheduling_attempt_duration(registry.AddHistogram(
          {.name = "scheduler_podgroup_scheduling_attempt_duration_seconds",
           .help = "How long an attempt to schedule a group of pods takes, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"result", "profile"},
           .enabled = options.generic_workload},
          ExponentialBuckets(0.001, 2, 15))),
      podgroup_scheduling_algorithm_duration(registry.AddHistogram(
          {.name = "scheduler_podgroup_scheduling_algorithm_duration_seconds",
           .help = "How long the choice of nodes for a group of pods takes, in seconds.",
           .stability = Stability::kAlpha,
           .labels = {"result", "profile"},
           .enabled = options.generic_workload},
          ExponentialBuckets(0.001, 2, 15))),
      engine_nodes(registry.AddGauge({.name = "berth_engine_nodes",
                                      .help = "Nodes that a decision looks at.",
                                      .stability = Stability::kUnmarked})),
      engine_pod_classes(registry.AddGauge(
          {.name = "berth_engine_pod_classes",
           .help = "Kinds of pods that have been compiled: pods of equal specification are one.",
           .stability = Stability::kUnmarked})),
      engine_decision_duration(
          registry.AddHistogram({.name = "berth_engine_decision_duration_seconds",
                                 .help = "How long the engine takes for one decision, in seconds.",
                                 .stability = Stability::kUnmarked},
                                ExponentialBuckets(0.000001, 2, 20))),
      bindings_in_flight(
          registry.AddGauge({.name = "berth_bindings_in_flight",
                             .help = "Pods that have a node and are being bound to it.",
                             .stability = Stability::kUnmarked})) {}

}  // namespace berth::metrics

// The names, labels and buckets that dashboards of kube-scheduler know.
#include "scheduler/metrics/scheduler_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SchedulerMetrics, AreCalledAsInKubernetes) {
  Registry registry;
  SchedulerMetrics metrics(registry);
  metrics.schedule_attempts.With({"scheduled", "default-scheduler"}).Increment();
  metrics.pending_pods.With({"gated"}).Set(2);
  metrics.plugin_execution_duration.With({"NodeName", "Filter", "Success"}).Observe(0.00001);
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("# HELP scheduler_schedule_attempts_total [STABLE] "));
  EXPECT_THAT(text, HasSubstr("scheduler_schedule_attempts_total{result=\"scheduled\","
                              "profile=\"default-scheduler\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_pending_pods{queue=\"gated\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("# HELP scheduler_plugin_execution_duration_seconds [ALPHA] "));
  EXPECT_THAT(text, HasSubstr("le=\"1e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"1.5000000000000002e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.02216837820053101\"} 1\n"));
}

TEST(SchedulerMetrics, HaveKubernetesBuckets) {
  Registry registry;
  const SchedulerMetrics metrics(registry);
  const auto last = [](HistogramFamily& family) {
    LabelValues values(family.definition().labels.size());
    return family.With(values).bounds().back();
  };
  EXPECT_EQ(last(metrics.scheduling_attempt_duration), 16.384);
  EXPECT_EQ(last(metrics.scheduling_algorithm_duration), 16.384);
  EXPECT_EQ(last(metrics.pod_scheduling_sli_duration), 5242.88);
  EXPECT_EQ(last(metrics.pod_scheduling_attempts), 16);
  EXPECT_EQ(last(metrics.preemption_victims), 64);
  EXPECT_EQ(last(metrics.framework_extension_point_duration), 0.2048);
  EXPECT_EQ(last(metrics.event_handling_duration), 0.2048);
  EXPECT_EQ(last(metrics.permit_wait_duration), 16.384);
  EXPECT_EQ(last(metrics.dra_bindingconditions_wait_duration), 819.2);
}

TEST(SchedulerMetrics, AreHiddenWithTheirFeature) {
  Registry off;
  SchedulerMetrics(off).podgroup_schedule_attempts.With({"error", "a"}).Increment();
  EXPECT_THAT(off.Text(), Not(HasSubstr("podgroup")));
  Registry on;
  SchedulerMetrics(on, {.generic_workload = true})
      .podgroup_schedule_attempts.With({"error", "a"})
      .Increment();
  EXPECT_THAT(on.Text(), HasSubstr("scheduler_podgroup_schedule_attempts_total{result=\"error\","
                                   "profile=\"a\"} 1\n"));
}

}  // namespace
}  // namespace berth::metrics

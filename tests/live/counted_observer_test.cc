// The scheduler's work as metrics.
#include "scheduler/live/counted_observer.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"
#include "tests/support/builders.h"

namespace berth::live {
namespace {

using ::testing::HasSubstr;

class CountedObserverTest : public ::testing::Test {
 protected:
  PlacedPod Placed(int attempts, bool flushed = false) {
    PlacedPod placed;
    placed.queued.attempts = attempts;
    placed.queued.was_flushed = flushed;
    return placed;
  }
  metrics::Registry registry_;
  metrics::SchedulerMetrics metrics_{registry_};
  CountedObserver observer_{metrics_};
};

TEST_F(CountedObserverTest, CountsAttempts) {
  observer_.OnAttempt("a", AttemptResult::kScheduled, std::chrono::milliseconds(3));
  observer_.OnAttempt("a", AttemptResult::kScheduled, std::chrono::milliseconds(3));
  observer_.OnAttempt("b", AttemptResult::kUnschedulable, std::chrono::milliseconds(3));
  observer_.OnAttempt("b", AttemptResult::kError, std::chrono::milliseconds(3));
  const std::string text = registry_.Text();
  constexpr const char* kName = "scheduler_schedule_attempts_total{result=";
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"scheduled\",profile=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"unschedulable\",profile=\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"error\",profile=\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_scheduling_attempt_duration_seconds_count{result="
                              "\"scheduled\",profile=\"a\"} 2\n"));
}

TEST_F(CountedObserverTest, CountsBoundPodsByTheirAttempts) {
  observer_.OnBound(Placed(1), std::chrono::seconds(1));
  observer_.OnBound(Placed(14), std::chrono::seconds(1));
  observer_.OnBound(Placed(15), std::chrono::seconds(1));
  observer_.OnBound(Placed(400, true), std::chrono::seconds(1));
  const std::string text = registry_.Text();
  constexpr const char* kName = "scheduler_pod_scheduling_sli_duration_seconds_count{attempts=";
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"14\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(std::string(kName) + "\"15+\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_pod_scheduling_attempts_count 4\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_pod_scheduled_after_flush_total 1\n"));
}

TEST_F(CountedObserverTest, CountsWhatComesIntoTheQueue) {
  const framework::ClusterEvent event{framework::EventResource::kNode, framework::kAdd};
  observer_.OnIncoming(queue::QueueName::kActive, event);
  observer_.OnIncoming(queue::QueueName::kActive, event);
  observer_.OnIncoming(queue::QueueName::kBackoff, event);
  const std::string text = registry_.Text();
  EXPECT_THAT(text, HasSubstr("{queue=\"active\",event=\"NodeAdd\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{queue=\"backoff\",event=\"NodeAdd\"} 1\n"));
}

TEST_F(CountedObserverTest, CountsRejectorsAndPreemptions) {
  support::PodBuilder pod("p");
  pod.spec().scheduler_name = "a";
  observer_.OnRejector(*pod.Build(), "NodeName", 1);
  observer_.OnRejector(*pod.Build(), "NodeName", 1);
  observer_.OnRejector(*pod.Build(), "NodeName", -1);
  observer_.OnPreemptionAttempt();
  observer_.OnPreemption(3);
  const std::string text = registry_.Text();
  EXPECT_THAT(text,
              HasSubstr("scheduler_unschedulable_pods{plugin=\"NodeName\",profile=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_preemption_attempts_total 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_preemption_victims_sum 3\n"));
}

TEST_F(CountedObserverTest, ShowsHowThingsAre) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("assumed");
  cluster.AddPod("waiting", "9");
  cluster.ShowAll();
  cluster.Decide();
  observer_.Publish(*cluster.scheduler);
  const std::string text = registry_.Text();
  EXPECT_THAT(text, HasSubstr("scheduler_pending_pods{queue=\"unschedulable\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_pending_pods{queue=\"active\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_cache_size{type=\"nodes\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_cache_size{type=\"assumed_pods\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("scheduler_inflight_events{event=\"PodPopped\"} 0\n"));
}

}  // namespace
}  // namespace berth::live

// A pod from the moment in which it appears to the one in which it is bound, or not.
#include "scheduler/live/scheduler.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"
#include "tests/live/scripted_plugin.h"

namespace berth::live {
namespace {

using framework::Code;
using framework::Status;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kBinding = "POST /api/v1/namespaces/default/pods/p/binding";
constexpr const char* kStatus = "PATCH /api/v1/namespaces/default/pods/p/status";

std::ptrdiff_t Count(const LiveCluster& cluster, const std::string& line) {
  return std::ranges::count(cluster.api.served(), line);
}

// ---- All goes well ----

TEST(LiveScheduler, BindsAPod) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_THAT(cluster.api.served(), ElementsAre(kBinding));
  EXPECT_THAT(cluster.events.Notes("Scheduled"),
              ElementsAre("Successfully assigned default/p to n"));
  EXPECT_THAT(cluster.outcomes.attempts, ElementsAre("default-scheduler scheduled"));
  EXPECT_TRUE(cluster.scheduler->IsQuiet());
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_TRUE(cluster.Compare().empty());
}

TEST(LiveScheduler, CountsADecisionBeforeItsBindingIsAnswered) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.AddPod("q", "3");
  cluster.ShowAll();
  cluster.Decide();
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 1);
  EXPECT_EQ(cluster.scheduler->bindings_in_flight(), 1);
  EXPECT_EQ(cluster.WhereIs("q"), "unschedulable");
}

TEST(LiveScheduler, DecidesNoFurtherAheadThanItMay) {
  auto setup = LiveCluster::DefaultSetup();
  setup.options.max_bindings = 1;
  LiveCluster cluster(setup);
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.AddPod("q");
  cluster.ShowAll();
  EXPECT_TRUE(cluster.scheduler->Step(true));
  EXPECT_FALSE(cluster.scheduler->Step(true));
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("q"), "n");
}

TEST(LiveScheduler, DecidesNothingWhereItIsNotAskedTo) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.ShowAll();
  EXPECT_FALSE(cluster.scheduler->Step(false));
  EXPECT_EQ(cluster.WhereIs("p"), "active");
}

TEST(LiveScheduler, LeavesThePodsOfOthersAlone) {
  LiveCluster cluster;
  cluster.AddNode("n");
  Json pod = PodJson("p");
  pod["spec"]["schedulerName"] = "somebody-else";
  cluster.PutPod(pod);
  cluster.Settle();
  EXPECT_THAT(cluster.api.served(), IsEmpty());
  EXPECT_TRUE(cluster.Compare().empty());
}

TEST(LiveScheduler, ServesTwoProfiles) {
  auto setup = LiveCluster::DefaultSetup();
  setup.config.profiles.push_back(setup.config.profiles.front());
  setup.config.profiles.back().scheduler_name = "second";
  LiveCluster cluster(setup);
  cluster.AddNode("n");
  Json pod = PodJson("p");
  pod["spec"]["schedulerName"] = "second";
  cluster.PutPod(pod);
  cluster.AddPod("q");
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_EQ(cluster.NodeOf("q"), "n");
  EXPECT_THAT(cluster.outcomes.attempts,
              ElementsAre("second scheduled", "default-scheduler scheduled"));
}

// ---- It fits nowhere ----

TEST(LiveScheduler, SaysWhyAPodFitsNowhere) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddNode("m");
  cluster.AddPod("p", "5");
  cluster.Settle();
  const std::string sentence =
      "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 "
      "nodes are available: 2 Preemption is not helpful for scheduling.";
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"), ElementsAre(sentence));
  const Json condition = cluster.ScheduledCondition("p");
  EXPECT_EQ(condition["status"], "False");
  EXPECT_EQ(condition["reason"], "Unschedulable");
  EXPECT_EQ(condition["message"], sentence);
  EXPECT_EQ(cluster.WhereIs("p"), "unschedulable");
  EXPECT_EQ(Count(cluster, kStatus), 1);
  EXPECT_TRUE(cluster.Compare().empty());
}

// kube-scheduler calls this an error of its own, not a pod that does not fit.
TEST(LiveScheduler, TriesAgainWhereAPreFilterFails) {
  LiveCluster cluster;
  cluster.AddNode("n");
  const Json broken = Json::parse(R"({"metadata": {"name": "broken"}, "provisioner": "p"})");
  cluster.api.Put(kStorageClasses, broken);
  cluster.api.Put(kVolumeClaims, Json::parse(R"({"metadata": {"name": "c", "namespace": "default",
    "uid": "u"}, "spec": {"storageClassName": "broken"}, "status": {"phase": "Pending"}})"));
  Json pod = PodJson("p");
  pod["spec"]["volumes"] = Json::parse(R"([{"name": "v",
    "persistentVolumeClaim": {"claimName": "c"}}])");
  cluster.PutPod(pod);
  cluster.Settle();
  EXPECT_EQ(cluster.ScheduledCondition("p")["reason"], "SchedulerError");
  EXPECT_EQ(
      cluster.ScheduledCondition("p")["message"],
      "running PreFilter plugin \"VolumeBinding\": VolumeBindingMode not set for StorageClass "
      "\"broken\"");
  EXPECT_THAT(cluster.outcomes.attempts, ElementsAre("default-scheduler error"));
  EXPECT_EQ(cluster.WhereIs("p"), "backoff");
  EXPECT_EQ(cluster.outcomes.preemption_attempts, 0);
}

TEST(LiveScheduler, SaysThatThereAreNoNodes) {
  LiveCluster cluster;
  cluster.AddPod("p");
  cluster.Settle();
  EXPECT_EQ(cluster.ScheduledCondition("p")["reason"], "Unschedulable");
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"),
              ElementsAre("no nodes available to schedule pods"));
  cluster.AddNode("n");
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
}

TEST(LiveScheduler, TriesAgainWhenANodeComes) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "5");
  cluster.Settle();
  cluster.clock.Advance(seconds(20));
  cluster.AddNode("big", "8");
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "big");
  ASSERT_EQ(cluster.outcomes.bound.size(), 1);
  EXPECT_EQ(cluster.outcomes.bound[0].attempts, 2);
  EXPECT_EQ(cluster.outcomes.bound[0].since_first, seconds(20)) << "since it could first be tried";
  EXPECT_EQ(cluster.ScheduledCondition("p")["status"], "True");
}

TEST(LiveScheduler, TellsAStatusAgainThatWasNotTaken) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "5");
  cluster.api.Refuse(503, 2);
  cluster.Settle();
  EXPECT_EQ(cluster.ScheduledCondition("p"), nullptr);
  cluster.Pass(seconds(2));
  EXPECT_EQ(cluster.ScheduledCondition("p")["status"], "False");
  EXPECT_EQ(Count(cluster, kStatus), 3);
}

TEST(LiveScheduler, DoesNotRepeatAStatusThatIsForbidden) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "5");
  cluster.api.Refuse(403);
  cluster.Settle();
  cluster.Pass(seconds(2));
  EXPECT_EQ(Count(cluster, kStatus), 1);
}

// ---- Binding fails ----

TEST(LiveScheduler, TriesAgainWhatWasRefused) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.Refuse(403);
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "");
  EXPECT_EQ(cluster.WhereIs("p"), "backoff");
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_EQ(cluster.ScheduledCondition("p")["reason"], "SchedulerError");
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"),
              ElementsAre("running Bind plugin \"DefaultBinder\": refused by the test"));
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_THAT(cluster.outcomes.attempts,
              ElementsAre("default-scheduler error", "default-scheduler scheduled"));
}

TEST(LiveScheduler, FindsOutWhatCameOfABindingWithoutAnswer) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.LoseAnswers();
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_THAT(cluster.api.served(), ElementsAre(kBinding, "GET /api/v1/namespaces/default/pods/p"));
  EXPECT_THAT(cluster.outcomes.attempts, ElementsAre("default-scheduler scheduled"));
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"), IsEmpty());
  EXPECT_TRUE(cluster.Compare().empty());
}

TEST(LiveScheduler, TriesAgainABindingThatNeverArrived) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.LoseRequests();
  cluster.Settle();
  EXPECT_EQ(cluster.WhereIs("p"), "backoff");
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
}

// While it is not known whether a pod is bound, nobody else may have its room.
TEST(LiveScheduler, KeepsTheRoomOfAPodThatMayBeBound) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.api.LoseAnswers(3);  // of the Binding, and of two questions
  cluster.ShowAll();
  cluster.Decide();
  cluster.AddPod("q", "3");
  cluster.api.ServeAll();
  cluster.Show(kPods);  // not yet that p is bound
  for (int i = 0; i < 4; ++i) {
    cluster.Decide();
    cluster.api.ServeAll();
    EXPECT_EQ(cluster.NodeOf("q"), "");
    cluster.clock.Advance(seconds(2));
  }
  cluster.Pass(seconds(5));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_EQ(cluster.NodeOf("q"), "");
  EXPECT_TRUE(cluster.scheduler->IsQuiet());
}

TEST(LiveScheduler, LearnsNothingFromAQuestionThatIsRefused) {
  for (const int status : {401, 403, 409, 429}) {
    LiveCluster cluster;
    cluster.AddNode("n");
    cluster.AddPod("p", "3");
    cluster.api.LoseAnswers();
    cluster.api.Refuse(status, 2);
    cluster.ShowAll();
    cluster.Decide();
    cluster.AddPod("q", "3", 10);
    cluster.api.ServeAll();
    cluster.Show(kPods);  // not yet that p is bound
    for (int i = 0; i < 3; ++i) {
      cluster.Decide();
      cluster.api.ServeAll();
      EXPECT_EQ(cluster.NodeOf("q"), "") << status;
      cluster.clock.Advance(seconds(2));
    }
    cluster.Decide();
    cluster.api.ServeAll();
    EXPECT_EQ(cluster.NodeOf("p"), "n");
    EXPECT_EQ(cluster.scheduler->bindings_in_flight(), 0) << status;
  }
}

TEST(LiveScheduler, LetsGoOfAPodThatSomebodyElseHasBound) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddNode("other");
  cluster.AddPod("p");
  cluster.ShowAll();
  cluster.Decide();
  const std::string mine = cluster.scheduler->pods().Find("uid-3")->node_name;
  const std::string theirs = mine == "n" ? "other" : "n";
  cluster.api.Merge(kPods, "default/p", {{"spec", {{"nodeName", theirs}}}});
  cluster.Settle();
  EXPECT_EQ(cluster.scheduler->pods().Find("uid-3")->node_name, theirs);
  EXPECT_EQ(cluster.ScheduledCondition("p"), nullptr) << "it is scheduled";
  EXPECT_EQ(cluster.WhereIs("p"), "");
  EXPECT_TRUE(cluster.Compare().empty());
  EXPECT_TRUE(cluster.scheduler->IsQuiet());
}

TEST(LiveScheduler, AsksBeforeItBelievesAnInternalError) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.Refuse(500);
  cluster.Settle();
  EXPECT_THAT(cluster.api.served(), Contains("GET /api/v1/namespaces/default/pods/p"));
  EXPECT_EQ(cluster.WhereIs("p"), "backoff");
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
}

TEST(LiveScheduler, BindsNothingOnceItDoesNotLead) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.leads = false;
  cluster.Settle();
  EXPECT_EQ(Count(cluster, kBinding), 0);
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"), ElementsAre("not the leader any more"));
}

// ---- Pods that go ----

TEST(LiveScheduler, SkipsAPodThatIsBeingDeleted) {
  LiveCluster cluster;
  cluster.AddNode("n");
  Json pod = PodJson("p");
  pod["metadata"]["deletionTimestamp"] = "2024-01-01T00:00:00Z";
  cluster.PutPod(pod);
  cluster.Settle();
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"),
              ElementsAre("skip schedule deleting pod: default/p"));
  EXPECT_EQ(Count(cluster, kBinding), 0);
  EXPECT_TRUE(cluster.Compare().empty()) << "it is known, and nobody waits for it";
}

TEST(LiveScheduler, ForgetsAPodThatGoesWhileItIsBound) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.AddPod("q", "3");
  cluster.ShowAll();
  cluster.Decide();
  cluster.api.Remove(kPods, "default/p");
  cluster.Settle();
  EXPECT_EQ(cluster.scheduler->pods().Find("uid-2"), nullptr);
  EXPECT_EQ(cluster.NodeOf("q"), "n") << "its room is free";
  EXPECT_TRUE(cluster.scheduler->IsQuiet());
  EXPECT_TRUE(cluster.Compare().empty());
}

// Bound and gone before the answer comes; a list shows only that it is gone.
TEST(LiveScheduler, ForgetsAPodWhoseBindingCameTooLate) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.AddPod("q", "3");
  cluster.ShowAll();
  cluster.Decide();
  cluster.api.Serve();
  ASSERT_EQ(cluster.NodeOf("p"), "n");
  cluster.api.Remove(kPods, "default/p");
  cluster.List(kPods);
  cluster.Decide();
  cluster.Settle();
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_EQ(cluster.NodeOf("q"), "n");
  EXPECT_TRUE(cluster.Compare().empty());
}

TEST(LiveScheduler, TellsAPodFromAnEarlierOneOfItsName) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.ShowAll();
  cluster.Decide();
  cluster.api.Remove(kPods, "default/p");
  cluster.AddPod("p", "2");
  cluster.Settle();
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_EQ(Count(cluster, kBinding), 2);
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_TRUE(cluster.Compare().empty());
}

// The same where the first one was bound, and a list shows the second in its place.
TEST(LiveScheduler, TellsAPodFromABoundOneOfItsName) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.ShowAll();
  cluster.Decide();
  cluster.api.Serve();
  cluster.api.Remove(kPods, "default/p");
  cluster.AddPod("p", "2");
  cluster.List(kPods);
  cluster.Decide();
  cluster.Settle();
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  EXPECT_EQ(cluster.scheduler->pods().size(), 1);
  EXPECT_TRUE(cluster.Compare().empty());
}

TEST(LiveScheduler, StaysWholeWhenTheNodeOfAnAssumedPodGoes) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.ShowAll();
  cluster.Decide();
  cluster.api.Remove(kNodes, "n");
  cluster.ShowAll();
  cluster.Decide();
  EXPECT_EQ(cluster.scheduler->cluster().pod_count(), 0);
  cluster.AddNode("n");
  cluster.Settle();
  EXPECT_EQ(cluster.scheduler->cluster().pod_count(), 1) << "it was bound, to a node of that name";
  EXPECT_TRUE(cluster.Compare().empty());
}

// ---- Reserve ----

class LiveReserve : public ::testing::Test {
 protected:
  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  LiveCluster::Setup setup_ = [this] {
    auto setup = LiveCluster::DefaultSetup();
    AddScripted(setup, "Scripted", script_);
    return setup;
  }();
};

TEST_F(LiveReserve, ThatFailsIsTriedAgain) {
  int asked = 0;
  script_->reserve = [&](const auto&) {
    return asked++ == 0 ? Status{Code::kError, {"broken"}} : Status{};
  };
  LiveCluster cluster(setup_);
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.Settle();
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"),
              ElementsAre("running Reserve plugin \"Scripted\": broken"));
  EXPECT_THAT(script_->unreserved, ElementsAre("p"));
  EXPECT_EQ(cluster.scheduler->pods().assumed_count(), 0);
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("p"), "n");
}

TEST_F(LiveReserve, ThatSaysNoTellsEveryReason) {
  script_->reserve = [](const auto&) { return Status{Code::kUnschedulable, {"taken", "late"}}; };
  LiveCluster cluster(setup_);
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.Settle();
  EXPECT_EQ(cluster.ScheduledCondition("p")["message"],
            "0/1 nodes are available: 1 late, 1 taken.");
  EXPECT_EQ(cluster.ScheduledCondition("p")["reason"], "Unschedulable");
}

TEST_F(LiveReserve, IsUndoneWhenABindingFails) {
  LiveCluster cluster(setup_);
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.Refuse(403);
  cluster.Settle();
  EXPECT_THAT(script_->unreserved, ElementsAre("p"));
}

TEST_F(LiveReserve, StaysWhereABindingWithoutAnswerWasDone) {
  LiveCluster cluster(setup_);
  cluster.AddNode("n");
  cluster.AddPod("p");
  cluster.api.LoseAnswers();
  cluster.Settle();
  EXPECT_THAT(script_->unreserved, IsEmpty());
}

// ---- What is timed ----

TEST(LiveStages, OfABoundPodAndOfOneThatFitsNowhere) {
  LiveCluster cluster;
  cluster.AddNode("n");
  cluster.AddPod("p", "3");
  cluster.Settle();
  EXPECT_THAT(cluster.outcomes.stages,
              ElementsAre("bind Success", "permit Success", "reserve Success"));
  cluster.outcomes.stages.clear();
  cluster.AddPod("q", "3");
  cluster.Settle();
  EXPECT_THAT(cluster.outcomes.stages, ElementsAre("postFilter Unschedulable"));
  cluster.outcomes.stages.clear();
  cluster.AddPod("important", "3", 10);
  cluster.Settle();
  EXPECT_THAT(cluster.outcomes.stages, ElementsAre("postFilter Success"));
}

// ---- Nominations ----

TEST(LiveNominations, OfAGatedPodKeepNoRoom) {
  LiveCluster cluster;
  cluster.AddNode("n");
  Json pod = PodJson("p", "3", 5);
  pod["status"]["nominatedNodeName"] = "n";
  pod["spec"]["schedulingGates"] = {{{"name", "not-yet"}}};
  cluster.PutPod(pod);
  cluster.AddPod("q", "3");
  cluster.Settle();
  EXPECT_EQ(cluster.WhereIs("p"), "gated");
  EXPECT_EQ(cluster.NodeOf("q"), "n");
}

}  // namespace
}  // namespace berth::live

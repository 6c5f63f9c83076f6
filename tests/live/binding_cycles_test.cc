// Permit and PreBind, step by step, and what is undone.
#include "scheduler/live/binding_cycles.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"
#include "tests/live/scripted_plugin.h"

namespace berth::live {
namespace {

using framework::ApiWrite;
using framework::Code;
using framework::PermitResult;
using framework::PreBindEvent;
using framework::PreBindWait;
using framework::Status;
using framework::WriteKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kBinding = "POST /api/v1/namespaces/default/pods/p/binding";
constexpr const char* kStatus = "PATCH /api/v1/namespaces/default/pods/p/status";

PermitResult Waiting(std::chrono::nanoseconds timeout) { return {{Code::kWait, {}}, timeout}; }

class BindingCyclesTest : public ::testing::Test {
 protected:
  // After the script has been written.
  void Start() {
    AddScripted(setup_, "Scripted", script_);
    cluster_ = std::make_unique<LiveCluster>(setup_);
    cluster_->AddNode("n");
    cluster_->AddPod("p", "3");
    cluster_->Settle();
  }
  bool IsBound() const { return cluster_->NodeOf("p") == "n"; }
  // Writes an annotation of the node.
  static ApiWrite Annotate(const std::string& value) {
    return {WriteKind::kMergePatch, "/api/v1/nodes/n",
            Json{{"metadata", {{"annotations", {{"touched", value}}}}}}.dump()};
  }
  std::string Annotation() const {
    return TextAt(cluster_->api.Find(kNodes, "n"), "/metadata/annotations/touched");
  }
  std::vector<std::string> FailureNotes() const {
    return cluster_->events.Notes("FailedScheduling");
  }
  void ExpectNothingLeft() const {
    EXPECT_EQ(cluster_->scheduler->pods().assumed_count(), 0);
    EXPECT_EQ(cluster_->scheduler->bindings_in_flight(), 0);
    EXPECT_TRUE(cluster_->Compare().empty());
  }

  LiveCluster::Setup setup_ = LiveCluster::DefaultSetup();
  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  std::unique_ptr<LiveCluster> cluster_;
};

// ---- Permit ----

TEST_F(BindingCyclesTest, PermitMayWaitForAnotherPod) {
  bool allowed = false;
  script_->permit = [&](const api::Pod& pod) {
    if (pod.meta.name == "q") allowed = true;
    return allowed ? PermitResult{} : Waiting(seconds(60));
  };
  Start();
  EXPECT_FALSE(IsBound());
  EXPECT_EQ(cluster_->scheduler->pods().assumed_count(), 1) << "it keeps its room";
  EXPECT_EQ(TextAt(cluster_->api.Find(kPods, "default/p"), "/status/nominatedNodeName"), "n")
      << "others are told where it is going";
  cluster_->AddPod("q");
  cluster_->Settle();
  EXPECT_TRUE(IsBound());
  EXPECT_EQ(cluster_->NodeOf("q"), "n");
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, PermitRunsOutOfTime) {
  script_->permit = [](const auto&) { return Waiting(seconds(90)); };
  Start();
  cluster_->Pass(seconds(89));
  EXPECT_THAT(FailureNotes(), IsEmpty());
  cluster_->clock.Advance(seconds(1));
  cluster_->scheduler->Step(false);
  const std::string sentence =
      "0/1 nodes are available: 1 rejected due to timeout after waiting 1m30s at plugin Scripted.";
  EXPECT_THAT(FailureNotes(), ElementsAre(sentence));
  EXPECT_EQ(cluster_->scheduler->pods().assumed_count(), 0);
  EXPECT_THAT(script_->unreserved, ElementsAre("p"));
  const auto* queued = cluster_->scheduler->queue().Find("default", "p");
  ASSERT_NE(queued, nullptr);
  EXPECT_THAT(queued->rejectors.unschedulable, ElementsAre("Scripted"));
}

TEST_F(BindingCyclesTest, PermitNamesWhoWaitsForTheShortestTime) {
  auto patient = std::make_shared<Script>();
  patient->permit = [](const auto&) { return Waiting(seconds(60)); };
  script_->permit = [](const auto&) { return Waiting(milliseconds(1500)); };
  AddScripted(setup_, "Patient", patient);
  Start();
  cluster_->clock.Advance(seconds(2));
  cluster_->scheduler->Step(false);
  EXPECT_THAT(FailureNotes(),
              ElementsAre("0/1 nodes are available: 1 rejected due to timeout after "
                          "waiting 1.5s at plugin Scripted."));
}

TEST_F(BindingCyclesTest, PermitMaySayNo) {
  script_->permit = [](const auto&) { return PermitResult{{Code::kUnschedulable, {"not now"}}}; };
  Start();
  EXPECT_THAT(FailureNotes(), ElementsAre("0/1 nodes are available: 1 not now."));
  EXPECT_EQ(cluster_->ScheduledCondition("p")["reason"], "Unschedulable");
  EXPECT_EQ(cluster_->WhereIs("p"), "unschedulable") << "it waits for what its rejector waits for";
  const auto* queued = cluster_->scheduler->queue().Find("default", "p");
  ASSERT_NE(queued, nullptr);
  EXPECT_THAT(queued->rejectors.unschedulable, ElementsAre("Scripted"));
  EXPECT_THAT(cluster_->outcomes.attempts, ElementsAre("default-scheduler unschedulable"));
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, PermitMaySayNoWhileAPodWaits) {
  bool rejected = false;
  script_->permit = [&](const api::Pod& pod) {
    if (pod.meta.name == "q") return PermitResult{};
    return rejected ? PermitResult{{Code::kUnschedulable, {"never"}}} : Waiting(seconds(60));
  };
  Start();
  rejected = true;
  cluster_->AddPod("q");
  cluster_->Settle();
  EXPECT_THAT(FailureNotes(), Contains("0/1 nodes are available: 1 never."));
  EXPECT_EQ(cluster_->NodeOf("q"), "n");
}

TEST_F(BindingCyclesTest, PermitMayBreak) {
  script_->permit = [](const auto&) { return PermitResult{{Code::kError, {"broken"}}}; };
  Start();
  EXPECT_THAT(FailureNotes(), ElementsAre("running Permit plugin \"Scripted\": broken"));
  EXPECT_EQ(cluster_->WhereIs("p"), "backoff");
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, PodsThatWaitOnPermitMayGo) {
  script_->permit = [](const auto&) { return Waiting(seconds(60)); };
  Start();
  cluster_->api.Remove(kPods, "default/p");
  cluster_->Settle();
  EXPECT_THAT(script_->unreserved, ElementsAre("p"));
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, TheNodeOfAPodThatWaitsMayGo) {
  script_->permit = [](const auto&) { return Waiting(seconds(60)); };
  Start();
  cluster_->api.Remove(kNodes, "n");
  cluster_->Settle();
  EXPECT_THAT(script_->unreserved, ElementsAre("p")) << "what was reserved is given back";
  EXPECT_THAT(FailureNotes(), Contains("node \"n\" not found"));
  ExpectNothingLeft();
}

// ---- PreBind ----

// A ProfileRuntime has to keep the plugins of PreBind for any of this to run.
#define SKIP_WITHOUT_PREBIND()                                  \
  if (LiveCluster(setup_)                                       \
          .scheduler->profiles()                                \
          .PluginsAt(config::ExtensionPoint::kPreBind)          \
          .empty()) {                                           \
    GTEST_SKIP() << "ProfileRuntime has no plugins at PreBind"; \
  }

TEST_F(BindingCyclesTest, PreBindWritesBeforeThePodIsBound) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("once"), PreBindEvent{"Waiting", "for a volume"},
                       Annotate("twice")};
  Start();
  EXPECT_TRUE(IsBound());
  EXPECT_EQ(Annotation(), "twice");
  EXPECT_THAT(script_->answers, ElementsAre(200, 200));
  EXPECT_THAT(cluster_->events.Notes("Waiting"), ElementsAre("for a volume"));
  EXPECT_THAT(cluster_->api.served(),
              ElementsAre(kStatus, "PATCH /api/v1/nodes/n", "PATCH /api/v1/nodes/n", kBinding));
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, PreBindWaits) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {PreBindWait{seconds(5)}, Annotate("late")};
  Start();
  cluster_->Pass(seconds(4));
  EXPECT_FALSE(IsBound());
  EXPECT_EQ(Annotation(), "");
  EXPECT_FALSE(cluster_->scheduler->IsQuiet());
  EXPECT_LE(cluster_->scheduler->NextDue(), cluster_->clock.Now() + seconds(1));
  cluster_->Pass(seconds(1));
  EXPECT_TRUE(IsBound());
  EXPECT_EQ(Annotation(), "late");
}

TEST_F(BindingCyclesTest, PreBindThatFailsIsUndone) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("done"), Status{Code::kError, {"no volume"}}};
  script_->undo = {Annotate("undone")};
  Start();
  EXPECT_FALSE(IsBound());
  EXPECT_EQ(Annotation(), "undone");
  EXPECT_THAT(FailureNotes(), ElementsAre("running PreBind plugin \"Scripted\": no volume"));
  EXPECT_THAT(script_->unreserved, ElementsAre("p"));
  EXPECT_THAT(cluster_->api.served(), Not(Contains(kBinding)));
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, PreBindIsToldOfAWriteThatFails) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("done")};
  AddScripted(setup_, "Scripted", script_);
  cluster_ = std::make_unique<LiveCluster>(setup_);
  cluster_->api.OnlyFor("nodes/n");
  cluster_->api.Refuse(409);
  cluster_->AddNode("n");
  cluster_->AddPod("p");
  cluster_->Settle();
  EXPECT_THAT(script_->answers, ElementsAre(409));
  EXPECT_THAT(FailureNotes(),
              ElementsAre("running PreBind plugin \"Scripted\": refused by the test"));
}

TEST_F(BindingCyclesTest, ABindingThatFailsUndoesPreBind) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("done")};
  script_->undo = {Annotate("undone")};
  AddScripted(setup_, "Scripted", script_);
  cluster_ = std::make_unique<LiveCluster>(setup_);
  cluster_->api.OnlyFor("binding");
  cluster_->api.Refuse(403);
  cluster_->AddNode("n");
  cluster_->AddPod("p");
  cluster_->Settle();
  EXPECT_EQ(Annotation(), "undone");
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, ABindingThatWasDoneUndoesNothing) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("done")};
  script_->undo = {Annotate("undone")};
  AddScripted(setup_, "Scripted", script_);
  cluster_ = std::make_unique<LiveCluster>(setup_);
  cluster_->api.OnlyFor("binding");
  cluster_->api.LoseAnswers();
  cluster_->AddNode("n");
  cluster_->AddPod("p");
  cluster_->Settle();
  EXPECT_TRUE(IsBound());
  EXPECT_EQ(Annotation(), "done");
}

TEST_F(BindingCyclesTest, AnAnswerThatComesTooLateIsNotLookedAt) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {Annotate("done")};
  AddScripted(setup_, "Scripted", script_);
  cluster_ = std::make_unique<LiveCluster>(setup_);
  cluster_->AddNode("n");
  cluster_->AddPod("p");
  cluster_->ShowAll();
  cluster_->Decide();
  cluster_->api.Remove(kPods, "default/p");
  cluster_->ShowAll();
  cluster_->Decide();
  cluster_->Settle();
  EXPECT_THAT(script_->answers, IsEmpty());
  EXPECT_THAT(cluster_->api.served(), Not(Contains(kBinding)));
  ExpectNothingLeft();
}

TEST_F(BindingCyclesTest, NobodyBindsWhoNoLongerLeads) {
  SKIP_WITHOUT_PREBIND();
  script_->pre_bind = {PreBindWait{seconds(5)}};
  script_->undo = {Annotate("undone")};
  Start();
  cluster_->leads = false;
  cluster_->Pass(seconds(5));
  EXPECT_THAT(cluster_->api.served(), Not(Contains(kBinding)));
  EXPECT_EQ(Annotation(), "undone");
  EXPECT_THAT(FailureNotes(), Contains("not the leader any more"));
}

}  // namespace
}  // namespace berth::live

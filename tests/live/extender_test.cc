// A scheduler of a real cluster that asks an extender over HTTP.
#include <gmock/gmock.h>

#include <mutex>

#include "scheduler/config/load.h"
#include "tests/live/live_cluster.h"
#include "tests/support/fake_api_server.h"

namespace berth::live {
namespace {

using support::FakeApiServer;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LiveExtender : public ::testing::Test {
 protected:
  ServerResponse Answer(const ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    asked_.emplace_back(request.target, Json::parse(request.body));
    return answer_(asked_.back().first, asked_.back().second);
  }

  // With one extender that has these fields beside its address.
  void Begin(const std::string& fields) {
    auto setup = LiveCluster::DefaultSetup();
    const auto config = config::LoadText(
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "extenders: [{urlPrefix: \"" +
            server_.url() + "\", httpTimeout: 2m, " + fields + "}]\n",
        "test");
    ASSERT_TRUE(config) << config.error().message();
    setup.config = *config;
    cluster_ = std::make_unique<LiveCluster>(setup);
    cluster_->AddNode("a");
    cluster_->AddNode("b");
    cluster_->ShowAll();
    cluster_->Settle();
  }
  // Until the answers of the extender to bindings have come.
  void SettleBindings() {
    cluster_->Settle();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!cluster_->scheduler->IsQuiet() && std::chrono::steady_clock::now() < give_up) {
      cluster_->scheduler->inbox().WaitUntil(std::chrono::steady_clock::now() +
                                             std::chrono::milliseconds(5));
      cluster_->Settle();
    }
    EXPECT_TRUE(cluster_->scheduler->IsQuiet());
  }
  std::string BoundTo() {
    const std::lock_guard lock(mutex_);
    return bound_to_;
  }
  std::string LastNote() const {
    const auto notes = cluster_->events.Notes("FailedScheduling");
    return notes.empty() ? "" : notes.back();
  }

  std::mutex mutex_;
  std::vector<std::pair<std::string, Json>> asked_;
  std::function<ServerResponse(const std::string&, const Json&)> answer_ =
      [](const std::string&, const Json&) { return ServerResponse{.body = "null"}; };
  FakeApiServer server_{[this](const ServerRequest& request) { return Answer(request); }};
  std::unique_ptr<LiveCluster> cluster_;
  std::string bound_to_;
};

constexpr const char* kNames = "filterVerb: filter, nodeCacheCapable: true";

TEST_F(LiveExtender, NodesAreTakenAwayAndObjectsShownAsTheyAre) {
  Begin("filterVerb: filter");
  answer_ = [](const std::string&, const Json& body) {
    Json answer = {{"Nodes", body["Nodes"]}};
    answer["Nodes"]["items"].erase(0);
    return ServerResponse{.body = answer.dump()};
  };
  Json pod = PodJson("p");
  pod["spec"]["unknownToBerth"] = 7;
  cluster_->PutPod(pod);
  cluster_->Settle();
  ASSERT_THAT(asked_, SizeIs(1));
  EXPECT_EQ(asked_[0].second["Pod"]["spec"]["unknownToBerth"], 7);
  ASSERT_THAT(asked_[0].second["Nodes"]["items"], SizeIs(2));
  const Json& items = asked_[0].second["Nodes"]["items"];
  EXPECT_EQ(cluster_->NodeOf("p"), items[1]["metadata"]["name"]);
  EXPECT_EQ(cluster_->scheduler->texts()->size(), 2u) << "only the nodes; the pod has its node";
}

TEST_F(LiveExtender, AnyEventWakesAPodThatItHasTurnedAway) {
  Begin(kNames);
  answer_ = [](const std::string&, const Json&) {
    return ServerResponse{.body = R"({"FailedNodes":{"a":"not now"}})"};
  };
  cluster_->AddPod("p");
  cluster_->Settle();
  EXPECT_EQ(cluster_->WhereIs("p"), "unschedulable");
  EXPECT_THAT(LastNote(), HasSubstr("0/2 nodes are available: 1 not now."));
  answer_ = [](const std::string&, const Json&) {
    return ServerResponse{.body = R"({"NodeNames":["b"]})"};
  };
  // Nothing that a plugin could care about.
  cluster_->api.Merge(kNodes, "a", {{"metadata", {{"annotations", {{"x", "y"}}}}}});
  cluster_->Settle();
  cluster_->Pass(std::chrono::seconds(3));
  EXPECT_EQ(cluster_->NodeOf("p"), "b");
}

TEST_F(LiveExtender, AFailureIsAnErrorThatIsTriedAgain) {
  Begin(kNames);
  answer_ = [](const std::string&, const Json&) { return ServerResponse{.status = 500}; };
  cluster_->AddPod("p");
  cluster_->Settle();
  const std::string why =
      "failed filter with extender at URL " + server_.url() + "/filter, code 500";
  EXPECT_EQ(LastNote(), why);
  EXPECT_EQ(cluster_->ScheduledCondition("p")["reason"], "SchedulerError");
  EXPECT_EQ(cluster_->ScheduledCondition("p")["message"], why);
  answer_ = [](const std::string&, const Json&) {
    return ServerResponse{.body = R"({"NodeNames":["a"]})"};
  };
  cluster_->Pass(std::chrono::seconds(5));
  EXPECT_EQ(cluster_->NodeOf("p"), "a");
}

// ---- Binding ----

TEST_F(LiveExtender, BindsInThePlaceOfTheScheduler) {
  Begin("bindVerb: bind");
  cluster_->AddPod("p");
  // The extender does what the scheduler would have done.
  answer_ = [this](const std::string& target, const Json& body) {
    EXPECT_EQ(target, "/bind");
    EXPECT_EQ(body["PodName"], "p");
    EXPECT_EQ(body["PodNamespace"], "default");
    EXPECT_FALSE(body["PodUID"].get<std::string>().empty());
    bound_to_ = body["Node"];
    return ServerResponse{.body = "{}"};
  };
  SettleBindings();
  EXPECT_THAT(cluster_->outcomes.bound, SizeIs(1));
  EXPECT_THAT(bound_to_, ::testing::AnyOf("a", "b"));
  for (const std::string& request : cluster_->api.served()) {
    EXPECT_THAT(request, ::testing::Not(HasSubstr("/binding")));
  }
}

TEST_F(LiveExtender, AfterAFailedBindingTheApiServerIsAsked) {
  Begin("bindVerb: bind");
  cluster_->AddPod("p");
  answer_ = [](const std::string&, const Json&) {
    return ServerResponse{.body = R"({"Error":"cannot bind"})"};
  };
  SettleBindings();
  EXPECT_THAT(cluster_->api.served(), ::testing::Contains("GET /api/v1/namespaces/default/pods/p"));
  EXPECT_THAT(cluster_->outcomes.bound, IsEmpty());
  EXPECT_EQ(LastNote(), "cannot bind");
  EXPECT_EQ(cluster_->scheduler->pods().assumed_count(), 0u) << "its room is free again";
}

TEST_F(LiveExtender, ALostAnswerOfABindingThatWasDoneIsNoFailure) {
  Begin("bindVerb: bind");
  cluster_->AddPod("p");
  answer_ = [this](const std::string&, const Json& body) {
    bound_to_ = body["Node"];
    return ServerResponse{.drop = true};
  };
  cluster_->ShowAll();
  cluster_->Decide();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (cluster_->api.requests().empty() && std::chrono::steady_clock::now() < give_up) {
    cluster_->scheduler->inbox().WaitUntil(std::chrono::steady_clock::now() +
                                           std::chrono::milliseconds(5));
    cluster_->Decide();
  }
  // The question where the pod is waits: the extender has bound it meanwhile.
  ASSERT_THAT(cluster_->api.requests(), SizeIs(1));
  cluster_->api.Merge(kPods, "default/p", {{"spec", {{"nodeName", BoundTo()}}}});
  SettleBindings();
  EXPECT_THAT(cluster_->outcomes.bound, SizeIs(1));
  EXPECT_THAT(cluster_->events.Notes("FailedScheduling"), IsEmpty());
}

TEST_F(LiveExtender, WhereItMayBeIgnoredTheSchedulerBinds) {
  Begin("bindVerb: bind, ignorable: true");
  server_.Stop();
  cluster_->AddPod("p");
  SettleBindings();
  EXPECT_NE(cluster_->NodeOf("p"), "");
  EXPECT_THAT(cluster_->outcomes.bound, SizeIs(1));
}

TEST(LiveWithoutExtenders, KeepsNoTexts) {
  LiveCluster cluster;
  EXPECT_EQ(cluster.scheduler->texts(), nullptr);
  EXPECT_EQ(cluster.scheduler->extenders(), nullptr);
  EXPECT_FALSE(cluster.scheduler->profiles().has_extenders());
}

}  // namespace
}  // namespace berth::live

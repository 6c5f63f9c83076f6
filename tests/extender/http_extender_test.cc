// The protocol, over real HTTP.
#include "scheduler/extender/http_extender.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/support/builders.h"
#include "tests/support/fake_api_server.h"

namespace berth::extender {
namespace {

using cycle::ExtenderNode;
using nlohmann::json;
using support::FakeApiServer;
using support::NodeBuilder;
using support::PodBuilder;
using support::ServerRequest;
using support::ServerResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

const base::SystemClock kClock;

class HttpExtenderTest : public ::testing::Test {
 protected:
  explicit HttpExtenderTest(support::FakeApiServerOptions options = {})
      : server_([this](const ServerRequest& request) { return Answer(request); }, options) {
    configured_.url_prefix = server_.url() + "/scheduler/";
    configured_.filter_verb = "filter";
    configured_.prioritize_verb = "prioritize";
    configured_.weight = 1;
    // So that a busy machine fails no test.
    configured_.http_timeout = std::chrono::minutes(2);
    for (const char* name : {"a", "b", "c"}) {
      const auto node = NodeBuilder(name).Build();
      nodes_.push_back({cluster_.AddNode(node)});
      texts_.Set(*node,
                 R"({"metadata":{"name":")" + std::string(name) + R"("},"own":")" + name + "\"}");
    }
    PodBuilder pod("p");
    pod.pod().meta.uid = "u-p";
    pod_ = pod.Build();
    texts_.Set(*pod_, R"({"metadata":{"name":"p"},"spec":{"unknown":[1]}})");
  }

  ServerResponse Answer(const ServerRequest& request) {
    const std::lock_guard lock(mutex_);
    request_ = request;
    return answer_;
  }
  ServerRequest Last() {
    const std::lock_guard lock(mutex_);
    return request_;
  }
  json Body() { return json::parse(Last().body); }
  void AnswerWith(ServerResponse answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void AnswerWith(const std::string& body) { AnswerWith(ServerResponse{.body = body}); }

  cycle::Extender& Extender() {
    auto made = MakeExtenders({&configured_, 1}, texts_, kClock);
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
    extenders_ = *std::move(made);
    return *extenders_.front();
  }
  base::Result<cycle::ExtenderFilterResult> Filter() {
    return Extender().Filter(*pod_, cluster_, nodes_);
  }
  std::string FilterError() {
    const auto result = Filter();
    return result ? "" : result.error().message();
  }
  std::vector<std::string> Names(const std::vector<ExtenderNode>& nodes) const {
    std::vector<std::string> names;
    for (const auto& node : nodes) names.push_back(cluster_.nodes.Name(node.row));
    return names;
  }

  std::mutex mutex_;
  ServerRequest request_;
  ServerResponse answer_;
  config::Extender configured_;
  cluster::Cluster cluster_;
  std::vector<ExtenderNode> nodes_;
  std::shared_ptr<const api::Pod> pod_;
  ObjectTexts texts_{{.pods = true, .placed_pods = true, .nodes = true}};
  FakeApiServer server_;
  cycle::Extenders extenders_;
};

TEST_F(HttpExtenderTest, PostsThePodAndWholeNodesAsTheyAre) {
  AnswerWith(R"({"Nodes":{"items":[]}})");
  ASSERT_EQ(FilterError(), "");
  EXPECT_EQ(Last().method, "POST");
  EXPECT_EQ(Last().target, "/scheduler/filter");
  EXPECT_EQ(Last().Header("content-type"), "application/json");
  EXPECT_EQ(Body(), json::parse(R"({
    "Pod":{"metadata":{"name":"p"},"spec":{"unknown":[1]}},
    "Nodes":{"metadata":{},"items":[{"metadata":{"name":"a"},"own":"a"},
      {"metadata":{"name":"b"},"own":"b"},{"metadata":{"name":"c"},"own":"c"}]},
    "NodeNames":null})"));
}

TEST_F(HttpExtenderTest, PostsNamesToOneThatKnowsTheNodes) {
  configured_.node_cache_capable = true;
  AnswerWith(R"({"nodeNames":["c","a"],"failedNodes":{"b":"no"},
                 "FailedAndUnresolvableNodes":{"x":"never"}})");
  const auto result = Filter();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(Body()["Nodes"], nullptr);
  EXPECT_EQ(Body()["NodeNames"], json({"a", "b", "c"}));
  EXPECT_THAT(Names(result->nodes), ElementsAre("c", "a"));
  EXPECT_EQ(result->nodes[0].returned, nullptr);
  EXPECT_THAT(result->failed, ElementsAre(Pair("b", "no")));
  EXPECT_THAT(result->unresolvable, ElementsAre(Pair("x", "never")));
}

TEST_F(HttpExtenderTest, TakesWholeNodesFromOneThatKnowsThemToo) {
  configured_.node_cache_capable = true;
  AnswerWith(R"({"Nodes":{"items":[{"metadata":{"name":"b","labels":{"k":"v"}},"x":1}]}})");
  const auto result = Filter();
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_THAT(Names(result->nodes), ElementsAre("b"));
  ASSERT_NE(result->nodes[0].returned, nullptr);
  EXPECT_EQ(result->nodes[0].returned->node.meta.labels.size(), 1u);
}

TEST_F(HttpExtenderTest, HandsOnWhatAnotherHasReturned) {
  AnswerWith(R"({"Nodes":{"items":[{"metadata":{"name":"b"},"x":1}]}})");
  auto result = Filter();
  ASSERT_TRUE(result) << result.error().message();
  AnswerWith(R"([{"Host":"b","Score":3}])");
  const auto scores = extenders_.front()->Prioritize(*pod_, cluster_, result->nodes);
  ASSERT_TRUE(scores) << scores.error().message();
  EXPECT_EQ(Last().target, "/scheduler/prioritize");
  EXPECT_EQ(Body()["Nodes"]["items"], json::parse(R"([{"metadata":{"name":"b"},"x":1}])"));
  ASSERT_THAT(*scores, SizeIs(1));
  EXPECT_EQ((*scores)[0].host, "b");
  EXPECT_EQ((*scores)[0].score, 3);
}

TEST_F(HttpExtenderTest, IgnoresNamesFromOneThatWasShownNodes) {
  AnswerWith(R"({"NodeNames":["a"]})");
  const auto result = Filter();
  ASSERT_TRUE(result);
  EXPECT_THAT(result->nodes, IsEmpty());
}

TEST_F(HttpExtenderTest, FailsInTheWordsOfKubeScheduler) {
  const std::string url = server_.url() + "/scheduler/filter";
  AnswerWith(R"({"Error":"out of licences"})");
  EXPECT_EQ(FilterError(), "out of licences");
  for (const int status : {500, 404, 201, 302}) {
    AnswerWith(ServerResponse{.status = status});
    EXPECT_EQ(FilterError(),
              "failed filter with extender at URL " + url + ", code " + std::to_string(status));
  }
  AnswerWith("nonsense");
  EXPECT_EQ(FilterError(), url + ": the answer is not JSON");
  configured_.node_cache_capable = true;
  AnswerWith(R"({"NodeNames":["x"]})");
  EXPECT_EQ(FilterError(), "extender \"" + configured_.url_prefix +
                               "\" claims a filtered node \"x\" which is not found in the input "
                               "node list");
  nodes_.pop_back();
  AnswerWith(R"({"NodeNames":["c"]})");
  EXPECT_THAT(FilterError(), HasSubstr("claims a filtered node \"c\""));
  AnswerWith(R"({"Nodes":{"items":[{"metadata":{"name":7}}]}})");
  EXPECT_THAT(FilterError(), HasSubstr("metadata.name"));
}

TEST_F(HttpExtenderTest, AsksOnceWhateverTheAnswer) {
  AnswerWith(ServerResponse{.status = 503, .headers = {{"Retry-After", "1"}}});
  EXPECT_THAT(FilterError(), HasSubstr("code 503"));
  EXPECT_EQ(server_.requests(), 1);
}

TEST_F(HttpExtenderTest, SaysWhyNoAnswerCame) {
  AnswerWith(ServerResponse{.drop = true});
  EXPECT_THAT(FilterError(), StartsWith("Post \"" + server_.url() + "/scheduler/filter\": "));
  server_.Stop();
  EXPECT_THAT(FilterError(), HasSubstr("Connection refused"));
}

TEST_F(HttpExtenderTest, WaitsNoLongerThanItIsAllowedTo) {
  configured_.http_timeout = std::chrono::milliseconds(20);
  AnswerWith(ServerResponse{.stream = [](support::ResponseStream& stream) {
    while (stream.IsOpen()) stream.Write(" ");
  }});
  EXPECT_NE(FilterError(), "");
}

TEST_F(HttpExtenderTest, KeepsItsConnection) {
  AnswerWith(R"({"Nodes":{"items":[]}})");
  cycle::Extender& extender = Extender();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(extender.Filter(*pod_, cluster_, nodes_).has_value());
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpExtenderTest, IsInterestedInWhatItManages) {
  const auto asks = [](const char* resource, bool init, bool limit) {
    PodBuilder pod("p");
    api::Container container;
    auto& resources = container.resources;
    (limit ? resources.limits : resources.requests) = support::Resources({{resource, "1"}});
    (init ? pod.spec().init_containers : pod.spec().containers).push_back(container);
    return pod.Build();
  };
  EXPECT_TRUE(Extender().IsInterested(*pod_));
  configured_.managed_resources = {{"example.com/gpu", false}};
  const cycle::Extender& extender = Extender();
  EXPECT_FALSE(extender.IsInterested(*pod_));
  EXPECT_FALSE(extender.IsInterested(*asks("cpu", false, false)));
  for (const bool init : {false, true}) {
    for (const bool limit : {false, true}) {
      EXPECT_TRUE(extender.IsInterested(*asks("example.com/gpu", init, limit)));
    }
  }
}

TEST_F(HttpExtenderTest, ThoseThatMayBeIgnoredComeLast) {
  std::vector<config::Extender> configured(4, configured_);
  for (std::size_t i = 0; i < configured.size(); ++i) {
    configured[i].url_prefix = "http://" + std::to_string(i);
    configured[i].ignorable = i % 2 == 0;
  }
  const auto made = MakeExtenders(configured, texts_, kClock);
  ASSERT_TRUE(made) << made.error().message();
  std::vector<std::string> order;
  for (const auto& extender : *made) order.push_back(extender->Name());
  EXPECT_THAT(order, ElementsAre("http://1", "http://3", "http://0", "http://2"));
}

TEST_F(HttpExtenderTest, RefusesWhatCannotWork) {
  const auto error = [&] {
    const auto made = MakeExtenders({&configured_, 1}, texts_, kClock);
    return made ? "" : made.error().message();
  };
  configured_.url_prefix = "127.0.0.1:80";
  EXPECT_EQ(error(), "extenders[0]: urlPrefix: neither http nor https: \"127.0.0.1:80\"");
  configured_.url_prefix = "http://x?y=z";
  EXPECT_THAT(error(), StartsWith("extenders[0]: "));
  configured_.url_prefix = "https://x";
  configured_.tls.emplace().ca_file = "/no/such/file";
  EXPECT_THAT(error(), HasSubstr("/no/such/file"));
  configured_.tls->insecure = true;
  EXPECT_THAT(error(), HasSubstr("insecure"));
}

// ---- Preempt and bind ----

TEST_F(HttpExtenderTest, ShowsVictimsByUidOrWhole) {
  PodBuilder victim("v");
  victim.pod().meta.uid = "u-v";
  victim.pod().node_name = "b";
  const auto placed = victim.Build();
  texts_.Set(*placed, R"({"metadata":{"name":"v"},"own":1})");
  const auto index = cluster_.AddPod(placed, 1);
  const cycle::ExtenderVictimsByNode victims = {{"b", {{index}, 1}}};
  configured_.preempt_verb = "preempt";
  AnswerWith(R"({"NodeNameToMetaVictims":{"b":{"Pods":[{"UID":"u-v"}],"NumPDBViolations":1}}})");
  const auto left = Extender().Preempt(*pod_, cluster_, victims);
  ASSERT_TRUE(left) << left.error().message();
  EXPECT_EQ(Last().target, "/scheduler/preempt");
  EXPECT_EQ(Body()["NodeNameToMetaVictims"], nullptr);
  EXPECT_EQ(Body()["NodeNameToVictims"],
            json::parse(R"({"b":{"Pods":[{"metadata":{"name":"v"},"own":1}],
                            "NumPDBViolations":1}})"));
  EXPECT_THAT(left->at("b").pods, ElementsAre(index));
  EXPECT_EQ(left->at("b").budgets_violated, 1);
  configured_.node_cache_capable = true;
  ASSERT_TRUE(Extender().Preempt(*pod_, cluster_, victims).has_value());
  EXPECT_EQ(Body()["NodeNameToVictims"], nullptr);
  EXPECT_EQ(Body()["NodeNameToMetaVictims"],
            json::parse(R"({"b":{"Pods":[{"UID":"u-v"}],"NumPDBViolations":1}})"));
}

TEST_F(HttpExtenderTest, KnowsVictimsThatAreNotThere) {
  configured_.preempt_verb = "preempt";
  AnswerWith(R"({"NodeNameToMetaVictims":{"b":{"Pods":[{"UID":"u"}]}}})");
  auto left = Extender().Preempt(*pod_, cluster_, {});
  ASSERT_FALSE(left.has_value());
  EXPECT_EQ(left.error().message(),
            "extender: " + configured_.url_prefix +
                " claims to preempt pod (UID: u) on node: b, but the pod is not found on that "
                "node");
  AnswerWith(R"({"NodeNameToMetaVictims":{"x":{"Pods":[{"UID":"u"}]}}})");
  left = Extender().Preempt(*pod_, cluster_, {});
  EXPECT_EQ(left.error().message(), "nodeinfo not found for node name \"x\"");
}

TEST_F(HttpExtenderTest, BindsWithoutWaiting) {
  configured_.bind_verb = "bind";
  const auto bind = [&] {
    std::mutex mutex;
    std::condition_variable came;
    std::optional<base::Result<void>> result;
    Extender().Bind(*pod_, "b", [&](base::Result<void> answer) {
      const std::lock_guard lock(mutex);
      result = std::move(answer);
      came.notify_one();
    });
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return result.has_value(); });
    return *result ? "" : result->error().message();
  };
  AnswerWith("{}");
  EXPECT_EQ(bind(), "");
  EXPECT_EQ(Last().target, "/scheduler/bind");
  EXPECT_EQ(Body(), json::parse(R"({"PodName":"p","PodNamespace":"default","PodUID":"u-p",
                                    "Node":"b"})"));
  AnswerWith(R"({"Error":"taken"})");
  EXPECT_EQ(bind(), "taken");
  AnswerWith(ServerResponse{.status = 500});
  EXPECT_EQ(bind(),
            "failed bind with extender at URL " + server_.url() + "/scheduler/bind, code 500");
}

// ---- TLS ----

class TlsExtenderTest : public HttpExtenderTest {
 protected:
  TlsExtenderTest() : HttpExtenderTest({.tls = true, .ask_for_client_certificate = true}) {
    configured_.enable_https = true;
    AnswerWith(R"({"Nodes":{"items":[]}})");
  }
};

TEST_F(TlsExtenderTest, TrustsTheAuthorityThatItIsGiven) {
  configured_.tls.emplace().ca_data = server_.authority().pem;
  EXPECT_EQ(FilterError(), "");
  configured_.tls->ca_data = support::MakeAuthority("another").pem;
  EXPECT_THAT(FilterError(), HasSubstr("certificate signed by unknown authority"));
}

TEST_F(TlsExtenderTest, WithoutOneNothingIsVerifiedWhereHttpsIsEnabled) {
  EXPECT_EQ(FilterError(), "");
  configured_.enable_https = false;
  EXPECT_THAT(FilterError(), HasSubstr("certificate signed by unknown authority"));
  configured_.tls.emplace().insecure = true;
  EXPECT_EQ(FilterError(), "");
}

TEST_F(TlsExtenderTest, ShowsItsCertificate) {
  const auto own = support::MakeCertificate(server_.authority(), {.common_name = "berth"});
  auto& tls = configured_.tls.emplace();
  tls.ca_data = server_.authority().pem;
  tls.cert_data = own.pem;
  tls.key_data = own.key_pem;
  EXPECT_EQ(FilterError(), "");
  EXPECT_EQ(Last().client_name, "berth");
}

TEST_F(TlsExtenderTest, VerifiesTheNameThatItIsTold) {
  auto& tls = configured_.tls.emplace();
  tls.ca_data = server_.authority().pem;
  tls.server_name = "localhost";
  EXPECT_EQ(FilterError(), "");
  tls.server_name = "elsewhere.example.com";
  EXPECT_NE(FilterError(), "");
}

}  // namespace
}  // namespace berth::extender

// Whole nodes in the requests, over HTTP, without an API server.
#include "scheduler/webhook/given_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "scheduler/config/load.h"
#include "tests/webhook/extender.h"

namespace berth::webhook {
namespace {

using testing::HasSubstr;

std::vector<std::string> NamesOf(const Json& list) {
  std::vector<std::string> names;
  for (const Json& node : list["items"]) names.push_back(node["metadata"]["name"]);
  return names;
}

TEST(GivenClusters, FiltersWholeNodes) {
  const Extender extender(GivenOracle());
  const Json ok = NodeJson("ok", {.padding = "<as it came>"});
  const std::string body =
      WithNodes(PodJson("p"), {ok, NodeJson("tainted", {.is_tainted = true}), NodeJson("ok-2")});
  const Json result = extender.Ask("filter", body);
  EXPECT_EQ(NamesOf(result["Nodes"]), (std::vector<std::string>{"ok", "ok-2"}));
  EXPECT_EQ(result["Nodes"]["items"][0], ok);
  EXPECT_TRUE(result["NodeNames"].is_null());
  EXPECT_TRUE(result["FailedNodes"].is_null());
  EXPECT_THAT(result["FailedAndUnresolvableNodes"]["tainted"].get<std::string>(),
              HasSubstr("taint"));
  EXPECT_EQ(result["Error"], "");
}

TEST(GivenClusters, AnswersWithTheNodesByteForByte) {
  const Extender extender(GivenOracle());
  const std::string node =
      R"({ "metadata" : {"name":"a" , "annotations":{"x":"\u003c"}}, "status":{"allocatable":{"cpu":"4","pods":"3"}}})";
  const std::string body =
      "{\"Pod\":" + PodJson("p").dump() + ",\"Nodes\":{\"items\":[" + node + "]}}";
  const serve::Answer answer = extender.Post("filter", body);
  EXPECT_THAT(answer.body, HasSubstr("\"items\":[" + node + "]"));
}

TEST(GivenClusters, KnowsNothingOfEarlierNodes) {
  // One cluster, so that each question changes it.
  const Extender extender(GivenOracle(1));
  const Json pod = PodJson("p", "3");
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(
        NamesOf(extender.Ask("filter", WithNodes(pod, {NodeJson("a"), NodeJson("b")}))["Nodes"]),
        (std::vector<std::string>{"a", "b"}));
    // The node has shrunk, and the other is gone.
    const Json result =
        extender.Ask("filter", WithNodes(pod, {NodeJson("a", {.cpu = "2"}), NodeJson("c")}));
    EXPECT_EQ(NamesOf(result["Nodes"]), std::vector<std::string>{"c"});
  }
  EXPECT_EQ(NamesOf(extender.Ask("filter", WithNodes(pod, {}))["Nodes"]),
            std::vector<std::string>{});
}

TEST(GivenClusters, ScoresFromNoneToTen) {
  const Extender extender(GivenOracle());
  const Json list = extender.Ask(
      "prioritize", WithNodes(PodJson("p", "3"),
                              {NodeJson("small", {.cpu = "4"}), NodeJson("large", {.cpu = "64"})}));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["Host"], "small");
  EXPECT_EQ(list[1]["Host"], "large");
  EXPECT_LT(list[0]["Score"].get<int>(), list[1]["Score"].get<int>());
  for (const Json& entry : list) {
    EXPECT_GE(entry["Score"].get<int>(), 0);
    EXPECT_LE(entry["Score"].get<int>(), 10);
  }
}

// One plugin with a score that can be told by hand.
TEST(GivenClusters, ScalesTheSumOfTheProfile) {
  auto config = config::LoadText(R"(
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: only-fit
  plugins:
    multiPoint:
      disabled: [{name: "*"}]
      enabled:
      - {name: PrioritySort}
      - {name: DefaultBinder}
    score:
      enabled: [{name: NodeResourcesFit, weight: 3}]
)",
                                 "test");
  ASSERT_TRUE(config.has_value()) << config.error().message();
  // No profile has the pod's schedulerName: the first one answers.
  const Extender extender(GivenOracle(*config));
  Json node = NodeJson("a", {.cpu = "10"});
  const Json list = extender.Ask("prioritize", WithNodes(PodJson("p", "5"), {node}));
  // Of the least allocated: cpu is half free, memory (200 MiB counted of 8 GiB) 97 percent.
  EXPECT_EQ(list[0]["Score"], (50 + 97) / 2 * 10 / 100);
}

TEST(GivenClusters, CannotAnswerForNames) {
  const Extender extender(GivenOracle());
  const std::string body = ByName(PodJson("p"), {"a"});
  const Json result = extender.Ask("filter", body);
  EXPECT_THAT(result["Error"].get<std::string>(), HasSubstr("no view of the cluster"));
  const serve::Answer answer = extender.Post("prioritize", body);
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("no view of the cluster"));
}

TEST(GivenClusters, KeepsAllCandidatesOfAPreemptionAndCannotBind) {
  const Extender extender(GivenOracle());
  const Json asked = {{"Pod", PodJson("p")},
                      {"NodeNameToVictims",
                       {{"a", {{"Pods", Json::array({PodJson("v")})}, {"NumPDBViolations", 1}}}}}};
  EXPECT_EQ(
      extender.Ask("preempt", asked.dump()),
      Json::parse(
          R"({"NodeNameToMetaVictims":{"a":{"Pods":[{"UID":"uid-v"}],"NumPDBViolations":1}}})"));
  const Json bound =
      extender.Ask("bind", R"({"PodName":"p","PodNamespace":"default","PodUID":"u","Node":"a"})");
  EXPECT_THAT(bound["Error"].get<std::string>(), HasSubstr("no credentials"));
}

TEST(GivenClusters, TakesALargeBody) {
  const Extender extender(GivenOracle(), {}, {.messages = {.body_bytes = 64 << 20}});
  constexpr int kNodes = 100'000;
  std::string body = "{\"Pod\":" + PodJson("p").dump() + ",\"Nodes\":{\"items\":[";
  for (int i = 0; i < kNodes; ++i) {
    if (i > 0) body += ',';
    body += R"({"metadata":{"name":"n)" + std::to_string(i) +
            R"("},"status":{"allocatable":{"cpu":"2","memory":"1Gi","pods":"5"}}})";
  }
  body += "]}}";
  EXPECT_EQ(extender.Ask("filter", body)["Nodes"]["items"].size(), std::size_t{kNodes});
}

TEST(GivenClusters, AnswersManyAtATime) {
  const Extender extender(GivenOracle(2), {}, {.threads = 3});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&extender, thread] {
      serve::TestClient client(extender.port());
      for (int i = 0; i < 10; ++i) {
        const std::string name = std::to_string((thread + i) % 3);
        client.Send(PostText("filter", WithNodes(PodJson("p"), {NodeJson("a" + name),
                                                                NodeJson("b", {.cpu = name})})));
        const Json result = Json::parse(client.Read().body);
        const std::vector<std::string> expected = name == "0"
                                                      ? std::vector<std::string>{"a" + name}
                                                      : std::vector<std::string>{"a" + name, "b"};
        EXPECT_EQ(NamesOf(result["Nodes"]), expected);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace berth::webhook

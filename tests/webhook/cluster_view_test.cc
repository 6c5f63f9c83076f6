// Names in the requests, over HTTP, with nodes and pods that are watched.
#include "scheduler/webhook/cluster_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/webhook/extender.h"

namespace berth::webhook {
namespace {

using testing::HasSubstr;

TEST(ClusterView, FiltersByWhatIsWatched) {
  WatchedCluster cluster;
  for (const char* name : {"a", "b", "c"}) cluster.PutNode(NodeJson(name));
  cluster.PutNode(NodeJson("t", {.is_tainted = true}));
  cluster.PutPod(PodJson("placed", "4", "b"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  const std::string body = ByName(PodJson("p"), {"c", "b", "a", "t", "gone"});
  const Json expected = {
      {"Nodes", nullptr},
      {"NodeNames", Json::array({"c", "a"})},
      {"FailedNodes", {{"b", "Insufficient cpu"}}},
      {"FailedAndUnresolvableNodes",
       {{"gone", "node(s) not known to the extender"}, {"t", "node(s) had untolerated taint(s)"}}},
      {"Error", ""}};
  EXPECT_EQ(extender.Ask("filter", body), expected);
}

TEST(ClusterView, GivesTheNamesBackWhereAllPass) {
  WatchedCluster cluster;
  cluster.PutNode(NodeJson("a"));
  cluster.PutNode(NodeJson("b"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  const std::string body = "{\"Pod\":" + PodJson("p").dump() + R"(,"NodeNames":[ "b",  "\u0061"]})";
  EXPECT_EQ(extender.Post("filter", body).body,
            R"({"Nodes":null,"NodeNames":[ "b",  "\u0061"],"FailedNodes":null,)"
            R"("FailedAndUnresolvableNodes":null,"Error":""})");
}

TEST(ClusterView, SeesEveryChange) {
  WatchedCluster cluster;
  cluster.PutNode(NodeJson("a"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  const std::string body = ByName(PodJson("p", "2"), {"a", "b"});
  const auto names = [&] { return extender.Ask("filter", body)["NodeNames"]; };
  EXPECT_EQ(names(), Json({"a"}));
  cluster.PutNode(NodeJson("b"));
  cluster.Show();
  EXPECT_EQ(names(), Json({"a", "b"}));
  cluster.PutPod(PodJson("placed", "3", "a"));
  cluster.Show();
  EXPECT_EQ(names(), Json({"b"}));
  cluster.api.Remove(support::kPods, "default/placed");
  cluster.api.Remove(support::kNodes, "b");
  cluster.Show();
  EXPECT_EQ(names(), Json({"a"}));
}

TEST(ClusterView, TakesWholeNodesFromItsCache) {
  WatchedCluster cluster;
  cluster.PutNode(NodeJson("a"));
  cluster.PutPod(PodJson("placed", "4", "a"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  const Json result =
      extender.Ask("filter", WithNodes(PodJson("p"), {NodeJson("a"), NodeJson("unknown")}));
  EXPECT_EQ(result["Nodes"]["items"].size(), 0u);
  EXPECT_EQ(result["FailedNodes"], Json({{"a", "Insufficient cpu"}}));
  EXPECT_TRUE(result["FailedAndUnresolvableNodes"].contains("unknown"));
}

TEST(ClusterView, ScoresTheNodesOfTheRequest) {
  WatchedCluster cluster;
  cluster.PutNode(NodeJson("a"));
  cluster.PutNode(NodeJson("b"));
  cluster.PutNode(NodeJson("full"));
  cluster.PutPod(PodJson("placed", "2", "b"));
  cluster.PutPod(PodJson("other", "4", "full"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  // Twice: the second time from columns that were kept.
  for (int round = 0; round < 3; ++round) {
    const Json list = extender.Ask("prioritize", ByName(PodJson("p"), {"b", "gone", "a", "full"}));
    ASSERT_EQ(list.size(), 4u);
    EXPECT_GT(list[2]["Score"].get<int>(), list[0]["Score"].get<int>());
    // Ten steps for the whole sum: a little less may be as much.
    EXPECT_GE(list[0]["Score"].get<int>(), list[3]["Score"].get<int>());
    EXPECT_EQ(list[1], Json({{"Host", "gone"}, {"Score", 0}}));
  }
}

TEST(ClusterView, FiltersAndScoresAsWithoutColumnsThatAreKept) {
  WatchedCluster cluster;
  for (int i = 0; i < 70; ++i) {
    cluster.PutNode(NodeJson("n" + std::to_string(i), {.cpu = std::to_string(2 + i % 5)}));
  }
  cluster.Show();
  const Extender extender(cluster.oracle());
  std::vector<std::string> names;
  for (int i = 0; i < 70; i += 3) names.push_back("n" + std::to_string(i));
  const std::string body = ByName(PodJson("p", "2"), names);
  const Json filtered = extender.Ask("filter", body);
  const Json scored = extender.Ask("prioritize", body);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(extender.Ask("filter", body), filtered);
    EXPECT_EQ(extender.Ask("prioritize", body), scored);
  }
}

TEST(ClusterView, KeepsNodesWhereVictimsMakeRoom) {
  WatchedCluster cluster;
  for (const char* name : {"a", "b"}) cluster.PutNode(NodeJson(name));
  cluster.PutPod(PodJson("large", "3", "a"));
  cluster.PutPod(PodJson("small", "1", "b"));
  cluster.PutPod(PodJson("stays", "3", "b"));
  cluster.Show();
  const Extender extender(cluster.oracle());
  const auto uid = [&](const std::string& name) {
    return cluster.api.Find(support::kPods, "default/" + name)->at("metadata").at("uid");
  };
  const auto victim = [&](const std::string& name) {
    return Json{{"Pods", Json::array({{{"UID", uid(name)}}})}, {"NumPDBViolations", 0}};
  };
  const Json asked = {
      {"Pod", PodJson("p", "2")},
      {"NodeNameToMetaVictims",
       {{"a", victim("large")}, {"b", victim("small")}, {"gone", victim("small")}}}};
  const std::string body = asked.dump();
  const Json expected = {{"NodeNameToMetaVictims", {{"a", victim("large")}}}};
  EXPECT_EQ(extender.Ask("preempt", body), expected);
  EXPECT_EQ(extender.Ask("preempt", body), expected);  // nobody has really gone
  EXPECT_EQ(extender.Ask("preempt", Json{{"Pod", PodJson("p")}}.dump()),
            Json::parse(R"({"NodeNameToMetaVictims":null})"));
}

TEST(ClusterView, BindsThroughTheApiServer) {
  WatchedCluster cluster;
  cluster.PutNode(NodeJson("a"));
  cluster.PutPod(PodJson("p"));
  cluster.Show();
  ExtenderBindingArgs binding{
      .pod_name = "p",
      .pod_namespace = "default",
      .pod_uid = cluster.api.Find(support::kPods, "default/p")->at("metadata").at("uid"),
      .node = "a"};
  std::vector<std::string> errors;
  const auto keep = [&](const std::string& error) { errors.push_back(error); };
  cluster.view->Bind(binding, keep);
  cluster.api.ServeAll();
  EXPECT_EQ(errors, std::vector<std::string>{""});
  EXPECT_EQ(cluster.api.NodeOf("default/p"), "a");
  binding.pod_name = "gone";
  cluster.view->Bind(binding, keep);
  cluster.api.ServeAll();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_THAT(errors[1], HasSubstr("not found"));
}

TEST(ClusterView, AnswersWhileTheClusterChanges) {
  WatchedCluster cluster;
  for (const char* name : {"a", "b"}) cluster.PutNode(NodeJson(name));
  cluster.Show();
  const Extender extender(cluster.oracle(), {}, {.threads = 3});
  std::atomic<int> running = 4;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&extender, &running, thread] {
      serve::TestClient client(extender.port());
      for (int i = 0; i < 20; ++i) {
        const std::string verb = (thread + i) % 2 == 0 ? "filter" : "prioritize";
        client.Send(PostText(verb, ByName(PodJson("p"), {"a", "b", "c"})));
        EXPECT_EQ(client.Read().status, 200);
      }
      --running;
    });
  }
  // The one thread that shows news; at least once each way.
  for (int i = 0; i < 2 || running > 0; ++i) {
    if (i % 2 == 0) {
      cluster.PutNode(NodeJson("c"));
    } else {
      cluster.api.Remove(support::kNodes, "c");
    }
    cluster.Show();
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace berth::webhook

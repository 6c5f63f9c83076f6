#include "scheduler/placement/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/input.h"
#include "tests/placement/clusters.h"

namespace berth::placement {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Nodes = std::map<std::string, std::string>;  // by pod

api::ClusterObjects Read(const std::string& text) {
  const auto executor = base::MakeExecutor(1);
  const simulate::InputText file{"cluster.yaml", text};
  return simulate::ReadTexts({&file, 1}, {}, *executor).value();
}

class PlacementEngine : public ::testing::Test {
 protected:
  Nodes Place(const api::ClusterObjects& objects, const PlaceQuestion& question) {
    decided_.clear();
    Nodes nodes;
    auto after = engine_.Place(objects, question, [&](const Decided& decided) {
      nodes[decided.pod] = decided.node;
      decided_.push_back(decided);
      return true;
    });
    if (after) after_ = *std::move(after);
    EXPECT_TRUE(after);
    return nodes;
  }
  static Nodes NodesIn(const api::ClusterObjects& objects) {
    Nodes nodes;
    for (const api::Pod& pod : objects.pods) nodes[pod.Key()] = pod.node_name;
    return nodes;
  }

  const Engine engine_ = MakeEngine();
  std::vector<Decided> decided_;
  api::ClusterObjects after_;
};

TEST_F(PlacementEngine, PlacesThoseThatWaitEachSeeingTheOthers) {
  const auto objects = Read(NodeText("a", "2") + NodeText("b", "2") + PodText("one", "2") +
                            PodText("two", "2") + PodText("three", "2"));
  const Nodes nodes = Place(objects, {});
  EXPECT_NE(nodes.at("default/one"), nodes.at("default/two"));
  EXPECT_EQ(nodes.at("default/three"), "");
  ASSERT_EQ(decided_.size(), 3u);
  EXPECT_EQ(decided_[0].feasible, 2u);
  EXPECT_EQ(decided_[2].message, "0/2 nodes are available: 2 Insufficient cpu.");
  EXPECT_EQ(nlohmann::json::parse(decided_[2].json).at("pod"), "default/three");
  EXPECT_EQ(NodesIn(objects).at("default/one"), "") << "what was given stays as it is";
}

TEST_F(PlacementEngine, PlacesOtherPodsInTheirPlace) {
  const auto objects = Read(NodeText("a", "2") + PodText("runs", "1", "a") + PodText("waits", "1"));
  EXPECT_THAT(Place(objects, {.pods = PodText("new", "1")}), ElementsAre(Pair("default/new", "a")));
  EXPECT_THAT(NodesIn(after_), ElementsAre(Pair("default/new", "a"), Pair("default/runs", "a"),
                                           Pair("default/waits", "")));
  // And on what came of it.
  const auto next = after_;
  EXPECT_THAT(Place(next, {}), ElementsAre(Pair("default/waits", "")));
  EXPECT_THAT(Place(next, {.pods = PodText("fits", "0")}), ElementsAre(Pair("default/fits", "a")));
}

TEST_F(PlacementEngine, PodsThatFitNowhereAreForgottenUnlessTheyWaited) {
  const auto objects = Read(NodeText("a", "1") + PodText("waits", "4"));
  Place(objects, {.pods = PodText("huge", "64")});
  EXPECT_THAT(NodesIn(after_), ElementsAre(Pair("default/waits", "")));
}

TEST_F(PlacementEngine, WorkloadsBecomePodsAndPriorityClassesOfTheSnapshotCount) {
  const std::string important =
      "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n"
      "value: 1000\n---\n";
  const auto objects = Read(NodeText("a", "2") + important + PodText("runs", "2", "a"));
  const std::string deployment =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n"
      "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
      "    spec:\n      priorityClassName: high\n"
      "      containers: [{name: c, resources: {requests: {cpu: \"1\"}}}]\n";
  Place(objects, {.pods = deployment});
  ASSERT_EQ(decided_.size(), 1u);
  EXPECT_EQ(decided_[0].node, "");
  Place(objects, {.pods = deployment, .preempt = true});
  ASSERT_FALSE(decided_.empty());
  EXPECT_EQ(decided_.back().node, "a");
  for (const auto& [pod, node] : NodesIn(after_)) EXPECT_THAT(pod, HasSubstr("default/web-"));
}

TEST_F(PlacementEngine, StopsWhenNobodyListens) {
  const auto objects = Read(NodeText("a", "2") + PodText("one", "1") + PodText("two", "1"));
  int told = 0;
  const auto after = engine_.Place(objects, {}, [&](const Decided&) { return ++told > 5; });
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().kind, FailureKind::kCancelled);
  EXPECT_EQ(told, 1);
}

TEST_F(PlacementEngine, RefusesPodsThatCannotBeRead) {
  const auto objects = Read(NodeText("a", "2") + PodText("runs", "1", "a"));
  const auto failure_of = [&](const std::string& pods) {
    const auto after = engine_.Place(objects, {.pods = pods}, [](const Decided&) { return true; });
    return after ? Failure{FailureKind::kCancelled, "it was placed"} : after.error();
  };
  EXPECT_EQ(failure_of("{").kind, FailureKind::kInvalid);
  EXPECT_THAT(failure_of(PodText("p", "1.2.3")).message,
              HasSubstr("pods: Pod p: spec.containers[0].resources.requests[cpu]"));
  EXPECT_THAT(failure_of(PodText("runs", "1")).message,
              HasSubstr("Pod default/runs: metadata.name: a pod of this name is also in"));
}

TEST_F(PlacementEngine, ExplainsPodsThatWaitAndPodsThatRun) {
  const auto objects = Read(NodeText("a", "2") + PodText("runs", "1", "a") + PodText("waits", "9"));
  const auto waits = engine_.Explain(objects, {.pod = "default/waits", .node = "a"});
  ASSERT_TRUE(waits) << waits.error().message;
  EXPECT_EQ(nlohmann::json::parse(*waits).at("pod"), "default/waits");
  EXPECT_THAT(*waits, HasSubstr("Insufficient cpu"));
  const auto runs = engine_.Explain(objects, {.pod = "default/runs"});
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_EQ(nlohmann::json::parse(*runs).at("pod"), "default/runs");
}

TEST_F(PlacementEngine, SaysWhatCannotBeExplained) {
  const auto objects = Read(NodeText("a", "2") + PodText("waits", "9"));
  EXPECT_EQ(engine_.Explain(objects, {.pod = "nonsense"}).error().kind, FailureKind::kInvalid);
  EXPECT_EQ(engine_.Explain(objects, {.pod = "default/other"}).error().kind,
            FailureKind::kNotFound);
  EXPECT_EQ(engine_.Explain(objects, {.pod = "default/waits", .node = "b"}).error().kind,
            FailureKind::kNotFound);
}

}  // namespace
}  // namespace berth::placement

// What is written about a pod, as JSON.
#include "scheduler/live/pod_status.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/builders.h"

namespace berth::live {
namespace {

using framework::ApiWrite;
using framework::WriteKind;
using nlohmann::json;

constexpr api::Time kNow = 1'700'000'000'000'000'000;

class PodStatusTest : public ::testing::Test {
 protected:
  PodStatusTest() : pod_("p") { pod_.pod().meta.uid = "u"; }

  void Known(const std::string& reason, const std::string& message) {
    pod_.pod().status.unscheduled = std::make_shared<const api::UnscheduledCondition>(
        api::UnscheduledCondition{"False", reason, message, "2020-01-01T00:00:00Z"});
  }
  std::optional<ApiWrite> Patch(const Nomination& nomination = {}) {
    return UnscheduledPatch(*pod_.Build(), "Unschedulable", "no room", nomination, kNow);
  }

  support::PodBuilder pod_;
};

TEST_F(PodStatusTest, SaysThatAPodIsNotScheduled) {
  const auto patch = Patch();
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(patch->kind, WriteKind::kStrategicPatch);
  EXPECT_EQ(patch->path, "/api/v1/namespaces/default/pods/p/status");
  EXPECT_EQ(json::parse(patch->body), json::parse(R"({
    "metadata": {"uid": "u"},
    "status": {"conditions": [{"type": "PodScheduled", "status": "False",
      "reason": "Unschedulable", "message": "no room",
      "lastTransitionTime": "2023-11-14T22:13:20Z"}]}})"));
}

TEST_F(PodStatusTest, SaysOfWhichGeneration) {
  pod_.pod().meta.generation = 3;
  EXPECT_EQ(json::parse(Patch()->body)["status"]["conditions"][0]["observedGeneration"], 3);
}

TEST_F(PodStatusTest, WritesNothingThatIsThereAlready) {
  Known("Unschedulable", "no room");
  EXPECT_FALSE(Patch().has_value());
  EXPECT_FALSE(Patch({true, ""}).has_value());
}

TEST_F(PodStatusTest, KeepsTheTimeOfTheTransition) {
  Known("SchedulerError", "broken");
  const json condition = json::parse(Patch()->body)["status"]["conditions"][0];
  EXPECT_EQ(condition["message"], "no room");
  EXPECT_EQ(condition["lastTransitionTime"], "2020-01-01T00:00:00Z");
}

TEST_F(PodStatusTest, NominatesANode) {
  Known("Unschedulable", "no room");
  const auto patch = Patch({true, "n"});
  ASSERT_TRUE(patch.has_value());
  EXPECT_EQ(json::parse(patch->body)["status"], json::parse(R"({"nominatedNodeName": "n"})"));
}

TEST_F(PodStatusTest, TakesANominationBack) {
  Known("Unschedulable", "no room");
  pod_.pod().status.nominated_node_name = "n";
  EXPECT_EQ(json::parse(Patch({true, ""})->body)["status"],
            json::parse(R"({"nominatedNodeName": null})"));
  EXPECT_FALSE(Patch({true, "n"}).has_value());
  EXPECT_FALSE(Patch({false, ""}).has_value()) << "it stays as it is";
}

TEST_F(PodStatusTest, NominatesAlone) {
  EXPECT_EQ(json::parse(NominationPatch(*pod_.Build(), "n").body)["status"],
            json::parse(R"({"nominatedNodeName": "n"})"));
  EXPECT_EQ(json::parse(NominationPatch(*pod_.Build(), "").body)["status"],
            json::parse(R"({"nominatedNodeName": null})"));
}

TEST_F(PodStatusTest, TellsAVictimWhyItLeaves) {
  const ApiWrite write = DisruptionPatch(*pod_.Build(), "berth", kNow);
  EXPECT_EQ(write.path, "/api/v1/namespaces/default/pods/p/status");
  EXPECT_EQ(json::parse(write.body)["status"]["conditions"][0], json::parse(R"({
    "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
    "message": "berth: preempting to accommodate a higher priority pod",
    "lastTransitionTime": "2023-11-14T22:13:20Z"})"));
}

TEST_F(PodStatusTest, BindsAndDeletesThisPodOnly) {
  const ApiWrite binding = BindingOf(*pod_.Build(), "n");
  EXPECT_EQ(binding.kind, WriteKind::kCreate);
  EXPECT_EQ(binding.path, "/api/v1/namespaces/default/pods/p/binding");
  EXPECT_EQ(json::parse(binding.body), json::parse(R"({
    "apiVersion": "v1", "kind": "Binding",
    "metadata": {"name": "p", "namespace": "default", "uid": "u"},
    "target": {"kind": "Node", "name": "n"}})"));
  const ApiWrite deletion = DeletionOf(*pod_.Build());
  EXPECT_EQ(deletion.kind, WriteKind::kRemove);
  EXPECT_EQ(deletion.path, "/api/v1/namespaces/default/pods/p");
  EXPECT_EQ(json::parse(deletion.body)["preconditions"], json::parse(R"({"uid": "u"})"));
}

TEST_F(PodStatusTest, WritesTextThatIsNoUtf8) {
  const auto patch = UnscheduledPatch(*pod_.Build(), "Unschedulable", "bad \xff byte", {}, kNow);
  EXPECT_EQ(json::parse(patch->body)["status"]["conditions"][0]["message"],
            "bad \xEF\xBF\xBD byte");
}

TEST_F(PodStatusTest, SeesWhetherAPodIsBoundAsPlanned) {
  pod_.pod().node_name = "n";
  const auto placed = pod_.Build();
  EXPECT_TRUE(
      IsBoundAsPlanned(R"({"metadata": {"uid": "u"}, "spec": {"nodeName": "n"}})", *placed));
  for (const char* other :
       {R"({"metadata": {"uid": "u"}, "spec": {"nodeName": "m"}})",
        R"({"metadata": {"uid": "v"}, "spec": {"nodeName": "n"}})",
        R"({"metadata": {"uid": "u"}, "spec": {}})", R"({"metadata": {"uid": "u"}})",
        R"({"metadata": 1, "spec": 2})", R"({"metadata": {"uid": 1}, "spec": {"nodeName": 2}})",
        "[]", "", "{"}) {
    EXPECT_FALSE(IsBoundAsPlanned(other, *placed)) << other;
  }
}

}  // namespace
}  // namespace berth::live

// Victims on their way out, and the pod that waits for them.
#include "scheduler/live/preemptions.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/live/live_cluster.h"
#include "tests/live/scripted_plugin.h"

namespace berth::live {
namespace {

using framework::Code;
using framework::PermitResult;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A node of 4 cores, full of pods of priority 0, and one that needs all of it.
class PreemptionsTest : public ::testing::Test {
 protected:
  explicit PreemptionsTest(const LiveCluster::Setup& setup = LiveCluster::DefaultSetup())
      : cluster_(setup) {
    cluster_.AddNode("n");
  }

  void Fill(const std::vector<std::string>& victims) {
    for (const std::string& name : victims) {
      Json pod = PodJson(name);
      pod["spec"]["nodeName"] = "n";
      cluster_.PutPod(pod);
    }
    cluster_.Settle();
  }
  void AddPreemptor() {
    cluster_.AddPod("high", "4", 10);
    cluster_.ShowAll();
    cluster_.Decide();
  }
  // Serves requests and answers them, but shows nothing.
  void ServeWithoutShowing() {
    for (int i = 0; i < 10; ++i) {
      cluster_.api.ServeAll();
      cluster_.Decide();
    }
  }
  // Serves and answers the request to that path, and no other.
  void ServeNow(const std::string& path) {
    const auto& requests = cluster_.api.requests();
    const auto found = std::ranges::find_if(
        requests, [&](const kube::Request& request) { return request.path.ends_with(path); });
    ASSERT_NE(found, requests.end()) << path;
    cluster_.api.Serve(static_cast<std::size_t>(found - requests.begin()));
    cluster_.api.Answer(cluster_.api.answers() - 1);
    cluster_.Decide();
  }
  void RefuseNow(const std::string& path) {
    cluster_.api.OnlyFor(path);
    cluster_.api.Refuse(403);
    ServeNow(path);
  }
  std::vector<std::string> Deleted() const {
    std::vector<std::string> names;
    for (const std::string& line : cluster_.api.served()) {
      if (line.starts_with("DELETE ")) names.push_back(line.substr(line.rfind('/') + 1));
    }
    return names;
  }
  bool IsLeaving(const std::string& name) const {
    return (*cluster_.api.Find(kPods, "default/" + name))["metadata"].contains("deletionTimestamp");
  }

  LiveCluster cluster_;
};

TEST_F(PreemptionsTest, MakeRoom) {
  Fill({"a", "b"});
  AddPreemptor();
  cluster_.Settle();
  EXPECT_THAT(Deleted(), UnorderedElementsAre("a", "b"));
  EXPECT_TRUE(IsLeaving("a"));
  EXPECT_EQ(TextAt(cluster_.api.Find(kPods, "default/high"), "/status/nominatedNodeName"), "n");
  const auto uid = (*cluster_.api.Find(kPods, "default/high"))["metadata"]["uid"];
  const std::string note = "Preempted by pod " + uid.get<std::string>() + " on node n";
  EXPECT_THAT(cluster_.events.Notes("Preempted"), ElementsAre(note, note));
  EXPECT_THAT(cluster_.outcomes.victim_counts, Contains(2));
  EXPECT_EQ(TextAt(cluster_.api.Find(kPods, "default/a"), "/status/conditions/0/reason"),
            "PreemptionByScheduler");
  EXPECT_EQ(cluster_.NodeOf("high"), "");
  cluster_.api.Remove(kPods, "default/a");
  cluster_.api.Remove(kPods, "default/b");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
  EXPECT_TRUE(cluster_.Compare().empty());
}

TEST_F(PreemptionsTest, TellTheLastVictimWhenAllOthersHaveAnswered) {
  Fill({"a", "b", "c"});
  AddPreemptor();
  // Of two victims, beside the status of the pod itself.
  EXPECT_EQ(cluster_.api.requests().size(), 3);
  while (Deleted().size() < 2) {
    cluster_.api.Serve();
    if (cluster_.api.answers() > 0) cluster_.api.Answer(cluster_.api.answers() - 1);
    cluster_.scheduler->Step(false);
  }
  EXPECT_THAT(Deleted(), testing::SizeIs(2));
  ServeWithoutShowing();
  EXPECT_THAT(Deleted(), UnorderedElementsAre("a", "b", "c"));
}

TEST_F(PreemptionsTest, LeaveTheLastVictimWhereOneOfTheOthersStays) {
  Fill({"a", "b"});
  cluster_.api.OnlyFor("DELETE");
  cluster_.api.Refuse(403);
  AddPreemptor();
  cluster_.api.ServeAll();
  cluster_.scheduler->Step(false);
  cluster_.api.ServeAll();
  cluster_.scheduler->Step(false);
  EXPECT_THAT(Deleted(), testing::SizeIs(1));
  EXPECT_EQ(cluster_.WhereIs("high"), "active") << "what it waits for may never come";
  cluster_.Settle();
  EXPECT_THAT(Deleted(), testing::SizeIs(3)) << "it tries again";
}

// A conflict may mean that another pod has the name by now, or that this one could not be changed.
TEST_F(PreemptionsTest, TryAgainAfterAConflictThatLeavesTheVictim) {
  Fill({"a"});
  cluster_.api.OnlyFor("DELETE");
  cluster_.api.Refuse(409);
  AddPreemptor();
  cluster_.Pass(seconds(2));
  EXPECT_THAT(Deleted(), ElementsAre("a", "a"));
  cluster_.api.Remove(kPods, "default/a");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
}

TEST_F(PreemptionsTest, AreNotHeldUpByAnotherPodOfTheVictimsName) {
  Fill({"a"});
  AddPreemptor();
  cluster_.api.Remove(kPods, "default/a");
  cluster_.AddPod("a");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
}

TEST_F(PreemptionsTest, DoNotMindVictimsThatAreGone) {
  Fill({"a", "b"});
  AddPreemptor();
  cluster_.api.Remove(kPods, "default/a");
  cluster_.api.Remove(kPods, "default/b");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
  EXPECT_THAT(cluster_.events.Notes("Preempted"), IsEmpty());
}

TEST_F(PreemptionsTest, PassOverVictimsThatLeaveAlready) {
  Fill({"a", "b"});
  cluster_.api.Merge(kPods, "default/a",
                     {{"metadata", {{"deletionTimestamp", "2024-01-01T00:00:00Z"}}}});
  cluster_.Settle();
  AddPreemptor();
  cluster_.Settle();
  EXPECT_THAT(Deleted(), ElementsAre("b"));
}

TEST_F(PreemptionsTest, KeepThePodOutUntilTheLastVictimIsOnItsWay) {
  Fill({"a"});
  AddPreemptor();
  cluster_.AddNode("small", "1");  // an event that would wake it
  cluster_.api.Merge(kNodes, "n", {{"status", {{"allocatable", {{"cpu", "4500m"}}}}}});
  cluster_.ShowAll();
  cluster_.Decide();
  EXPECT_EQ(cluster_.WhereIs("high"), "gated");
  cluster_.Settle();
  cluster_.api.Remove(kPods, "default/a");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
}

// It found room when its victim failed to come, and then its own Binding is refused: an error waits
// for no event, so that the end of the victim would not wake it.
TEST_F(PreemptionsTest, DoNotKeepOutAPodWhoseOwnBindingFailed) {
  cluster_.AddPod("low", "4");
  cluster_.ShowAll();
  cluster_.Decide();
  AddPreemptor();
  RefuseNow("pods/low/binding");
  cluster_.AddNode("n2");
  cluster_.clock.Advance(seconds(2));
  cluster_.ShowAll();
  cluster_.Decide();
  ServeNow("pods/low/binding");
  cluster_.ShowAll();
  cluster_.Decide();
  RefuseNow("pods/high/binding");
  cluster_.Settle();
  ASSERT_THAT(Deleted(), ElementsAre("low"));
  cluster_.api.Remove(kPods, "default/low");
  cluster_.Pass(seconds(15));
  EXPECT_NE(cluster_.NodeOf("high"), "");
}

// The watch may be faster than the answer, and nothing else wakes the pod thereafter.
TEST_F(PreemptionsTest, WakeThePodThoughTheVictimIsGoneBeforeTheAnswer) {
  Fill({"a"});
  AddPreemptor();
  while (Deleted().empty()) {
    while (cluster_.api.answers() > 0) cluster_.api.Answer();
    cluster_.ShowAll();
    cluster_.Decide();
    cluster_.api.Serve();
  }
  cluster_.api.Remove(kPods, "default/a");
  cluster_.ShowAll();
  cluster_.scheduler->Step(false);
  EXPECT_NE(cluster_.WhereIs("high"), "gated");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("high"), "n");
}

TEST_F(PreemptionsTest, MakeRoomForOthersWhenThePodGoes) {
  Fill({"a", "b"});
  AddPreemptor();
  cluster_.AddPod("waiting", "2");
  cluster_.Settle();
  EXPECT_EQ(cluster_.NodeOf("waiting"), "") << "the room is promised";
  cluster_.api.Remove(kPods, "default/high");
  cluster_.Pass(seconds(3));
  EXPECT_EQ(cluster_.NodeOf("waiting"), "n");
}

TEST_F(PreemptionsTest, TakeNominationsOfLessImportantPodsBack) {
  Fill({"a"});
  Json waiting = PodJson("waiting", "4", 5);
  cluster_.PutPod(waiting);
  cluster_.Settle();
  ASSERT_EQ(TextAt(cluster_.api.Find(kPods, "default/waiting"), "/status/nominatedNodeName"), "n");
  Fill({"b"});
  AddPreemptor();
  cluster_.Settle();
  EXPECT_EQ(TextAt(cluster_.api.Find(kPods, "default/waiting"), "/status/nominatedNodeName"), "");
  EXPECT_EQ(TextAt(cluster_.api.Find(kPods, "default/high"), "/status/nominatedNodeName"), "n");
}

// A victim that was only decided leaves without the API server.
class InMemoryPreemptionsTest : public ::testing::Test {};

TEST_F(InMemoryPreemptionsTest, StopAPodThatWaitsOnPermit) {
  auto script = std::make_shared<Script>();
  script->permit = [](const api::Pod& pod) {
    return pod.meta.name == "low" ? PermitResult{{Code::kWait, {}}, seconds(600)} : PermitResult{};
  };
  auto setup = LiveCluster::DefaultSetup();
  AddScripted(setup, "Scripted", script);
  LiveCluster cluster(setup);
  cluster.AddNode("n");
  cluster.AddPod("low", "4");
  cluster.Settle();
  cluster.AddPod("high", "4", 10);
  cluster.Pass(seconds(3));
  EXPECT_EQ(cluster.NodeOf("high"), "n");
  ASSERT_THAT(cluster.events.Notes("Preempted"), testing::SizeIs(1));
  EXPECT_THAT(cluster.events.Notes("Preempted")[0], HasSubstr("(in kube-scheduler memory)."));
  EXPECT_THAT(cluster.events.Notes("FailedScheduling"), Contains("preempted by DefaultPreemption"));
  EXPECT_THAT(script->unreserved, Contains("low"));
  EXPECT_NE(cluster.api.Find(kPods, "default/low"), nullptr) << "nobody has deleted it";
  EXPECT_TRUE(cluster.Compare().empty());
}

}  // namespace
}  // namespace berth::live

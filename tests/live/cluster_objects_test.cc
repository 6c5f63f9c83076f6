// What the API server shows: into the cluster, and as events into the queue.
#include "scheduler/live/cluster_objects.h"

#include <gmock/gmock.h>

#include "tests/live/live_cluster.h"
#include "tests/live/scripted_plugin.h"

namespace berth::live {
namespace {

using framework::Code;
using framework::PermitResult;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A pod waits whom a plugin has turned away that wants to hear of everything: the event that wakes
// it is the one that was told.
class ClusterObjectsTest : public ::testing::Test {
 protected:
  ClusterObjectsTest() : cluster_(WithScript()) {
    cluster_.AddNode("n");
    cluster_.AddPod("waiting");
    cluster_.Settle();
    EXPECT_EQ(cluster_.WhereIs("waiting"), "unschedulable");
  }

  static LiveCluster::Setup WithScript() {
    auto script = std::make_shared<Script>();
    script->permit = [](const auto&) { return PermitResult{{Code::kUnschedulable, {"no"}}}; };
    script->events = {{{}, false}};  // all
    auto setup = LiveCluster::DefaultSetup();
    AddScripted(setup, "Scripted", script);
    return setup;
  }

  // What wakes the pod, by what the test does; "" if nothing does.
  template <typename Act>
  std::string Wakes(Act act) {
    cluster_.Pass(std::chrono::seconds(20));  // no backoff is left
    cluster_.outcomes.incoming.clear();
    act();
    cluster_.ShowAll();
    cluster_.scheduler->Step(false);
    const auto incoming = std::exchange(cluster_.outcomes.incoming, {});
    cluster_.Settle();
    for (const std::string& one : incoming) {
      if (one.starts_with("active/")) return one.substr(7);
    }
    return "";
  }
  std::string WakesMerge(const std::string& collection, const std::string& key, const Json& patch) {
    return Wakes([&] { cluster_.api.Merge(collection, key, patch); });
  }
  // The three things that can happen to an object of a kind.
  template <typename T>
  std::vector<std::string> WakesOf(T object) {
    object.meta.name = "x";
    const auto before = std::make_shared<const T>(object);
    const auto after = std::make_shared<const T>(object);
    ClusterObjects& objects = cluster_.scheduler->objects();
    return {Wakes([&] { objects.Changed(ObjectVersions<T>{nullptr, before}); }),
            Wakes([&] { objects.Changed(ObjectVersions<T>{before, after}); }),
            Wakes([&] { objects.Changed(ObjectVersions<T>{after, nullptr}); })};
  }

  LiveCluster cluster_;
};

TEST_F(ClusterObjectsTest, TellsOfNodes) {
  EXPECT_EQ(Wakes([&] { cluster_.AddNode("m"); }), "NodeAdd");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"status", {{"allocatable", {{"cpu", "9"}}}}}}),
            "NodeUpdateNodeAllocatable");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"metadata", {{"labels", {{"a", "b"}}}}}}),
            "NodeUpdateNodeLabel");
  EXPECT_EQ(
      WakesMerge(kNodes, "m", {{"spec", {{"taints", {{{"key", "a"}, {"effect", "NoSchedule"}}}}}}}),
      "NodeUpdateNodeTaint");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"spec", {{"unschedulable", true}}}}), "");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"spec", {{"unschedulable", nullptr}}}}),
            "NodeUpdateNodeTaint");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"metadata", {{"annotations", {{"a", "b"}}}}}}),
            "NodeUpdateNodeAnnotation");
  EXPECT_EQ(WakesMerge(kNodes, "m", {{"metadata", {{"finalizers", {"f"}}}}}), "")
      << "nothing that a pod could wait for";
  EXPECT_EQ(Wakes([&] { cluster_.api.Remove(kNodes, "m"); }), "NodeDelete");
  EXPECT_TRUE(cluster_.Compare().empty());
}

TEST_F(ClusterObjectsTest, TellsOfPodsOnNodes) {
  Json placed = PodJson("placed", "2");
  placed["spec"]["nodeName"] = "n";
  EXPECT_EQ(Wakes([&] { cluster_.PutPod(placed); }), "AssignedPodAdd");
  EXPECT_EQ(WakesMerge(kPods, "default/placed", {{"metadata", {{"labels", {{"a", "b"}}}}}}),
            "AssignedPodUpdatePodLabel");
  placed["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "1";
  EXPECT_EQ(WakesMerge(kPods, "default/placed", {{"spec", placed["spec"]}}),
            "AssignedPodUpdatePodScaleDown");
  EXPECT_EQ(WakesMerge(kPods, "default/placed", {{"status", {{"phase", "Running"}}}}),
            "AssignedPodUpdate");
  EXPECT_EQ(WakesMerge(kPods, "default/placed", {{"status", {{"phase", "Succeeded"}}}}),
            "AssignedPodDelete")
      << "it holds nothing any more";
  EXPECT_EQ(cluster_.scheduler->cluster().pod_count(), 0);
  EXPECT_TRUE(cluster_.Compare().empty());
}

TEST_F(ClusterObjectsTest, TellsOfAPodThatGetsANode) {
  Json other = PodJson("other");
  other["spec"]["schedulerName"] = "somebody-else";
  EXPECT_EQ(Wakes([&] { cluster_.PutPod(other); }), "");
  EXPECT_EQ(WakesMerge(kPods, "default/other", {{"spec", {{"nodeName", "n"}}}}), "AssignedPodAdd");
  EXPECT_EQ(Wakes([&] { cluster_.api.Remove(kPods, "default/other"); }), "AssignedPodDelete");
}

TEST_F(ClusterObjectsTest, TellsThePodOfItsOwnChanges) {
  EXPECT_EQ(WakesMerge(kPods, "default/waiting", {{"metadata", {{"labels", {{"a", "b"}}}}}}),
            "UnschedulablePodUpdatePodLabel");
}

TEST_F(ClusterObjectsTest, TellsOfStorage) {
  EXPECT_THAT(
      WakesOf(api::PersistentVolume()),
      ElementsAre("PersistentVolumeAdd", "PersistentVolumeUpdate", "PersistentVolumeDelete"));
  EXPECT_THAT(WakesOf(api::PersistentVolumeClaim()),
              ElementsAre("PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate",
                          "PersistentVolumeClaimDelete"));
  EXPECT_THAT(WakesOf(api::StorageClass()),
              ElementsAre("storage.k8s.io/StorageClassAdd", "storage.k8s.io/StorageClassUpdate",
                          "storage.k8s.io/StorageClassDelete"));
  EXPECT_THAT(WakesOf(api::CsiNode()),
              ElementsAre("storage.k8s.io/CSINodeAdd", "storage.k8s.io/CSINodeUpdate",
                          "storage.k8s.io/CSINodeDelete"));
  EXPECT_THAT(WakesOf(api::CsiDriver()),
              ElementsAre("storage.k8s.io/CSIDriverAdd", "storage.k8s.io/CSIDriverUpdate",
                          "storage.k8s.io/CSIDriverDelete"));
  EXPECT_THAT(
      WakesOf(api::CsiStorageCapacity()),
      ElementsAre("storage.k8s.io/CSIStorageCapacityAdd", "storage.k8s.io/CSIStorageCapacityUpdate",
                  "storage.k8s.io/CSIStorageCapacityDelete"));
  EXPECT_THAT(
      WakesOf(api::VolumeAttachment()),
      ElementsAre("storage.k8s.io/VolumeAttachmentAdd", "storage.k8s.io/VolumeAttachmentUpdate",
                  "storage.k8s.io/VolumeAttachmentDelete"));
}

TEST_F(ClusterObjectsTest, TellsOfDevices) {
  EXPECT_THAT(WakesOf(api::ResourceClaim()),
              ElementsAre("resource.k8s.io/ResourceClaimAdd", "resource.k8s.io/ResourceClaimUpdate",
                          "resource.k8s.io/ResourceClaimDelete"));
  EXPECT_THAT(WakesOf(api::ResourceSlice()),
              ElementsAre("resource.k8s.io/ResourceSliceAdd", "resource.k8s.io/ResourceSliceUpdate",
                          "resource.k8s.io/ResourceSliceDelete"));
  EXPECT_THAT(WakesOf(api::DeviceClass()),
              ElementsAre("resource.k8s.io/DeviceClassAdd", "resource.k8s.io/DeviceClassUpdate",
                          "resource.k8s.io/DeviceClassDelete"));
}

TEST_F(ClusterObjectsTest, IsSilentAboutWhatNobodyWaitsFor) {
  const std::vector<std::string> silence = {"", "", ""};
  EXPECT_EQ(WakesOf(api::Namespace()), silence);
  EXPECT_EQ(WakesOf(api::Service()), silence);
  EXPECT_EQ(WakesOf(api::ReplicationController()), silence);
  EXPECT_EQ(WakesOf(ReplicaSet()), silence);
  EXPECT_EQ(WakesOf(StatefulSet()), silence);
  EXPECT_EQ(WakesOf(api::PodDisruptionBudget()), silence);
}

TEST_F(ClusterObjectsTest, KeepsDisruptionBudgets) {
  const auto& budgets = cluster_.scheduler->cluster().disruption_budgets;
  auto budget = std::make_shared<api::PodDisruptionBudget>();
  budget->meta.name = "b";
  auto changed = std::make_shared<api::PodDisruptionBudget>(*budget);
  changed->disruptions_allowed = 3;
  using Versions = ObjectVersions<api::PodDisruptionBudget>;
  ClusterObjects& objects = cluster_.scheduler->objects();
  objects.Changed(Versions{nullptr, budget});
  ASSERT_EQ(budgets.size(), 1);
  objects.Changed(Versions{budget, changed});
  ASSERT_EQ(budgets.size(), 1);
  EXPECT_EQ(budgets[0].disruptions_allowed, 3);
  objects.Changed(Versions{changed, nullptr});
  EXPECT_THAT(budgets, IsEmpty());
}

// ---- Claims that are decided and not written ----

class AssumedClaimsTest : public ::testing::Test {
 protected:
  AssumedClaimsTest() {
    cluster_.AddNode("n");
    cluster_.AddPod("p");
    cluster_.AddPod("q");
    cluster_.ShowAll();
    cluster_.Decide();  // both are assumed
    claim_.meta.name = "c";
    claim_.meta.namespace_name = "default";
    claim_.meta.uid = "claim";
    Show(claim_);
  }
  void Show(const api::ResourceClaim& claim) {
    cluster_.scheduler->objects().Changed(ObjectVersions<api::ResourceClaim>{
        nullptr, std::make_shared<const api::ResourceClaim>(claim)});
  }
  cluster::Devices& devices() { return cluster_.scheduler->cluster().devices; }
  std::vector<std::string> Consumers() {
    std::vector<std::string> uids;
    for (const auto& consumer : devices().FindClaim("default", "c")->object.reserved_for) {
      uids.push_back(consumer.uid);
    }
    return uids;
  }
  void Reserve(const std::string& uid) { devices().AddConsumer("default", "c", Consumer(uid)); }
  static api::ClaimConsumer Consumer(const std::string& uid) { return {"", "pods", uid, uid}; }

  LiveCluster cluster_;
  api::ResourceClaim claim_;
  const std::string p_ = "uid-2";
  const std::string q_ = "uid-3";
};

TEST_F(AssumedClaimsTest, OutliveAnOlderVersion) {
  devices().Assume("default", "c", {});
  Reserve(p_);
  Reserve(q_);
  claim_.meta.labels["touched"] = "yes";
  Show(claim_);
  const cluster::Claim* claim = devices().FindClaim("default", "c");
  EXPECT_TRUE(claim->pending);
  EXPECT_TRUE(claim->object.meta.labels.Contains("touched"));
  EXPECT_THAT(Consumers(), ElementsAre(p_, q_));
}

TEST_F(AssumedClaimsTest, KeepTheSecondPodWhenTheFirstIsWritten) {
  devices().Assume("default", "c", {});
  Reserve(p_);
  Reserve(q_);
  claim_.allocation.emplace();
  claim_.reserved_for = {Consumer(p_)};
  Show(claim_);
  EXPECT_FALSE(devices().FindClaim("default", "c")->pending);
  EXPECT_THAT(Consumers(), ElementsAre(p_, q_));
}

TEST_F(AssumedClaimsTest, KeepAPodThatJoinsAnAllocatedClaim) {
  claim_.allocation.emplace();
  Show(claim_);
  Reserve(p_);
  Show(claim_);
  EXPECT_THAT(Consumers(), ElementsAre(p_));
}

TEST_F(AssumedClaimsTest, LoseAPodThatIsNotAssumed) {
  claim_.allocation.emplace();
  claim_.reserved_for = {Consumer("gone")};
  Show(claim_);
  claim_.reserved_for.clear();
  Show(claim_);
  EXPECT_THAT(Consumers(), IsEmpty());
}

TEST_F(AssumedClaimsTest, AreNotThoseOfAnotherClaimOfTheName) {
  devices().Assume("default", "c", {});
  Reserve(p_);
  claim_.meta.uid = "another";
  Show(claim_);
  EXPECT_FALSE(devices().FindClaim("default", "c")->object.allocation.has_value());
  EXPECT_THAT(Consumers(), IsEmpty());
}

}  // namespace
}  // namespace berth::live

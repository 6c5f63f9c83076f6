// VolumeBinding: where volumes can be had, what is assumed, what is written and when it is done.
#include "plugins/volumebinding/volume_binding.h"

#include <gmock/gmock.h>

#include "plugins/volumebinding/binding_plan.h"
#include "tests/support/yaml_cluster.h"

namespace berth::plugins {
namespace {

using framework::Code;
using framework::NodeIndex;
using framework::PodContext;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCluster = R"(
kind: List
items:
- {kind: Node, metadata: {name: a, labels: {disk: ssd, kubernetes.io/hostname: a}}}
- {kind: Node, metadata: {name: b, labels: {disk: hdd, kubernetes.io/hostname: b}}}
- {kind: StorageClass, metadata: {name: local}, provisioner: kubernetes.io/no-provisioner,
   volumeBindingMode: WaitForFirstConsumer}
- {kind: StorageClass, metadata: {name: made}, provisioner: csi.example.com,
   volumeBindingMode: WaitForFirstConsumer}
- {kind: PersistentVolumeClaim, metadata: {name: small, uid: u1, resourceVersion: "7"},
   spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
- {kind: PersistentVolumeClaim, metadata: {name: large, uid: u2},
   spec: {storageClassName: local, accessModes: [ReadWriteOnce], resources: {requests: {storage: 5Gi}}}}
- {kind: PersistentVolumeClaim, metadata: {name: new, uid: u3, resourceVersion: "8"},
   spec: {storageClassName: made, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}}
- kind: PersistentVolume
  metadata: {name: on-a, resourceVersion: "9"}
  spec:
    storageClassName: local
    capacity: {storage: 10Gi}
    accessModes: [ReadWriteOnce]
    nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}}
- kind: PersistentVolume
  metadata: {name: small-on-a}
  spec:
    storageClassName: local
    capacity: {storage: 2Gi}
    accessModes: [ReadWriteOnce]
    nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]}}
)";

class VolumeBindingTest : public ::testing::Test {
 protected:
  void Read(const std::string& yaml) { support::FillFromYaml(yaml, cluster_); }

  const cluster::PodClass& ClassOf(const std::vector<std::string>& claims) {
    auto spec = std::make_shared<api::PodSpec>();
    for (const auto& claim : claims) {
      spec->volumes.push_back({claim, api::VolumeKind::kPersistentVolumeClaim, claim});
    }
    pod_ = api::Pod();
    pod_.meta.name = "pod";
    pod_.meta.namespace_name = "default";
    pod_.spec = spec;
    return cluster_.classes.ClassOfPending(pod_);
  }

  // The nodes that Filter leaves; what PreFilter says, if it rejects.
  std::vector<std::string> Passing(const std::vector<std::string>& claims) {
    const PodContext context{cluster_, ClassOf(claims)};
    const auto state = plugin_.NewState(context);
    const auto status = plugin_.PreFilter(context, *state).status;
    if (!status.ok()) return {status.Message()};
    framework::NodeMask nodes = cluster_.nodes.alive();
    plugin_.Filter(context, *state, nodes);
    std::vector<std::string> names;
    nodes.ForEach([&](NodeIndex row) { names.push_back(cluster_.nodes.Name(row)); });
    return names;
  }

  std::string Explain(const std::vector<std::string>& claims, NodeIndex node) {
    const PodContext context{cluster_, ClassOf(claims)};
    const auto state = plugin_.NewState(context);
    plugin_.PreFilter(context, *state);
    std::string text;
    for (const auto reason : plugin_.Explain(context, *state, node).reasons) {
      text += (text.empty() ? "" : ", ") + std::string(reason);
    }
    return text;
  }

  BindingPlan Reserve(const std::vector<std::string>& claims, NodeIndex node) {
    const PodContext context{cluster_, ClassOf(claims)};
    const auto state = plugin_.NewState(context);
    EXPECT_TRUE(plugin_.Reserve(context, *state, pod_, node).ok());
    return PlanOf(context, node);
  }

  void Unreserve(const std::vector<std::string>& claims, NodeIndex node) {
    const PodContext context{cluster_, ClassOf(claims)};
    const auto state = plugin_.NewState(context);
    plugin_.Unreserve(context, *state, pod_, node);
  }

  BindingCheck Check(const std::vector<std::string>& claims, const BindingPlan& plan,
                     NodeIndex node) {
    return CheckBinding({cluster_, ClassOf(claims)}, plan, node);
  }

  const api::PersistentVolume& Volume(const std::string& name) {
    return *cluster_.storage.volume(cluster_.storage.IdOfVolume(name)).seen();
  }

  cluster::Cluster cluster_;
  VolumeBinding plugin_{config::VolumeBindingArgs()};
  api::Pod pod_;
};

TEST_F(VolumeBindingTest, SkipsPodsWithoutClaims) {
  Read(kCluster);
  const PodContext context{cluster_, ClassOf({})};
  const auto state = plugin_.NewState(context);
  EXPECT_EQ(plugin_.PreFilter(context, *state).status.code, Code::kSkip);
  EXPECT_EQ(plugin_.PreScore(context, *state, cluster_.nodes.alive()).code, Code::kSkip);
}

TEST_F(VolumeBindingTest, MatchesTheSmallestThatFits) {
  Read(kCluster);
  EXPECT_THAT(Passing({"small"}), ElementsAre("a"));
  EXPECT_THAT(Passing({"large"}), ElementsAre("a"));
  EXPECT_THAT(Passing({"large", "small"}), ElementsAre("a"));
  EXPECT_EQ(Explain({"small"}, 1), "node(s) didn't find available persistent volumes to bind");
  Reserve({"small"}, 0);
  EXPECT_EQ(Volume("small-on-a").claim_ref, (api::ClaimReference{"default", "small", "u1"}));
  EXPECT_FALSE(Volume("on-a").claim_ref);
}

TEST_F(VolumeBindingTest, WhatIsReservedIsTakenForOthersAndKeptForItsClaim) {
  Read(kCluster);
  Reserve({"large"}, 0);
  EXPECT_THAT(Passing({"large", "small"}), ElementsAre("a"));
  EXPECT_THAT(Passing({"small"}), ElementsAre("a"));
  Reserve({"small"}, 0);
  Read("{kind: PersistentVolumeClaim, metadata: {name: third}, spec: {storageClassName: local}}");
  EXPECT_THAT(Passing({"third"}), IsEmpty());
  Unreserve({"large"}, 0);
  EXPECT_THAT(Passing({"third"}), ElementsAre("a"));
}

TEST_F(VolumeBindingTest, ProvisionsWhereThePodLands) {
  Read(kCluster);
  EXPECT_THAT(Passing({"new"}), ElementsAre("a", "b"));
  Reserve({"new"}, 1);
  EXPECT_THAT(Passing({"new"}), ElementsAre("b"));
  Unreserve({"new"}, 1);
  EXPECT_THAT(Passing({"new"}), ElementsAre("a", "b"));
}

TEST_F(VolumeBindingTest, AsksForRoomWhereTheDriverTells) {
  Read(kCluster);
  Read("{kind: CSIDriver, metadata: {name: csi.example.com}, spec: {storageCapacity: true}}");
  EXPECT_EQ(Explain({"new"}, 0), "node(s) did not have enough free storage");
  Read(
      "{kind: CSIStorageCapacity, metadata: {name: x}, storageClassName: made, capacity: 1Gi, "
      "nodeTopology: {matchLabels: {disk: hdd}}}");
  EXPECT_THAT(Passing({"new"}), ElementsAre("b"));
}

TEST_F(VolumeBindingTest, BoundVolumesAreWhereTheyAre) {
  Read(kCluster);
  Read(
      "{kind: PersistentVolumeClaim, metadata: {name: bound, annotations: "
      "{pv.kubernetes.io/bind-completed: 'yes'}}, spec: {volumeName: on-a}}");
  EXPECT_THAT(Passing({"bound"}), ElementsAre("a"));
  EXPECT_EQ(Explain({"bound", "small"}, 1),
            "node(s) didn't match PersistentVolume's node affinity, node(s) didn't find available "
            "persistent volumes to bind");
  cluster_.storage.RemoveVolume("on-a");
  EXPECT_EQ(Explain({"bound"}, 0),
            "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
}

TEST_F(VolumeBindingTest, ClaimsThatNobodyBindsYetAreTold) {
  Read(kCluster);
  Read("{kind: PersistentVolumeClaim, metadata: {name: now}, spec: {storageClassName: absent}}");
  EXPECT_THAT(Passing({"small", "now"}),
              ElementsAre("pod has unbound immediate PersistentVolumeClaims"));
}

// ---- The binding cycle ----

TEST_F(VolumeBindingTest, WritesVolumesThenClaims) {
  Read(kCluster);
  const BindingPlan plan = Reserve({"new", "large"}, 0);
  const auto writes = WritesOf(cluster_.storage, plan);
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[0].path, "/api/v1/persistentvolumes/on-a");
  EXPECT_EQ(writes[0].body,
            R"({"metadata":{"annotations":{"pv.kubernetes.io/bound-by-controller":"yes"},)"
            R"("resourceVersion":"9"},"spec":{"claimRef":{"apiVersion":"v1",)"
            R"("kind":"PersistentVolumeClaim","namespace":"default","name":"large","uid":"u2"}}})");
  EXPECT_EQ(writes[1].path, "/api/v1/namespaces/default/persistentvolumeclaims/new");
  EXPECT_EQ(writes[1].body,
            R"({"metadata":{"annotations":{"volume.kubernetes.io/selected-node":"a"},)"
            R"("resourceVersion":"8"}})");
}

TEST_F(VolumeBindingTest, NothingToWriteWhereAllIsBound) {
  Read(kCluster);
  Read(
      "{kind: PersistentVolumeClaim, metadata: {name: bound, annotations: "
      "{pv.kubernetes.io/bind-completed: 'yes'}}, spec: {volumeName: on-a}}");
  EXPECT_TRUE(Reserve({"bound"}, 0).empty());
}

// The claim `new`, as the API server has it after somebody changed it.
std::string NewClaim(const std::string& annotations, const std::string& volume = "") {
  return "{kind: PersistentVolumeClaim, metadata: {name: new, uid: u3, annotations: {" +
         annotations + "}}, spec: {storageClassName: made, volumeName: '" + volume + "'}}";
}

TEST_F(VolumeBindingTest, WaitsUntilTheProvisionerIsDone) {
  Read(kCluster);
  const BindingPlan plan = Reserve({"new"}, 0);
  Read(NewClaim("volume.kubernetes.io/selected-node: a"));
  EXPECT_EQ(Check({"new"}, plan, 0).progress, BindingProgress::kWaiting);
  Read(NewClaim("volume.kubernetes.io/selected-node: a, pv.kubernetes.io/bind-completed: 'yes'",
                "made-1"));
  EXPECT_EQ(Check({"new"}, plan, 0).progress, BindingProgress::kBound);
}

TEST_F(VolumeBindingTest, FailsWhereTheProvisionerGivesUp) {
  Read(kCluster);
  const BindingPlan plan = Reserve({"new"}, 0);
  Read(NewClaim("other: x"));
  EXPECT_EQ(Check({"new"}, plan, 0).error, "provisioning failed for PVC \"new\"");
  Read(NewClaim(""));
  EXPECT_EQ(Check({"new"}, plan, 0).error, "selectedNode annotation reset for PVC \"new\"");
}

TEST_F(VolumeBindingTest, FailsWhereTheVolumeIsNotToBeHad) {
  Read(kCluster);
  const BindingPlan plan = Reserve({"large"}, 0);
  EXPECT_EQ(Check({"large"}, plan, 0).error, "ClaimRef got reset for pv \"on-a\"");
  EXPECT_THAT(Check({"large"}, plan, 1).error,
              HasSubstr("pv \"on-a\" node affinity doesn't match node \"b\""));
}

// ---- PreBind ----

class VolumePreBindingTest : public VolumeBindingTest {
 protected:
  // Of a pod with these claims on node a, after Reserve.
  std::unique_ptr<framework::PreBinding> Begin(const std::vector<std::string>& claims) {
    Reserve(claims, 0);
    return plugin_.PreBind({cluster_, ClassOf(claims)}, pod_, 0);
  }
  framework::PreBindStep Next(framework::PreBinding& binding,
                              const std::vector<std::string>& claims,
                              const framework::ApiAnswer* answer = nullptr) {
    return binding.Next({cluster_, ClassOf(claims)}, answer);
  }
  static std::string Failure(const framework::PreBindStep& step) {
    const auto* status = std::get_if<framework::Status>(&step);
    return status == nullptr ? "no end" : status->Message();
  }
};

TEST_F(VolumePreBindingTest, HasNothingToDoForPodsWhoseVolumesAreBound) {
  Read(kCluster);
  EXPECT_EQ(plugin_.PreBind({cluster_, ClassOf({})}, pod_, 0), nullptr);
  Read(
      "{kind: PersistentVolumeClaim, metadata: {name: bound, annotations: "
      "{pv.kubernetes.io/bind-completed: 'yes'}}, spec: {volumeName: on-a}}");
  EXPECT_EQ(Begin({"bound"}), nullptr);
}

TEST_F(VolumePreBindingTest, WritesThenWaitsUntilItSeesWhatItWrote) {
  Read(kCluster);
  const auto binding = Begin({"new"});
  ASSERT_NE(binding, nullptr);
  EXPECT_TRUE(std::holds_alternative<framework::ApiWrite>(Next(*binding, {"new"})));
  const framework::ApiAnswer written{200, R"({"metadata": {"resourceVersion": "20"}})", ""};
  EXPECT_TRUE(std::holds_alternative<framework::PreBindWait>(Next(*binding, {"new"}, &written)));
  // The watch is behind: what is there is from before the write, and says nothing.
  EXPECT_TRUE(std::holds_alternative<framework::PreBindWait>(Next(*binding, {"new"})));
  Read(
      "{kind: PersistentVolumeClaim, metadata: {name: new, uid: u3, resourceVersion: '21', "
      "annotations: {volume.kubernetes.io/selected-node: a, "
      "pv.kubernetes.io/bind-completed: 'yes'}}, "
      "spec: {storageClassName: made, volumeName: made-1}}");
  EXPECT_EQ(Failure(Next(*binding, {"new"})), "");
}

TEST_F(VolumePreBindingTest, AWriteThatIsRefusedFailsTheBinding) {
  Read(kCluster);
  const auto binding = Begin({"large"});
  Next(*binding, {"large"});
  const framework::ApiAnswer refused{409, "", "the object has been modified"};
  EXPECT_EQ(Failure(Next(*binding, {"large"}, &refused)), "the object has been modified");
}

TEST_F(VolumePreBindingTest, GivesUpAfterItsTimeout) {
  Read(kCluster);
  const auto binding = Begin({"new"});
  Next(*binding, {"new"});
  const framework::ApiAnswer written{200, "{}", ""};
  framework::PreBindStep step = Next(*binding, {"new"}, &written);
  Read(NewClaim("volume.kubernetes.io/selected-node: a"));
  int waits = 0;
  while (std::holds_alternative<framework::PreBindWait>(step) && waits < 10'000) {
    step = Next(*binding, {"new"});
    ++waits;
  }
  EXPECT_EQ(Failure(step), kTimeoutText);
  EXPECT_EQ(waits, config::VolumeBindingArgs().bind_timeout_seconds + 1);
}

TEST_F(VolumePreBindingTest, FailsWhereTheNodeIsGone) {
  Read(kCluster);
  const auto binding = Begin({"new"});
  Next(*binding, {"new"});
  const framework::ApiAnswer written{200, "{}", ""};
  Next(*binding, {"new"}, &written);
  cluster_.RemoveNode(0);
  EXPECT_EQ(Failure(Next(*binding, {"new"})), "node \"a\" not found");
}

}  // namespace
}  // namespace berth::plugins

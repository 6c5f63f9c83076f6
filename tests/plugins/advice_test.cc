// What each filter says would help, in words and in facts. That it does help is held by
// tests/property/advice_test.cc and, for what that one does not draw, here.
#include <gmock/gmock.h>

#include "tests/support/plugin_harness.h"
#include "tests/support/yaml_cluster.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using api::TaintEffect;
using framework::Obstacle;
using framework::Remedy;
using support::NodeBuilder;
using support::PluginHarness;
using support::PodBuilder;
using support::Require;
using support::TermForApp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kZone = "topology.kubernetes.io/zone";

// "node, node: text -> change; text -> change"
std::vector<std::string> Texts(PluginHarness& harness, const std::vector<Remedy>& remedies) {
  std::vector<std::string> texts;
  for (const Remedy& remedy : remedies) {
    std::string text;
    remedy.nodes.ForEach([&](framework::NodeIndex node) {
      text += (text.empty() ? "" : ", ") + harness.cluster().nodes.Name(node);
    });
    const char* separator = ": ";
    for (const Obstacle& obstacle : remedy.obstacles) {
      text += separator + obstacle.text + " -> " + obstacle.change;
      separator = "; ";
    }
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::string> Advise(PluginHarness& harness, const PodBuilder& pod) {
  return Texts(harness, harness.Advise(pod));
}

TEST(FitAdvice, NamesTheClosestNodeAndWhatItLacks) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("far"));
  fit.AddNode(NodeBuilder("near"));
  fit.Place(PodBuilder("a").Requests({{"cpu", "3500m"}}), "far");
  fit.Place(PodBuilder("b").Requests({{"cpu", "2500m"}}), "near");
  const PodBuilder pod = PodBuilder("pod").Requests({{"cpu", "2"}, {"memory", "1Gi"}});
  EXPECT_THAT(Advise(fit, pod),
              ElementsAre("near: cpu: 2 requested, 1500m free: 500m missing -> request at most "
                          "1500m (500m less), or free 500m on the node"));
  EXPECT_THAT(fit.Passing(PodBuilder("less").Requests({{"cpu", "1500m"}})), ElementsAre("near"));
}

TEST(FitAdvice, TellsLargerThanTheNodeFromFull) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n"));  // 8 GiB
  fit.Place(PodBuilder("a").Requests({{"memory", "7Gi"}, {"cpu", "4"}}), "n");
  EXPECT_THAT(
      Advise(fit, PodBuilder("pod").Requests({{"memory", "10Gi"}, {"cpu", "1"}})),
      ElementsAre("n: cpu: 1 requested, 0 free: 1 missing -> request none, or free 1 on the "
                  "node; memory: 10Gi requested, 1Gi free: 9Gi missing (the node has 8Gi in "
                  "all) -> request at most 1Gi (9Gi less)"));
}

TEST(FitAdvice, RoundsManyBytesToTheSafeSide) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n").Allocatable({{"memory", "1000000000"}, {"pods", "9"}}));
  const auto remedies = fit.Advise(PodBuilder("pod").Requests({{"memory", "2000000000"}}));
  ASSERT_THAT(remedies, SizeIs(1));
  const Obstacle& obstacle = remedies[0].obstacles[0];
  EXPECT_EQ(obstacle.text,
            "memory: 1953125Ki requested, 953Mi free: 954Mi missing (the node has 953Mi in all)");
  EXPECT_EQ(obstacle.change, "request at most 953Mi (954Mi less)");
  EXPECT_EQ(obstacle.facts[5].first, "missing");
  EXPECT_EQ(std::get<std::string>(obstacle.facts[5].second), "1000000000");
}

TEST(FitAdvice, CountsPods) {
  PluginHarness fit("NodeResourcesFit");
  fit.AddNode(NodeBuilder("n").Allocatable({{"cpu", "4"}, {"pods", "1"}}));
  fit.Place(PodBuilder("a"), "n");
  EXPECT_THAT(Advise(fit, PodBuilder("pod")),
              ElementsAre("n: the node takes 1 pods and has 1 -> take 1 pod(s) off the node"));
}

TEST(FitAdvice, HasOneRemedyForEachSetOfResources) {
  PluginHarness fit("NodeResourcesFit");
  for (const char* name : {"both", "cpu", "cpu-too"}) fit.AddNode(NodeBuilder(name));
  fit.Place(PodBuilder("a").Requests({{"cpu", "3"}, {"memory", "7Gi"}}), "both");
  fit.Place(PodBuilder("b").Requests({{"cpu", "4"}}), "cpu");
  fit.Place(PodBuilder("c").Requests({{"cpu", "3"}}), "cpu-too");
  const auto remedies = fit.Advise(PodBuilder("pod").Requests({{"cpu", "2"}, {"memory", "2Gi"}}));
  ASSERT_THAT(remedies, SizeIs(2));
  EXPECT_THAT(remedies[0].obstacles, SizeIs(1));
  EXPECT_TRUE(remedies[0].nodes.Test(2));
  EXPECT_THAT(remedies[1].obstacles, SizeIs(2));
}

TEST(TaintAdvice, NamesTheTolerationsThatWouldDo) {
  PluginHarness taints("TaintToleration");
  taints.AddNode(NodeBuilder("a").Taint("gpu", "yes", TaintEffect::kNoSchedule));
  taints.AddNode(NodeBuilder("b")
                     .Taint("gpu", "yes", TaintEffect::kNoSchedule)
                     .Taint("soft", "", TaintEffect::kPreferNoSchedule));
  taints.AddNode(NodeBuilder("c")
                     .Taint("gpu", "yes", TaintEffect::kNoSchedule)
                     .Taint("broken", "", TaintEffect::kNoExecute));
  const std::string gpu =
      "untolerated taint {gpu=yes:NoSchedule} -> add the toleration {key: gpu, operator: Equal, "
      "value: yes, effect: NoSchedule}";
  EXPECT_THAT(Advise(taints, PodBuilder("pod")),
              ElementsAre("a, b: " + gpu,
                          "c: " + gpu +
                              "; untolerated taint {broken:NoExecute} -> add the toleration {key: "
                              "broken, operator: Exists, effect: NoExecute}"));
}

TEST(CordonAdvice, SaysUncordon) {
  PluginHarness cordon("NodeUnschedulable");
  cordon.AddNode(NodeBuilder("a").Cordoned());
  EXPECT_THAT(Advise(cordon, PodBuilder("pod")),
              ElementsAre(HasSubstr("a: cordoned (spec.unschedulable) -> kubectl uncordon")));
}

TEST(PortAdvice, NamesWhoHoldsThePort) {
  PluginHarness ports("NodePorts");
  for (const char* name : {"a", "b", "free"}) ports.AddNode(NodeBuilder(name));
  ports.Place(PodBuilder("x").HostPort(80), "a");
  ports.Place(PodBuilder("y").HostPort(80).HostPort(443, "UDP"), "b");
  const PodBuilder pod = PodBuilder("pod").HostPort(80).HostPort(443, "UDP");
  const std::string change = " -> take those pods away, or ask for another host port";
  EXPECT_THAT(Advise(ports, pod),
              ElementsAre("a: host port 80/TCP is held by default/x" + change,
                          "b: host port 80/TCP is held by default/y" + change +
                              "; host port 443/UDP is held by default/y" + change));
}

TEST(NodeAffinityAdvice, NamesTheLabelThatMisses) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("hdd").Label("disk", "hdd"));
  affinity.AddNode(NodeBuilder("none"));
  affinity.AddNode(NodeBuilder("ssd").Label("disk", "ssd"));
  EXPECT_THAT(
      Advise(affinity, PodBuilder("pod").NodeSelector("disk", "ssd")),
      ElementsAre("hdd, none: wanted disk in (ssd), found (no such label), hdd; values that "
                  "exist: hdd, ssd -> label the node disk=ssd, or drop the requirement"));
  EXPECT_THAT(Advise(affinity, PodBuilder("pod").NodeSelector("size", "big")),
              ElementsAre(HasSubstr("no node has the label -> label the node size=big")));
}

TEST(NodeAffinityAdvice, TakesTheTermThatMissesLeast) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("a").Label("disk", "hdd").Zone("1"));
  const auto ssd = Require("disk", SelectorOperator::kNotIn, {"hdd"});
  const auto zone = Require(kZone, SelectorOperator::kIn, {"1"});
  const auto gpu = Require("gpu", SelectorOperator::kExists);
  const auto fast = Require("fast", SelectorOperator::kExists);
  EXPECT_THAT(
      Advise(affinity,
             PodBuilder("pod").RequireNodes({{gpu, fast}, {}}).RequireNodes({{ssd, zone}, {}})),
      ElementsAre("a: wanted disk notin (hdd), found hdd -> remove the label disk, or drop "
                  "the requirement"));
}

TEST(NodeAffinityAdvice, WantsWhatTheProfileAddsAsWell) {
  config::NodeAffinityArgs args;
  args.added_affinity.emplace().required.emplace().terms = {
      {{Require("pool", SelectorOperator::kExists)}, {}}};
  PluginHarness affinity("NodeAffinity", args);
  affinity.AddNode(NodeBuilder("a"));
  const auto remedies = affinity.Advise(PodBuilder("pod").NodeSelector("disk", "ssd"));
  ASSERT_THAT(remedies, SizeIs(1));
  ASSERT_THAT(remedies[0].obstacles, SizeIs(2));
  EXPECT_THAT(remedies[0].obstacles[0].change, HasSubstr("label the node pool=true"));
  EXPECT_THAT(remedies[0].obstacles[1].change, HasSubstr("label the node disk=ssd"));
}

TEST(NodeAffinityAdvice, HasNoneWhereRequirementsContradictEachOther) {
  PluginHarness affinity("NodeAffinity");
  affinity.AddNode(NodeBuilder("a").Label("disk", "hdd"));
  const auto nvme = Require("disk", SelectorOperator::kIn, {"nvme"});
  EXPECT_THAT(
      affinity.Advise(PodBuilder("pod").NodeSelector("disk", "ssd").RequireNodes({{nvme}, {}})),
      IsEmpty());
  EXPECT_THAT(affinity.Advise(PodBuilder("pod").RequireNodes(
                  {{Require("disk", SelectorOperator::kGt, {"many"})}, {}})),
              IsEmpty());
}

api::TopologySpreadConstraint Spread(const std::string& key) {
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = key;
  constraint.label_selector = TermForApp("web", "").label_selector;
  return constraint;
}

TEST(SpreadAdvice, TellsTheSkewThatItWouldBe) {
  PluginHarness spread("PodTopologySpread");
  spread.AddNode(NodeBuilder("a").Zone("1"));
  spread.AddNode(NodeBuilder("b").Zone("2"));
  spread.AddNode(NodeBuilder("c"));
  const auto web = [](const std::string& name) { return PodBuilder(name).Label("app", "web"); };
  spread.Place(web("x"), "a");
  spread.Place(web("y"), "a");
  const PodBuilder pod = web("pod").Spread(Spread(kZone));
  EXPECT_THAT(
      Advise(spread, pod),
      ElementsAre(
          "c: no label topology.kubernetes.io/zone, over whose values the pod is to "
          "be spread -> label the node topology.kubernetes.io/zone with a value of "
          "its own",
          "a: topology.kubernetes.io/zone=1 has 2 pod(s) that match {app=web}, the smallest "
          "domain 0: skew would be 3, maxSkew is 1 -> raise maxSkew to 3, or take 2 "
          "of these pods out of the domain"));
}

TEST(PodAffinityAdvice, NamesThePodsInTheWay) {
  PluginHarness affinity("InterPodAffinity");
  affinity.AddNode(NodeBuilder("a").Zone("1"));
  affinity.AddNode(NodeBuilder("b").Zone("1"));
  affinity.Place(PodBuilder("x").Label("app", "db"), "b");
  EXPECT_THAT(
      Advise(affinity, PodBuilder("pod").AntiAffinity(TermForApp("db", kZone))),
      ElementsAre("a, b: pods that match {app=db} in topology.kubernetes.io/zone=1: default/x "
                  "-> take those pods out of the domain"));
  affinity.Place(PodBuilder("y").AntiAffinity(TermForApp("web", kZone)), "a");
  EXPECT_THAT(
      Advise(affinity, PodBuilder("pod").Label("app", "web")),
      ElementsAre("a, b: pods with anti-affinity to this one in topology.kubernetes.io/zone=1: "
                  "default/y -> take those pods out of the domain"));
}

TEST(PodAffinityAdvice, NamesThePodsThatMiss) {
  PluginHarness affinity("InterPodAffinity");
  affinity.AddNode(NodeBuilder("a").Zone("1"));
  affinity.AddNode(NodeBuilder("b").Zone("2"));
  affinity.AddNode(NodeBuilder("c").Zone("1"));
  affinity.Place(PodBuilder("x").Label("app", "db"), "b");
  const PodBuilder pod = PodBuilder("pod").Affinity(TermForApp("db", kZone));
  EXPECT_THAT(
      Advise(affinity, pod),
      ElementsAre("a, c: no pod that matches {app=db} in topology.kubernetes.io/zone=1; there "
                  "are some in 2 -> a pod that matches has to run in the same "
                  "topology.kubernetes.io/zone"));
  affinity.Place(PodBuilder("y").Label("app", "db"), "c");
  EXPECT_THAT(affinity.Passing(pod), ElementsAre("a", "b", "c"));
}

TEST(PodAffinityAdvice, HasNoneWherePodsAreWantedAndUnwanted) {
  PluginHarness affinity("InterPodAffinity");
  affinity.AddNode(NodeBuilder("a").Zone("1"));
  affinity.Place(PodBuilder("x").Label("app", "db"), "a");
  EXPECT_THAT(affinity.Advise(PodBuilder("pod")
                                  .Affinity(TermForApp("db", kZone))
                                  .AntiAffinity(TermForApp("db", kZone))),
              IsEmpty());
}

TEST(FeatureAdvice, NamesTheFeature) {
  PluginHarness features("NodeDeclaredFeatures");
  features.AddNode(NodeBuilder("a"));
  PodBuilder pod("pod");
  pod.spec().restart_all_containers_rule = true;
  EXPECT_THAT(
      Advise(features, pod),
      ElementsAre("a: the node does not declare the feature "
                  "RestartAllContainersOnContainerExits -> use a kubelet that declares it"));
}

// ---- Volumes ----

constexpr const char* kStorage = R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: default, annotations: {pv.kubernetes.io/bind-completed: "yes"}}
spec: {accessModes: [ReadWriteOncePod], volumeName: disk, storageClassName: "", resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk, labels: {topology.kubernetes.io/zone: z1}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOncePod]
  claimRef: {name: data, namespace: default}
  csi: {driver: d, volumeHandle: h}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [z1]}]}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: later, namespace: default}
spec: {accessModes: [ReadWriteOnce], storageClassName: local, resources: {requests: {storage: 1Gi}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
)";

PodBuilder WithClaim(const std::string& name, const std::string& claim) {
  PodBuilder pod(name);
  pod.spec().volumes.push_back({"v", api::VolumeKind::kPersistentVolumeClaim, claim});
  return pod;
}

TEST(VolumeAdvice, NamesClaimsAndVolumes) {
  for (const auto& [plugin, claim, expected] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"VolumeZone", "data",
            "far: claim data: volume disk is in topology.kubernetes.io/zone z1 -> give the claim a "
            "volume in the zone of the node"},
           {"VolumeBinding", "data",
            "far: bound claims whose volumes cannot be reached from here: data (volume disk) -> "
            "give "
            "the claims volumes that can be reached"},
           {"VolumeBinding", "later",
            "near, far: no volume to bind, and none that can be provisioned here, for one of the "
            "claims: later -> add a PersistentVolume that fits and can be reached"}}) {
    PluginHarness harness(plugin);
    harness.AddNode(NodeBuilder("near").Zone("z1"));
    harness.AddNode(NodeBuilder("far").Zone("z2"));
    support::FillFromYaml(kStorage, harness.cluster());
    EXPECT_THAT(Advise(harness, WithClaim("pod", claim)), ElementsAre(expected)) << plugin;
  }
}

TEST(VolumeAdvice, NamesWhoUsesAClaimForOnePod) {
  PluginHarness harness("VolumeRestrictions");
  harness.AddNode(NodeBuilder("n"));
  support::FillFromYaml(kStorage, harness.cluster());
  harness.Place(WithClaim("user", "data"), "n");
  EXPECT_THAT(Advise(harness, WithClaim("pod", "data")),
              ElementsAre("n: claim data (ReadWriteOncePod) is in use by default/user -> take that "
                          "pod away, or give the pod a claim of its own"));
}

TEST(Advice, IsEmptyForPluginsThatHaveNone) {
  PluginHarness name("NodeName");
  name.AddNode(NodeBuilder("a"));
  PodBuilder pod("pod");
  pod.pod().node_name = "b";
  EXPECT_THAT(name.Advise(pod), IsEmpty());
}

}  // namespace
}  // namespace berth::plugins

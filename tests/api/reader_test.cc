#include "scheduler/api/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/read_text.h"

namespace berth::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(ReaderTest, ReadsANode) {
  const auto objects = ReadJsonText(R"({
    "apiVersion": "v1", "kind": "Node",
    "metadata": {"name": "n1", "uid": "u1", "labels": {"zone": "a"}, "annotations": {"x": "y"},
                 "creationTimestamp": "2026-01-02T03:04:05Z", "managedFields": [{"manager": "m"}]},
    "spec": {"unschedulable": true, "podCIDR": "10.0.0.0/24",
             "taints": [{"key": "k", "value": "v", "effect": "NoExecute", "timeAdded": null}]},
    "status": {"capacity": {"cpu": 4, "memory": "8Gi"},
               "allocatable": {"cpu": 3.5, "memory": "7Gi", "pods": "110"},
               "images": [{"names": ["a:1", "a@sha256:0"], "sizeBytes": 12345678901}],
               "conditions": [{"type": "Ready", "status": "True", "reason": "r"},
                              {"type": "DiskPressure", "status": "False"}],
               "declaredFeatures": ["f"], "nodeInfo": {"architecture": "amd64"}}})");
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->nodes.size(), 1u);
  const Node& node = objects->nodes[0];
  EXPECT_EQ(node.meta.name, "n1");
  EXPECT_EQ(node.meta.labels, (StringMap{{"zone", "a"}}));
  EXPECT_EQ(node.meta.creation_timestamp, 1767323045'000000000);
  EXPECT_EQ(node.meta.annotations, (StringMap{{"x", "y"}}));
  EXPECT_EQ(node.conditions, (StringMap{{"DiskPressure", "False"}, {"Ready", "True"}}));
  EXPECT_TRUE(node.unschedulable);
  EXPECT_THAT(node.taints, ElementsAre(Taint{"k", "v", TaintEffect::kNoExecute}));
  EXPECT_EQ(node.allocatable.Find("cpu")->MilliValue(), 3500);
  EXPECT_EQ(node.capacity.Find("cpu")->Value(), 4);
  EXPECT_EQ(node.images[0].size_bytes, 12345678901);
  EXPECT_THAT(node.images[0].names, ElementsAre("a:1", "a@sha256:0"));
  EXPECT_EQ(objects->SourceOf(objects->node_origins[0]), "test.json");
}

TEST(ReaderTest, ReadsTheAnnotationsOfPodsThatScheduleGpus) {
  const auto objects = ReadYamlText(R"(
kind: Pod
metadata:
  name: p
  annotations: {alibabacloud.com/gpu-count: "2", alibabacloud.com/gpu-index: 0-2, other: x}
spec: {containers: [{name: c}]}
)");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods[0].meta.annotations, (StringMap{{"alibabacloud.com/gpu-count", "2"},
                                                          {"alibabacloud.com/gpu-index", "0-2"}}));
  const auto refused = ReadYamlText(
      "kind: Pod\nmetadata: {name: p, annotations: {alibabacloud.com/gpu-milli: 500}}\n");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("alibabacloud.com/gpu-milli"));
}

TEST(ReaderTest, KeepsWhatIsWrongWithAPodGroup) {
  const auto objects = ReadYamlText(R"(
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: {name: gang}
spec: {podGroupTemplateRef: {workloadName: w}, schedulingPolicy: {gang: {minCount: 3}}}
---
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: {name: basic}
spec: {schedulingPolicy: {basic: {}}}
---
apiVersion: scheduling.k8s.io/v1alpha2
kind: PodGroup
metadata: {name: broken}
spec: {schedulingPolicy: {basic: {}, gang: {minCount: 1}}, priority: 3}
---
apiVersion: scheduling.example.com/v1
kind: PodGroup
metadata: {name: of-somebody-else}
)");
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->pod_groups.size(), 3u);
  EXPECT_EQ(objects->pod_groups[0].min_count, 3);
  EXPECT_EQ(objects->pod_groups[0].problem, "");
  EXPECT_EQ(objects->pod_groups[1].min_count, std::nullopt);
  EXPECT_EQ(objects->pod_groups[1].problem, "");
  EXPECT_EQ(objects->pod_groups[2].problem,
            "spec.schedulingPolicy: must have exactly one of basic and gang");
}

constexpr std::string_view kFullPod = R"({
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "p", "namespace": "team", "generateName": "g-",
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "u",
                         "controller": true, "blockOwnerDeletion": true}],
    "deletionTimestamp": "2026-01-02T03:04:05Z"},
  "spec": {
    "nodeName": "n1", "schedulerName": "other", "priority": -5, "priorityClassName": "low",
    "preemptionPolicy": "Never", "runtimeClassName": "kata", "hostNetwork": true,
    "hostUsers": false,
    "containers": [{"name": "c", "image": "i:1", "command": ["x"],
      "resources": {"requests": {"cpu": "100m", "example.com/gpu": 1}, "limits": {"cpu": "1"}},
      "ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP", "hostIP": "10.0.0.1"}],
      "restartPolicyRules": [{"action": "RestartAllContainers"}]}],
    "initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "i"}],
    "resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "10m"},
    "nodeSelector": {"disk": "ssd"},
    "affinity": {
      "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
          {"matchExpressions": [{"key": "gen", "operator": "Gt", "values": ["3"]}],
           "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]},
        "preferredDuringSchedulingIgnoredDuringExecution": [
          {"weight": 7, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}]},
      "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
          {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}},
           "namespaces": ["a"],
           "namespaceSelector": {}, "matchLabelKeys": ["v"], "mismatchLabelKeys": ["w"]}]},
      "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
          {"weight": 100, "podAffinityTerm": {"topologyKey": "host"}}]}},
    "tolerations": [{"operator": "Exists"},
      {"key": "k", "value": "v", "effect": "NoSchedule", "tolerationSeconds": 5}],
    "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "zone", "minDomains": 3,
      "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}, "nodeAffinityPolicy": "Ignore",
      "nodeTaintsPolicy": "Honor", "matchLabelKeys": ["v"]}],
    "schedulingGates": [{"name": "g1"}, {"name": "g2"}],
    "volumes": [{"name": "cfg", "configMap": {"name": "x"}},
      {"name": "data", "persistentVolumeClaim": {"claimName": "c1"}},
      {"name": "img", "image": {"reference": "quay.io/a:b"}}],
    "resourceClaims": [{"name": "r", "resourceClaimTemplateName": "t"}]},
  "status": {"phase": "Running", "nominatedNodeName": "n2", "startTime": "2026-01-02T03:04:06Z",
    "conditions": [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}],
    "containerStatuses": [{"name": "c", "resources": {"requests": {"cpu": "50m"}},
                           "allocatedResources": {"cpu": "60m"}}, {"name": "d"}]}})";

TEST(ReaderTest, ReadsAPod) {
  const auto objects = ReadJsonText(kFullPod);
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->pods.size(), 1u);
  const Pod& pod = objects->pods[0];
  EXPECT_EQ(pod.Key(), "team/p");
  EXPECT_EQ(pod.node_name, "n1");
  ASSERT_NE(pod.meta.Controller(), nullptr);
  EXPECT_EQ(pod.meta.Controller()->name, "rs");
  EXPECT_TRUE(pod.meta.deletion_timestamp);
  EXPECT_EQ(pod.Priority(), -5);
  EXPECT_EQ(pod.status.nominated_node_name, "n2");
  EXPECT_TRUE(pod.status.resize_infeasible);
  ASSERT_EQ(pod.status.container_resources.size(), 1u);
  EXPECT_EQ(pod.status.container_resources[0].allocated_resources.Find("cpu")->MilliValue(), 60);
}

TEST(ReaderTest, ReadsAPodSpec) {
  const auto objects = ReadJsonText(kFullPod);
  ASSERT_TRUE(objects) << objects.error().message();
  const PodSpec& spec = *objects->pods[0].spec;
  EXPECT_EQ(spec.scheduler_name, "other");
  EXPECT_EQ(spec.preemption_policy, PreemptionPolicy::kNever);
  EXPECT_TRUE(spec.host_network);
  EXPECT_EQ(spec.host_users, false);
  EXPECT_TRUE(spec.restart_all_containers_rule);
  EXPECT_THAT(spec.containers[0].ports, ElementsAre(ContainerPort{80, 8080, "UDP", "10.0.0.1"}));
  EXPECT_EQ(spec.containers[0].resources.requests.Find("example.com/gpu")->Value(), 1);
  EXPECT_TRUE(spec.init_containers[0].restart_always);
  EXPECT_FALSE(spec.init_containers[1].restart_always);
  EXPECT_EQ(spec.overhead.Find("cpu")->MilliValue(), 10);
  EXPECT_EQ(spec.resources->requests.Find("cpu")->Value(), 2);
  EXPECT_THAT(spec.scheduling_gates, ElementsAre("g1", "g2"));
  EXPECT_THAT(spec.volumes, ElementsAre(Volume{"data", VolumeKind::kPersistentVolumeClaim, "c1"},
                                        Volume{"img", VolumeKind::kImage, "quay.io/a:b"}));
  EXPECT_THAT(spec.resource_claims, ElementsAre(PodResourceClaim{"r", "", "t"}));
  EXPECT_EQ(spec.tolerations.size(), 2u);
  EXPECT_EQ(spec.tolerations[0].op, TolerationOperator::kExists);
}

TEST(ReaderTest, ReadsAffinityAndSpread) {
  const auto objects = ReadJsonText(kFullPod);
  ASSERT_TRUE(objects) << objects.error().message();
  const PodSpec& spec = *objects->pods[0].spec;
  const NodeAffinity& node = *spec.affinity->node_affinity;
  EXPECT_THAT(node.required->terms[0].match_expressions,
              ElementsAre(Requirement{"gen", SelectorOperator::kGt, {"3"}}));
  EXPECT_EQ(node.required->terms[0].match_fields[0].key, "metadata.name");
  EXPECT_EQ(node.preferred[0].weight, 7);
  const PodAffinityTerm& term = spec.affinity->pod_affinity->required[0];
  EXPECT_EQ(term.label_selector->match_labels, (StringMap{{"app", "x"}}));
  EXPECT_TRUE(term.namespace_selector && term.namespace_selector->empty());
  EXPECT_THAT(term.match_label_keys, ElementsAre("v"));
  EXPECT_THAT(term.mismatch_label_keys, ElementsAre("w"));
  EXPECT_EQ(spec.affinity->pod_anti_affinity->preferred[0].weight, 100);
  EXPECT_FALSE(spec.affinity->pod_anti_affinity->preferred[0].term.label_selector);
  const TopologySpreadConstraint& spread = spec.topology_spread_constraints[0];
  EXPECT_EQ(spread.max_skew, 2);
  EXPECT_EQ(spread.min_domains, 3);
  EXPECT_EQ(spread.when_unsatisfiable, UnsatisfiableAction::kScheduleAnyway);
  EXPECT_EQ(spread.node_affinity_policy, NodeInclusionPolicy::kIgnore);
  EXPECT_EQ(spread.node_taints_policy, NodeInclusionPolicy::kHonor);
  EXPECT_TRUE(spread.label_selector && spread.label_selector->empty());
}

TEST(ReaderTest, NullIsAbsentAndUnknownFieldsAreSkipped) {
  const auto objects = ReadJsonText(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p",
      "labels":null,"creationTimestamp":null,"future":{"a":[1,2,{"b":"}"}]}},
      "spec":{"affinity":null,"nodeSelector":null,"containers":null,"priority":null,"x":1.5e3},
      "status":null})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_FALSE(objects->pods[0].spec->affinity);
  EXPECT_FALSE(objects->pods[0].spec->node_selector);
  EXPECT_FALSE(objects->pods[0].spec->priority);
}

TEST(ReaderTest, LastOfTwoFieldsCounts) {
  const auto objects = ReadJsonText(R"({"kind":"Pod","metadata":{"name":"a","name":"b",
      "labels":{"k":"1","k":"2"}},"spec":{"tolerations":[{"operator":"Exists"}],
      "tolerations":[]}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods[0].meta.name, "b");
  EXPECT_EQ(objects->pods[0].meta.labels, (StringMap{{"k", "2"}}));
  EXPECT_TRUE(objects->pods[0].spec->tolerations.empty());
}

TEST(ReaderTest, StringsAreUnescaped) {
  const auto objects = ReadJsonText(
      R"({"kind":"Pod","metadata":{"n\u0061me":"p\u00e9\"\\\n",
      "labels":{"a\u002fb":"\ud83d\ude00"}}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods[0].meta.name, "p\u00e9\"\\\n");
  EXPECT_EQ(objects->pods[0].meta.labels, (StringMap{{"a/b", "\U0001f600"}}));
}

TEST(ReaderTest, ListsOfAllShapes) {
  const auto objects = ReadJsonText(R"(
    {"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}},
      {"metadata":{"name":"b"}}]}
    {"apiVersion":"v1","items":[
       {"kind":"Node","apiVersion":"v1","metadata":{"name":"n"}},
       {"items":[{"metadata":{"name":"ns"}}],"kind":"NamespaceList","apiVersion":"v1"},
       {"kind":"Pod","apiVersion":"v1","metadata":{"name":"c"}}],"kind":"List"}
    {"kind":"List","apiVersion":"v1","items":null}
    {"kind":"Pod","apiVersion":"v1","metadata":{"name":"d"}})");
  ASSERT_TRUE(objects) << objects.error().message();
  std::string names;
  for (const Pod& pod : objects->pods) names += pod.meta.name;
  EXPECT_EQ(names, "abcd");
  EXPECT_EQ(objects->nodes.size(), 1u);
  EXPECT_EQ(objects->namespaces.size(), 1u);
  EXPECT_LT(objects->pod_origins[1].sequence, objects->node_origins[0].sequence);
  EXPECT_LT(objects->node_origins[0].sequence, objects->pod_origins[2].sequence);
}

TEST(ReaderTest, CountsWhatItIgnores) {
  const auto objects = ReadJsonText(R"(
    {"kind":"ConfigMap","apiVersion":"v1","data":{"a":"b"}} {"kind":"ConfigMap","apiVersion":"v1"}
    {"kind":"Service","apiVersion":"serving.knative.dev/v1","metadata":{"name":"x"}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_THAT(objects->ignored,
              ElementsAre(Pair("ConfigMap", 2), Pair("Service.serving.knative.dev", 1)));
  EXPECT_TRUE(objects->services.empty());
}

TEST(ReaderTest, ReadsTheOtherKinds) {
  const auto objects = ReadJsonText(R"(
    {"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{"selector":{"app":"x"}}}
    {"kind":"Service","apiVersion":"v1","metadata":{"name":"t"},"spec":{}}
    {"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"name":"r"},"spec":{"replicas":2,
      "selector":{"matchLabels":{"app":"x"}},
      "template":{"metadata":{"labels":{"app":"x"}},"spec":{}}}}
    {"kind":"PriorityClass","apiVersion":"scheduling.k8s.io/v1","metadata":{"name":"h"},"value":7,
      "globalDefault":true,"preemptionPolicy":"Never"}
    {"kind":"RuntimeClass","apiVersion":"node.k8s.io/v1","metadata":{"name":"k"},"handler":"k",
      "overhead":{"podFixed":{"cpu":"1"}},"scheduling":{"nodeSelector":{"a":"b"},
      "tolerations":[{"key":"t","operator":"Exists"}]}}
    {"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"b"},
      "spec":{"maxUnavailable":"30%","selector":{}},
      "status":{"disruptionsAllowed":3,"disruptedPods":{"x":"2026-01-02T03:04:05Z"}}}
    {"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j"},"spec":{"parallelism":3,
      "completions":5,"completionMode":"Indexed","template":{"spec":{}}},
      "status":{"succeeded":3}})");
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(*objects->services[0].selector, (StringMap{{"app", "x"}}));
  EXPECT_FALSE(objects->services[1].selector);
  EXPECT_EQ(objects->replica_sets[0].selector->match_labels, (StringMap{{"app", "x"}}));
  EXPECT_EQ(objects->priority_classes[0].value, 7);
  EXPECT_TRUE(objects->priority_classes[0].global_default);
  EXPECT_EQ(objects->runtime_classes[0].overhead.Find("cpu")->Value(), 1);
  EXPECT_EQ(objects->runtime_classes[0].tolerations.size(), 1u);
  EXPECT_EQ(objects->pod_disruption_budgets[0].disruptions_allowed, 3);
  EXPECT_THAT(objects->pod_disruption_budgets[0].disrupted_pods, ElementsAre("x"));
  ASSERT_EQ(objects->workloads.size(), 2u);
  EXPECT_EQ(objects->workloads[0].replicas, 2);
  EXPECT_EQ(objects->workloads[1].replicas, 2) << "two of five are left";
  EXPECT_TRUE(objects->workloads[1].indexed);
}

TEST(ReaderTest, EqualSpecificationsAreOneObject) {
  std::string pods;
  for (int i = 0; i < 1000; ++i) {
    pods += R"({"kind":"Pod","metadata":{"name":"p)" + std::to_string(i) +
            R"("},"spec":{"nodeName":"n)" + std::to_string(i) + R"(","priority":)" +
            std::to_string(i % 2) + R"(,"volumes":[{"name":"v)" + std::to_string(i) +
            R"(","emptyDir":{}}]}})";
  }
  for (const std::size_t threads : {1u, 4u}) {
    const auto objects = ReadJsonText(pods, threads);
    ASSERT_TRUE(objects) << objects.error().message();
    ASSERT_EQ(objects->pods.size(), 1000u);
    for (std::size_t i = 0; i < 1000; ++i) {
      const Pod& pod = objects->pods[i];
      EXPECT_EQ(pod.meta.name, "p" + std::to_string(i));
      EXPECT_EQ(pod.spec, objects->pods[i % 2].spec);
    }
    EXPECT_NE(objects->pods[0].spec, objects->pods[1].spec);
  }
}

TEST(ReaderTest, FirstErrorDoesNotDependOnThreads) {
  std::string pods;
  for (int i = 0; i < 2000; ++i) {
    const char* cpu = i % 900 == 899 ? "bad" : "1";
    pods += R"({"kind":"Pod","metadata":{"name":"p)" + std::to_string(i) +
            R"("},"spec":{"overhead":{"cpu":")" + cpu + R"("}}})";
  }
  for (const std::size_t threads : {1u, 2u, 4u}) {
    EXPECT_THAT(MessageOf(ReadJsonText(pods, threads)), HasSubstr("Pod p899: spec.overhead[cpu]"));
  }
}

}  // namespace
}  // namespace berth::api

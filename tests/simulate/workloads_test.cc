#include "scheduler/simulate/workloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/base/executor.h"

namespace berth::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

base::Result<api::ClusterObjects> Expand(std::string_view yaml) {
  const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  BERTH_TRY(reader.ReadYaml(yaml, "w.yaml"));
  api::ClusterObjects objects = reader.Take();
  BERTH_TRY(ExpandWorkloads(objects, reader.specs()));
  BERTH_TRY(api::ApplyDefaults(objects, reader.specs()));
  return objects;
}

std::vector<std::string> Names(const base::Result<api::ClusterObjects>& objects) {
  std::vector<std::string> names;
  if (!objects) return {"error: " + objects.error().message()};
  for (const api::Pod& pod : objects->pods) names.push_back(pod.meta.name);
  return names;
}

std::string Workload(const std::string& kind, const std::string& spec,
                     const std::string& metadata = "{name: web, namespace: shop}") {
  const bool batch = kind == "Job" || kind == "CronJob";
  return "---\nkind: " + kind + "\napiVersion: " + (batch ? "batch/v1" : "apps/v1") +
         "\nmetadata: " + metadata + "\nspec: {" + spec + "}\n";
}

const std::string kTemplate =
    "selector: {matchLabels: {app: web}}, "
    "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}";

TEST(WorkloadsTest, Deployment) {
  const auto objects = Expand(Workload("Deployment", "replicas: 2, " + kTemplate));
  ASSERT_EQ(Names(objects).size(), 2u);
  const api::Pod& pod = objects->pods[0];
  EXPECT_EQ(pod.meta.namespace_name, "shop");
  const std::string& hash = *pod.meta.labels.Find("pod-template-hash");
  EXPECT_THAT(pod.meta.name, MatchesRegex("web-" + hash + "-[a-z0-9]{5}"));
  EXPECT_EQ(*pod.meta.labels.Find("app"), "web");
  const api::OwnerReference* owner = pod.meta.Controller();
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->api_version + " " + owner->kind + " " + owner->name,
            "apps/v1 ReplicaSet web-" + hash);
  EXPECT_EQ(objects->pods[0].spec, objects->pods[1].spec);
  ASSERT_EQ(objects->replica_sets.size(), 1u) << "for the default selector of spreading";
  EXPECT_EQ(objects->replica_sets[0].meta.name, owner->name);
  EXPECT_EQ(*objects->replica_sets[0].selector->match_labels.Find("pod-template-hash"), hash);
}

TEST(WorkloadsTest, StatefulSet) {
  const auto objects = Expand(
      Workload("StatefulSet", "replicas: 2, ordinals: {start: 3}, serviceName: s, " + kTemplate +
                                  ", volumeClaimTemplates: [{metadata: {name: data}}]"));
  EXPECT_THAT(Names(objects), ElementsAre("web-3", "web-4"));
  const api::Pod& pod = objects->pods[1];
  EXPECT_EQ(*pod.meta.labels.Find("apps.kubernetes.io/pod-index"), "4");
  EXPECT_EQ(*pod.meta.labels.Find("statefulset.kubernetes.io/pod-name"), "web-4");
  EXPECT_THAT(
      pod.spec->volumes,
      ElementsAre(api::Volume{"data", api::VolumeKind::kPersistentVolumeClaim, "data-web-4"}));
}

TEST(WorkloadsTest, StatefulSetMakesTheClaimsThatAreNotThere) {
  const auto objects =
      Expand("kind: PersistentVolumeClaim\nmetadata: {name: data-web-0, namespace: shop}\n---\n" +
             Workload("StatefulSet", "replicas: 2, serviceName: s, " + kTemplate +
                                         ", volumeClaimTemplates: [{metadata: {name: data}, spec: "
                                         "{storageClassName: fast}}]"));
  ASSERT_EQ(objects->storage.claims.size(), 2u);
  EXPECT_FALSE(objects->storage.claims[0].spec.storage_class_name);
  EXPECT_EQ(objects->storage.claims[1].meta.name, "data-web-1");
  EXPECT_EQ(objects->storage.claims[1].meta.namespace_name, "shop");
  EXPECT_EQ(objects->storage.claims[1].spec.storage_class_name, "fast");
}

TEST(WorkloadsTest, DaemonSetRunsWhereItMay) {
  const std::string nodes = R"(
kind: List
items:
- {kind: Node, metadata: {name: plain, labels: {os: linux}}}
- {kind: Node, metadata: {name: other, labels: {os: windows}}}
- kind: Node
  metadata: {name: tainted, labels: {os: linux}}
  spec: {taints: [{key: a, effect: NoSchedule}]}
- kind: Node
  metadata: {name: soft, labels: {os: linux}}
  spec: {taints: [{key: a, effect: PreferNoSchedule}]}
- kind: Node
  metadata: {name: cordoned, labels: {os: linux}}
  spec: {unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}
)";
  const auto objects = Expand(
      nodes + Workload("DaemonSet",
                       "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: "
                       "web}}, spec: {nodeSelector: {os: linux}, containers: []}}"));
  ASSERT_TRUE(objects) << objects.error().message();
  std::vector<std::string> targets;
  for (const api::Pod& pod : objects->pods) {
    const auto& terms = pod.spec->affinity->node_affinity->required->terms;
    ASSERT_EQ(terms.size(), 1u);
    EXPECT_EQ(terms[0].match_fields[0].key, "metadata.name");
    targets.push_back(terms[0].match_fields[0].values[0]);
    EXPECT_EQ(pod.spec->tolerations.size(), 6u);
  }
  EXPECT_THAT(targets, ElementsAre("plain", "soft", "cordoned"));
}

TEST(WorkloadsTest, Jobs) {
  const std::string work = "template: {spec: {restartPolicy: Never}}";
  EXPECT_EQ(Names(Expand(Workload("Job", "parallelism: 3, completions: 2, " + work))).size(), 2u);
  EXPECT_EQ(Names(Expand(Workload("Job", "parallelism: 3, " + work))).size(), 3u);
  EXPECT_THAT(Names(Expand(Workload("Job", "suspend: true, " + work))), IsEmpty());
  const auto indexed =
      Expand(Workload("Job", "completions: 2, parallelism: 5, completionMode: Indexed, " + work));
  ASSERT_EQ(Names(indexed).size(), 2u);
  EXPECT_THAT(indexed->pods[1].meta.name, MatchesRegex("web-1-[a-z0-9]{5}"));
  EXPECT_EQ(*indexed->pods[1].meta.labels.Find("batch.kubernetes.io/job-name"), "web");
  const auto cron =
      Expand(Workload("CronJob", "schedule: \"* * * * *\", jobTemplate: {spec: {" + work + "}}"));
  ASSERT_EQ(Names(cron).size(), 1u);
  EXPECT_THAT(cron->pods[0].meta.name, MatchesRegex("web-1-[a-z0-9]{5}"));
  EXPECT_THAT(
      Names(Expand(Workload("CronJob", "suspend: true, jobTemplate: {spec: {" + work + "}}"))),
      IsEmpty());
}

TEST(WorkloadsTest, NothingComesOfWhatIsDone) {
  EXPECT_THAT(Names(Expand(Workload("Deployment", "replicas: 0, " + kTemplate))), IsEmpty());
  EXPECT_THAT(Names(Expand(Workload("Job", "template: {spec: {}}") +
                           "status: {conditions: [{type: Complete, status: \"True\"}]}\n")),
              IsEmpty());
}

std::string OwnedPod(const std::string& kind, const std::string& name, const std::string& uid,
                     const std::string& labels = "{}") {
  return "---\nkind: Pod\nmetadata: {name: p, namespace: shop, labels: " + labels +
         ", ownerReferences: [{kind: " + kind + ", name: " + name + ", uid: \"" + uid +
         "\", controller: true}]}\n";
}

TEST(WorkloadsTest, WhatControlsSomethingIsNotExpanded) {
  const std::string with_uid = "{name: web, namespace: shop, uid: u1}";
  const std::string replica_set = Workload("ReplicaSet", "replicas: 3, " + kTemplate, with_uid);
  EXPECT_THAT(Names(Expand(replica_set + OwnedPod("ReplicaSet", "web", "u1"))), ElementsAre("p"));
  EXPECT_EQ(Names(Expand(replica_set + OwnedPod("ReplicaSet", "web", "u2"))).size(), 4u)
      << "a pod of an earlier ReplicaSet of that name";
  const std::string no_uid = Workload("ReplicaSet", "replicas: 3, " + kTemplate);
  EXPECT_THAT(Names(Expand(no_uid + OwnedPod("ReplicaSet", "web", "u9"))), ElementsAre("p"));
}

TEST(WorkloadsTest, OwnershipIsSeenThroughWhatIsMissing) {
  const std::string deployment =
      Workload("Deployment", "replicas: 3, " + kTemplate, "{name: web, namespace: shop, uid: u1}");
  EXPECT_THAT(Names(Expand(deployment +
                           OwnedPod("ReplicaSet", "web-abc", "u2", "{pod-template-hash: abc}"))),
              ElementsAre("p"));
  EXPECT_EQ(Names(Expand(deployment + OwnedPod("ReplicaSet", "web-abc", "u2"))).size(), 4u);
  const std::string cron = Workload("CronJob", "jobTemplate: {spec: {template: {spec: {}}}}");
  EXPECT_THAT(Names(Expand(cron + OwnedPod("Job", "web-29401", "u2"))), ElementsAre("p"));
}

TEST(WorkloadsTest, DeploymentWithItsReplicaSetIsCountedOnce) {
  const std::string deployment = Workload("Deployment", "replicas: 3, " + kTemplate);
  const std::string replica_set = Workload(
      "ReplicaSet", "replicas: 3, " + kTemplate,
      "{name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web, uid: u}]}");
  EXPECT_EQ(Names(Expand(deployment + replica_set)).size(), 3u);
}

TEST(WorkloadsTest, PodsStandAtThePlaceOfTheirWorkload) {
  const auto names = Names(Expand("kind: Pod\nmetadata: {name: first}\n" +
                                  Workload("StatefulSet", "replicas: 1, " + kTemplate) +
                                  "---\nkind: Pod\nmetadata: {name: last}\n"));
  EXPECT_THAT(names, ElementsAre("first", "web-0", "last"));
}

TEST(WorkloadsTest, SelectorMustMatchTheTemplate) {
  const std::string other =
      "selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: web}}, spec: {}}";
  EXPECT_THAT(Names(Expand(Workload("Deployment", other))),
              ElementsAre("error: w.yaml: Deployment shop/web: spec.template.metadata.labels: do "
                          "not match spec.selector"));
  EXPECT_THAT(Names(Expand(Workload("Deployment", "template: {spec: {}}")))[0],
              HasSubstr("spec.selector: is missing"));
  EXPECT_THAT(Names(Expand(Workload("Deployment", "replicas: -1, " + kTemplate)))[0],
              HasSubstr("spec.replicas: must be in 0.."));
  EXPECT_THAT(Names(Expand(Workload("Job", "completions: 1")))[0],
              HasSubstr("spec.template: is missing"));
}

}  // namespace
}  // namespace berth::simulate

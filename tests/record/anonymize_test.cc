#include "scheduler/record/anonymize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/simulate/input.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::record {
namespace {

using simulate::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class AnonymizeTest : public ::testing::Test {
 protected:
  base::Result<Anonymized> Run(const std::string& text, bool keep_devices = false) {
    const AnonymizeOptions options{.inputs = {folder_.Write("in.yaml", text)},
                                   .keep_devices = keep_devices};
    return Anonymize(options, KeyedHash("key"), *executor_);
  }
  std::string Text(const std::string& text) {
    const auto done = Run(text);
    return done ? done->text : done.error().message();
  }

  TemporaryFolder folder_;
  std::unique_ptr<base::Executor> executor_ = base::MakeExecutor(1);
};

constexpr const char* kCluster = R"(
kind: Node
apiVersion: v1
metadata: {name: secretnode, labels: {secretkey: secretvalue, kubernetes.io/hostname: secretnode}}
status:
  allocatable: {cpu: 4, secret.com/fpga: 2}
  images: [{names: ["secret.io/app:secrettag"], sizeBytes: 10}]
---
kind: Pod
apiVersion: v1
metadata: {name: secretpod, namespace: secretspace, annotations: {secretannotation: x}}
spec:
  schedulerName: secretscheduler
  priorityClassName: secretclass
  priority: 5
  nodeName: secretnode
  containers:
  - {name: secretcontainer, image: "secret.io/app:secrettag", env: [{name: SECRET, value: x}],
     ports: [{containerPort: 1, hostPort: 2, hostIP: 10.1.2.3}]}
  volumes:
  - {name: secretmount, persistentVolumeClaim: {claimName: secretclaim}}
  - {name: secretephemeral, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: secretsc}}}}
  - {name: other, secret: {secretName: secretsecret}}
  nodeSelector: {secretkey: secretvalue}
---
kind: Secret
apiVersion: v1
metadata: {name: secret}
data: {secret: secret}
)";

TEST_F(AnonymizeTest, LeavesNothingOfTheNames) {
  const auto done = Run(kCluster);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_THAT(done->text, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("SECRET")),
                                Not(HasSubstr("10.1.2.3"))));
  EXPECT_EQ(done->objects, 2u);
  EXPECT_EQ(done->dropped.at("other kinds"), 1u);
}

TEST_F(AnonymizeTest, WhatBelongsTogetherStaysTogether) {
  const auto done = Run(kCluster);
  ASSERT_TRUE(done) << done.error().message();
  const auto objects = simulate::ReadInput({folder_.Write("out.json", done->text)},
                                           simulate::InputFormat::kAuto, *executor_);
  ASSERT_TRUE(objects) << objects.error().message();
  const api::Node& node = objects->nodes.at(0);
  const api::Pod& pod = objects->pods.at(0);
  EXPECT_EQ(pod.node_name, node.meta.name);
  EXPECT_EQ(*node.meta.labels.Find("kubernetes.io/hostname"), node.meta.name);
  EXPECT_EQ(pod.spec->containers.at(0).image, node.images.at(0).names.at(0));
  const auto& [key, value] = *pod.spec->node_selector->begin();
  EXPECT_EQ(*node.meta.labels.Find(key), value);
  EXPECT_EQ(pod.node_name, done->names->Of(TextKind::kNode, "secretnode"));
}

TEST_F(AnonymizeTest, WorkloadsThatHaveTheirPodsMakeNoMore) {
  const std::string owned = R"(
kind: Deployment
apiVersion: apps/v1
metadata: {name: web, namespace: team}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
kind: ReplicaSet
apiVersion: apps/v1
metadata: {name: web-abc, namespace: team, ownerReferences: [{kind: Deployment, name: web, controller: true}]}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}
---
kind: Pod
apiVersion: v1
metadata:
  {name: web-abc-1, namespace: team, labels: {app: web, pod-template-hash: abc},
   ownerReferences: [{kind: ReplicaSet, name: web-abc, controller: true}]}
spec: {containers: []}
)";
  const auto done = Run(owned);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->dropped.at("Deployment"), 1u);
  const auto objects = simulate::ReadInput({folder_.Write("out.json", done->text)},
                                           simulate::InputFormat::kAuto, *executor_);
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->pods.size(), 1u);
  EXPECT_EQ(objects->replica_sets.size(), 1u);
}

TEST_F(AnonymizeTest, DevicesStayOnlyIfAsked) {
  const std::string device = R"(
kind: DeviceClass
apiVersion: resource.k8s.io/v1
metadata: {name: gpu}
spec: {selectors: [{cel: {expression: "device.driver == 'd'"}}]}
)";
  EXPECT_THAT(Text(device),
              AllOf(HasSubstr("in.yaml: DeviceClass gpu: "), HasSubstr("--keep-devices")));
  const auto kept = Run(device, true);
  ASSERT_TRUE(kept) << kept.error().message();
  EXPECT_THAT(kept->text, HasSubstr("device.driver == 'd'"));
}

TEST_F(AnonymizeTest, BadInputIsOneSentence) {
  EXPECT_THAT(Text("metadata: {name: x}"), HasSubstr("in.yaml: "));
  EXPECT_THAT(Text("kind: Pod\nspec: {containers: 1}"), HasSubstr("spec.containers"));
  EXPECT_THAT(Text("{"), HasSubstr("in.yaml"));
  const AnonymizeOptions missing{.inputs = {folder_.path() + "/none.json"}};
  const auto done = Anonymize(missing, KeyedHash("key"), *executor_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("none.json"));
  const AnonymizeOptions table{
      .inputs = {folder_.Write("n.csv", "sn,cpu_milli,memory_mib,gpu,model\na,1,1,0,\n")}};
  EXPECT_FALSE(Anonymize(table, KeyedHash("key"), *executor_));
}

}  // namespace
}  // namespace berth::record

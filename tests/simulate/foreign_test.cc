// Small files in the forms of other tools, written by hand.
#include "scheduler/simulate/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/input.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ForeignTest : public ::testing::Test {
 protected:
  base::Result<api::ClusterObjects> Read(const std::vector<std::string>& paths) {
    const auto executor = base::MakeExecutor(1);
    return ReadInput(paths, InputFormat::kAuto, *executor);
  }
  std::string Problem(const std::vector<std::string>& paths) {
    const auto objects = Read(paths);
    return objects ? "no error" : objects.error().message();
  }
  // Nodes, then pods, in their order.
  std::vector<std::string> Names(const std::vector<std::string>& paths) {
    const auto objects = Read(paths);
    if (!objects) return {objects.error().message()};
    std::vector<std::string> names;
    for (const api::Node& node : objects->nodes) names.push_back(node.meta.name);
    for (const api::Pod& pod : objects->pods) names.push_back(pod.meta.name);
    return names;
  }

  TemporaryFolder folder_;
};

constexpr const char* kExport = R"({
  "pods": [{"metadata": {"name": "p", "namespace": "default"},
            "spec": {"priorityClassName": "high", "containers": [{"name": "c", "image": "i"}]}}],
  "nodes": [{"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4"}}}],
  "pvs": [{"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}}}],
  "pvcs": [{"metadata": {"name": "c", "namespace": "default"}, "spec": {}}],
  "storageClasses": [{"metadata": {"name": "s"}, "provisioner": "x"}],
  "priorityClasses": [{"metadata": {"name": "high"}, "value": 7}],
  "schedulerConfig": {"kind": "KubeSchedulerConfiguration", "apiVersion": "kubescheduler.config.k8s.io/v1"},
  "namespaces": null
})";

TEST_F(ForeignTest, ReadsAnExportOfKubeSchedulerSimulator) {
  const auto objects = Read({folder_.Write("export.json", kExport)});
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_EQ(objects->nodes.at(0).meta.name, "n");
  EXPECT_EQ(objects->pods.at(0).Priority(), 7);
  EXPECT_EQ(objects->storage.volumes.at(0).meta.name, "v");
  EXPECT_EQ(objects->storage.claims.at(0).meta.name, "c");
  EXPECT_EQ(objects->storage.classes.at(0).provisioner, "x");
}

TEST_F(ForeignTest, AnExportThatIsWrongIsRefusedByItsField) {
  const std::string file = folder_.Write("e.json", R"({"nodes": 1})");
  EXPECT_EQ(Problem({file}), file + ": nodes: must be a list");
  EXPECT_THAT(Problem({folder_.Write("f.json", R"({"pods": [{"metadata": {"name": "p"},)"
                                               R"("spec": {"containers": 3}}]})")}),
              HasSubstr("f.json: Pod p: spec.containers"));
  EXPECT_THAT(Problem({folder_.Write("g.json", R"({"pods": [)")}), HasSubstr("g.json: "));
}

// Nodes as kwok makes them, among kinds that nobody here looks at.
constexpr const char* kKwokSnapshot = R"(apiVersion: v1
kind: Node
metadata:
  annotations: {kwok.x-k8s.io/node: fake}
  name: kwok-0
spec:
  taints: [{effect: NoSchedule, key: kwok.x-k8s.io/node, value: fake}]
status:
  allocatable: {cpu: "32", memory: 256Gi, pods: "110"}
  phase: Running
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, uid: d1}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-5c
  namespace: default
  uid: r1
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: true}]
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-5c-x
  namespace: default
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5c, uid: r1, controller: true}]
spec: {nodeName: kwok-0, containers: [{name: c, image: i}]}
status: {phase: Running}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-root-ca.crt, namespace: default}
---
)";

TEST_F(ForeignTest, ReadsASnapshotOfKwokctl) {
  EXPECT_THAT(Names({folder_.Write("snapshot.yaml", kKwokSnapshot)}),
              ElementsAre("kwok-0", "web-5c-x"));
}

class OpenSimulatorTest : public ForeignTest {
 protected:
  OpenSimulatorTest() {
    folder_.Write("example/cluster/demo/nodes/worker.yaml",
                  "apiVersion: v1\nkind: Node\nmetadata: {name: worker}\n");
    folder_.Write("example/cluster/demo/nodes/worker.json",
                  R"({"vgs": [{"name": "pool0", "capacity": "100"}], "devices": []})");
    folder_.Write("example/application/simple/pod.yaml",
                  "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: []}\n");
    folder_.Write("example/newnode/new.yaml",
                  "apiVersion: v1\nkind: Node\nmetadata: {name: new}\n");
  }
  std::string Config(const std::string& application) {
    return folder_.Write("example/simon-config.yaml", R"(apiVersion: simon/v1alpha1
kind: Config
metadata: {name: simon-config}
spec:
  cluster:
    customConfig: example/cluster/demo
  appList:
  - )" + application + R"(
  newNode: example/newnode
)");
  }
};

TEST_F(OpenSimulatorTest, ReadsWhatAConfigNames) {
  EXPECT_THAT(Names({Config("{name: simple, path: example/application/simple}")}),
              ElementsAre("worker", "app"));
}

TEST_F(OpenSimulatorTest, ReadsItsFolders) {
  EXPECT_THAT(Names({folder_.path() + "/example/cluster", folder_.path() + "/example/application"}),
              ElementsAre("worker", "app"));
}

TEST_F(OpenSimulatorTest, SaysWhatItCannotFollow) {
  const std::string chart = Config("{name: c, path: charts/c, chart: true}");
  EXPECT_EQ(Problem({chart}),
            chart + ": spec.appList[0]: is a Helm chart; render it with `helm template` first");
  const std::string missing = Config("{name: c, path: example/none}");
  EXPECT_EQ(Problem({missing}), missing + ": spec.appList[0].path: there is no example/none");
  const std::string no_path = Config("{name: c}");
  EXPECT_EQ(Problem({no_path}), no_path + ": spec.appList[0].path: is missing");
}

}  // namespace
}  // namespace berth::simulate

#include "scheduler/simulate/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scheduler/base/executor.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

base::Result<api::ClusterObjects> Read(const std::vector<std::string>& paths,
                                       InputFormat format = InputFormat::kAuto) {
  const auto executor = base::MakeExecutor(2);
  return ReadInput(paths, format, *executor);
}

std::string Problem(const std::vector<std::string>& paths,
                    InputFormat format = InputFormat::kAuto) {
  const auto objects = Read(paths, format);
  return objects ? "no error" : objects.error().message();
}

std::vector<std::string> PodNames(const api::ClusterObjects& objects) {
  std::vector<std::string> names;
  for (const api::Pod& pod : objects.pods) names.push_back(pod.meta.name);
  return names;
}

constexpr const char* kNode = R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"}})";

std::string Pod(const std::string& name, const std::string& node, const std::string& phase) {
  return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + name +
         R"("},"spec":{"nodeName":")" + node + R"("},"status":{"phase":")" + phase + "\"}}\n";
}

TEST(InputTest, ReadsFilesOfSeveralKindsInOrder) {
  const TemporaryFolder folder;
  folder.Write("1.json", std::string(kNode) + Pod("b", "n1", "Running"));
  folder.Write("2.yaml", "kind: Pod\nmetadata: {name: a}\n---\nkind: Pod\nmetadata: {name: c}\n");
  const std::string unnamed = folder.Write("other/list", " \n" + Pod("d", "", "Pending"));
  const std::string plain = folder.Write("other/yaml", "kind: Pod\nmetadata: {name: e}\n");
  const auto objects = Read({folder.path(), unnamed, plain});
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_THAT(PodNames(*objects), ElementsAre("b", "a", "c", "d", "e"));
  EXPECT_THAT(objects->SourceOf(objects->pod_origins[1]), EndsWith("2.yaml"));
}

TEST(InputTest, NewPodsGetTheClaimsOfTheirEphemeralVolumes) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("p.yaml", R"(
kind: List
items:
- kind: Pod
  metadata: {name: new}
  spec: {containers: [], volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: s}}}}]}
- kind: Pod
  metadata: {name: admitted, creationTimestamp: "2026-01-01T00:00:00Z"}
  spec: {containers: [], volumes: [{name: v, ephemeral: {volumeClaimTemplate: {}}}]}
)");
  const auto objects = Read({file});
  ASSERT_TRUE(objects) << objects.error().message();
  ASSERT_EQ(objects->storage.claims.size(), 1u);
  const api::PersistentVolumeClaim& claim = objects->storage.claims[0];
  EXPECT_EQ(claim.meta.namespace_name + "/" + claim.meta.name, "default/new-v");
  EXPECT_EQ(claim.spec.storage_class_name, "s");
  EXPECT_EQ(claim.meta.Controller()->uid, objects->pods[0].meta.uid);
}

TEST(InputTest, PodsThatHaveEndedAreDropped) {
  const TemporaryFolder folder;
  const std::string file = folder.Write(
      "c.json", std::string(kNode) + Pod("a", "gone", "Succeeded") + Pod("b", "n1", "Running") +
                    Pod("c", "n1", "Failed") + Pod("a", "", "Pending"));
  const auto objects = Read({file});
  ASSERT_TRUE(objects) << objects.error().message();
  EXPECT_THAT(PodNames(*objects), ElementsAre("b", "a"));
  EXPECT_EQ(objects->pod_origins.size(), 2u);
}

TEST(InputTest, PodOnAnUnknownNode) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("c.json", kNode + Pod("a", "n2", "Running"));
  EXPECT_EQ(Problem({file}), file + R"(: Pod default/a: spec.nodeName: there is no node "n2")");
}

TEST(InputTest, NamesAreUnique) {
  const TemporaryFolder folder;
  const std::string one = folder.Write("1.json", kNode + Pod("a", "", "Pending"));
  const std::string two = folder.Write("2.json", Pod("a", "", "Pending"));
  const std::string node = folder.Write("3.json", kNode);
  EXPECT_EQ(Problem({one, two}),
            two + ": Pod default/a: metadata.name: a pod of this name is also in " + one);
  EXPECT_EQ(Problem({one, node}),
            node + ": Node n1: metadata.name: a node of this name is also in " + one);
}

TEST(InputTest, FormatCanBeForced) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("t.csv", "sn,cpu_milli,memory_mib,gpu,model\nx,1,1,0,\n");
  EXPECT_EQ(Read({file})->nodes.size(), 1u);
  EXPECT_EQ(Read({folder.path()}, InputFormat::kOpenb)->nodes.size(), 1u);
  EXPECT_THAT(Problem({file}, InputFormat::kKubernetes), HasSubstr("expected a Kubernetes object"));
  const std::string json = folder.Write("n.json", kNode);
  EXPECT_THAT(Problem({json}, InputFormat::kOpenb), HasSubstr("n.json: line 1: not the header"));
}

TEST(InputTest, ErrorsNameTheFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(Problem({folder.Write("a.json", "not JSON at all")}),
              HasSubstr("a.json: line 1 column 1"));
  EXPECT_THAT(Problem({folder.Write("b.json", R"({"kind":"List","items":[{"kind":"Po)")}),
              HasSubstr("b.json: line 1 column 36: the JSON text ends too early"));
  EXPECT_THAT(Problem({folder.Write("c.yaml", "a: [")}), HasSubstr("c.yaml: line 1"));
  EXPECT_THAT(Problem({folder.path() + "/absent"}), HasSubstr("absent: cannot open"));
}

}  // namespace
}  // namespace berth::simulate

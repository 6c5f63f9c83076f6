// The store of storage objects: what follows what.
#include "scheduler/cluster/storage.h"

#include <gmock/gmock.h>

#include "scheduler/cluster/cluster.h"
#include "tests/support/builders.h"
#include "tests/support/yaml_cluster.h"

namespace berth::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

api::NodeSelector Labelled(const std::string& key, const std::string& value) {
  api::NodeSelectorTerm term;
  term.match_expressions.push_back({key, api::SelectorOperator::kIn, {value}});
  return {{term}};
}

std::vector<NodeIndex> RowsOf(Cluster& cluster, LabelRows& rows) {
  std::vector<NodeIndex> list;
  cluster.storage.label_rows.Refresh(rows).rows().ForEach(
      [&](NodeIndex row) { list.push_back(row); });
  return list;
}

TEST(LabelRows, FollowNodesThatComeGoAndChange) {
  Cluster cluster;
  for (const char* name : {"a", "b"}) {
    cluster.AddNode(support::NodeBuilder(name).Zone(name).Build());
  }
  const auto rows = cluster.storage.label_rows.Get(Labelled("topology.kubernetes.io/zone", "b"));
  EXPECT_THAT(RowsOf(cluster, *rows), ElementsAre(1));
  cluster.AddNode(support::NodeBuilder("c").Zone("b").Build());
  EXPECT_THAT(RowsOf(cluster, *rows), ElementsAre(1, 2));
  cluster.UpdateNode(1, support::NodeBuilder("b").Zone("a").Build());
  EXPECT_THAT(RowsOf(cluster, *rows), ElementsAre(2));
  cluster.RemoveNode(2);
  EXPECT_THAT(RowsOf(cluster, *rows), IsEmpty());
}

TEST(LabelRows, StartAnewAfterMoreChangesThanAreKept) {
  Cluster cluster;
  cluster.AddNode(support::NodeBuilder("a").Zone("a").Build());
  const auto rows = cluster.storage.label_rows.Get(Labelled("topology.kubernetes.io/zone", "b"));
  EXPECT_THAT(RowsOf(cluster, *rows), IsEmpty());
  const auto other = cluster.storage.label_rows.Get(Labelled("topology.kubernetes.io/zone", "c"));
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3000; ++j) {
      cluster.UpdateNode(0, support::NodeBuilder("a").Zone(j % 2 == 0 ? "x" : "b").Build());
    }
    EXPECT_THAT(RowsOf(cluster, *other), IsEmpty());
  }
  EXPECT_THAT(RowsOf(cluster, *rows), ElementsAre(0));
}

TEST(LabelRows, EqualSelectorsShareOneBitmap) {
  Cluster cluster;
  LabelRowsCache& cache = cluster.storage.label_rows;
  const auto rows = cache.Get(Labelled("a", "b"));
  EXPECT_EQ(cache.Get(Labelled("a", "b")), rows);
  EXPECT_NE(cache.Get(Labelled("a", "c")), rows);
}

constexpr const char* kCluster = R"(
kind: List
items:
- {kind: Node, metadata: {name: a}}
- {kind: CSINode, metadata: {name: a}, spec: {drivers: [{name: d, allocatable: {count: 1}}]}}
- {kind: PersistentVolumeClaim, metadata: {name: c}, spec: {volumeName: v}}
- {kind: PersistentVolumeClaim, metadata: {name: other}, spec: {volumeName: w}}
- {kind: PersistentVolume, metadata: {name: w}, spec: {csi: {driver: d, volumeHandle: w}}}
- kind: Pod
  metadata: {name: run}
  spec: {nodeName: a, containers: [], volumes: [{name: x, persistentVolumeClaim: {claimName: c}}]}
- kind: Pod
  metadata: {name: p}
  spec: {containers: [], volumes: [{name: x, persistentVolumeClaim: {claimName: other}}]}
)";

class NodeVolumesTest : public ::testing::Test {
 protected:
  NodeVolumesTest() : pod_(support::FillFromYaml(kCluster, cluster_).at("p")) {}

  // Whether the pod's volume fits the limit of node a.
  bool Fits() {
    NodeVolumes& volumes = cluster_.storage.node_volumes;
    volumes.Refresh();
    const auto wanted = volumes.CountedOf(*cluster_.classes.ClassOfPending(*pod_).volumes);
    scoring::NodeMask rows = cluster_.nodes.alive();
    volumes.Filter(wanted, rows);
    EXPECT_EQ(rows.Test(0), !volumes.Exceeds(0, wanted));
    return rows.Test(0);
  }
  void Read(const std::string& yaml) { support::FillFromYaml(yaml, cluster_); }

  Cluster cluster_;
  std::shared_ptr<const api::Pod> pod_;
};

TEST_F(NodeVolumesTest, FollowVolumesThatComeAndGo) {
  EXPECT_TRUE(Fits()) << "the volume of the claim that runs does not exist";
  Read("{kind: PersistentVolume, metadata: {name: v}, spec: {csi: {driver: d, volumeHandle: v}}}");
  EXPECT_FALSE(Fits());
  Read("{kind: PersistentVolume, metadata: {name: v}, spec: {csi: {driver: e, volumeHandle: v}}}");
  EXPECT_TRUE(Fits()) << "of another driver";
}

TEST_F(NodeVolumesTest, FollowClaimsClassesAndPods) {
  Read("{kind: StorageClass, metadata: {name: s}, provisioner: d}");
  EXPECT_TRUE(Fits());
  Read("{kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: s}}");
  EXPECT_FALSE(Fits());
  cluster_.storage.RemoveClass("s");
  EXPECT_TRUE(Fits());
  Read("{kind: StorageClass, metadata: {name: s}, provisioner: d}");
  EXPECT_FALSE(Fits());
  cluster_.storage.RemoveClaim("default", "c");
  EXPECT_TRUE(Fits());
  Read("{kind: PersistentVolumeClaim, metadata: {name: c}, spec: {storageClassName: s}}");
  EXPECT_FALSE(Fits());
  cluster_.RemovePod(cluster_.PodsOn(0).front());
  EXPECT_TRUE(Fits());
}

TEST_F(NodeVolumesTest, FollowTheLimitsOfNodes) {
  Read(
      "{kind: CSINode, metadata: {name: a}, spec: {drivers: [{name: d, allocatable: {count: "
      "0}}]}}");
  EXPECT_FALSE(Fits());
  cluster_.storage.RemoveCsiNode("a");
  EXPECT_TRUE(Fits());
}

TEST_F(NodeVolumesTest, CountTheSameVolumeOnce) {
  Read("{kind: PersistentVolume, metadata: {name: v}, spec: {csi: {driver: d, volumeHandle: w}}}");
  EXPECT_TRUE(Fits());
}

TEST_F(NodeVolumesTest, MoreDriversThanColumnsMakeNoDifference) {
  Read("{kind: PersistentVolume, metadata: {name: v}, spec: {csi: {driver: d, volumeHandle: v}}}");
  NodeVolumes& volumes = cluster_.storage.node_volumes;
  volumes.Refresh();
  for (int i = 0; i < 100; ++i) {
    const std::string name = "v" + std::to_string(i);
    Read("{kind: PersistentVolume, metadata: {name: " + name + "}, spec: {csi: {driver: d" + name +
         ", volumeHandle: h}}}\n---\n{kind: PersistentVolumeClaim, metadata: {name: " + name +
         "}, spec: {volumeName: " + name + "}}");
    PodVolumes other;
    other.claims.push_back({cluster_.storage.IdOfClaim("default", name), name, false});
    scoring::NodeMask rows = cluster_.nodes.alive();
    volumes.Filter(volumes.CountedOf(other), rows);
    EXPECT_TRUE(rows.Test(0)) << name;
  }
  EXPECT_FALSE(Fits());
}

TEST(StorageTest, VolumesOfAClassComeBySizeThenName) {
  Cluster cluster;
  Storage& storage = cluster.storage;
  const auto add = [&](const std::string& name, std::int64_t size, const std::string& of_class) {
    api::PersistentVolume volume;
    volume.meta.name = name;
    volume.capacity = api::Quantity::FromValue(size);
    volume.storage_class_name = of_class;
    storage.SetVolume(volume);
    return storage.IdOfVolume(name);
  };
  const auto b = add("b", 2, "s");
  const auto a = add("a", 2, "s");
  const auto c = add("c", 1, "s");
  add("d", 1, "t");
  EXPECT_THAT(storage.VolumesOfClass("s"), ElementsAre(c, a, b));
  add("a", 2, "t");
  EXPECT_THAT(storage.VolumesOfClass("s"), ElementsAre(c, b));
  storage.RemoveVolume("c");
  EXPECT_THAT(storage.VolumesOfClass("s"), ElementsAre(b));
  EXPECT_THAT(storage.VolumesOfClass("none"), IsEmpty());
}

TEST(StorageTest, WhatIsAssumedLastsUntilTheObjectComesBack) {
  Cluster cluster;
  Storage& storage = cluster.storage;
  api::PersistentVolumeClaim claim;
  claim.meta.name = "c";
  storage.SetClaim(claim);
  const ClaimId id = storage.IdOfClaim("", "c");
  auto assumed = std::make_shared<api::PersistentVolumeClaim>(claim);
  assumed->phase = "assumed";
  storage.AssumeClaim(id, assumed);
  EXPECT_EQ(storage.claim(id).seen()->phase, "assumed");
  EXPECT_EQ(storage.claim(id).object->phase, "");
  storage.SetClaim(claim);
  EXPECT_EQ(storage.claim(id).seen()->phase, "");
}

TEST(PodClassTest, PodsWithClaimsOfTheirOwnAreClassesOfTheirOwn) {
  Cluster cluster;
  auto spec = std::make_shared<api::PodSpec>();
  spec->volumes.push_back({"v", api::VolumeKind::kEphemeral, ""});
  api::Pod pod;
  pod.spec = spec;
  pod.meta.name = "a";
  const auto a = cluster.classes.ClassOfPending(pod).id;
  pod.meta.name = "b";
  EXPECT_NE(cluster.classes.ClassOfPending(pod).id, a);
  EXPECT_EQ(cluster.classes.ClassOfPending(pod).volumes->claims.at(0).name, "b-v");
}

}  // namespace
}  // namespace berth::cluster

// Claims, volumes, classes and CSI objects from text, and their defaults.
#include <gmock/gmock.h>

#include <string>

#include "scheduler/api/defaults.h"
#include "scheduler/api/storage_objects.h"
#include "tests/api/read_text.h"

namespace berth::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

StorageObjects Storage(const std::string& yaml) {
  auto objects = ReadYamlText(yaml);
  EXPECT_TRUE(objects) << MessageOf(objects);
  return objects ? objects->storage : StorageObjects();
}

TEST(StorageReaderTest, ReadsAClaim) {
  const auto storage = Storage(R"(
kind: PersistentVolumeClaim
apiVersion: v1
metadata:
  {name: c, namespace: ns, resourceVersion: "12", annotations: {pv.kubernetes.io/bind-completed: "yes"}}
spec:
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  selector: {matchLabels: {a: b}}
  resources: {requests: {storage: 10Gi}, limits: {storage: 20Gi}}
  volumeName: v
  storageClassName: ""
  volumeMode: Block
  volumeAttributesClassName: gold
  dataSource: {kind: VolumeSnapshot, name: s}
status: {phase: Bound, capacity: {storage: 10Gi}}
)");
  ASSERT_EQ(storage.claims.size(), 1u);
  const PersistentVolumeClaim& claim = storage.claims[0];
  EXPECT_EQ(claim.meta.resource_version, "12");
  EXPECT_TRUE(claim.IsBound());
  EXPECT_THAT(claim.spec.access_modes, ElementsAre("ReadWriteOnce", "ReadOnlyMany"));
  EXPECT_EQ(claim.spec.selector->match_labels, (StringMap{{"a", "b"}}));
  EXPECT_EQ(claim.spec.request.Value(), std::int64_t{10} << 30);
  EXPECT_EQ(claim.spec.storage_class_name, "");
  EXPECT_EQ(claim.spec.volume_mode, VolumeMode::kBlock);
  EXPECT_EQ(claim.spec.volume_attributes_class_name, "gold");
  EXPECT_EQ(claim.phase, "Bound");
}

TEST(StorageReaderTest, ReadsAVolume) {
  const auto storage = Storage(R"(
kind: PersistentVolume
metadata: {name: v, labels: {topology.kubernetes.io/zone: z}}
spec:
  capacity: {storage: 5Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: s
  claimRef: {namespace: ns, name: c, uid: u, kind: PersistentVolumeClaim}
  csi: {driver: d, volumeHandle: h, fsType: ext4}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: k, operator: Exists}]}]}}
status: {phase: Available}
)");
  ASSERT_EQ(storage.volumes.size(), 1u);
  const PersistentVolume& volume = storage.volumes[0];
  EXPECT_EQ(volume.claim_ref, (ClaimReference{"ns", "c", "u"}));
  ASSERT_TRUE(volume.source);
  EXPECT_EQ(volume.source->kind, VolumeKind::kCsi);
  EXPECT_EQ(volume.source->scope + "/" + volume.source->source, "d/h");
  EXPECT_EQ(volume.node_affinity->terms.at(0).match_expressions.at(0).key, "k");
  EXPECT_EQ(volume.volume_mode, VolumeMode::kFilesystem);
}

TEST(StorageReaderTest, OldAnnotationsNameTheClassFirst) {
  const auto storage = Storage(R"(
kind: List
items:
- kind: PersistentVolumeClaim
  metadata: {name: c, annotations: {volume.beta.kubernetes.io/storage-class: old}}
  spec: {storageClassName: new}
- kind: PersistentVolume
  metadata: {name: v, annotations: {volume.beta.kubernetes.io/storage-class: old}}
- kind: PersistentVolumeClaim
  metadata: {name: d}
)");
  EXPECT_EQ(storage.claims.at(0).StorageClassName(), "old");
  EXPECT_EQ(storage.claims.at(1).StorageClassName(), "");
  EXPECT_EQ(storage.volumes.at(0).StorageClassName(), "old");
}

TEST(StorageReaderTest, ReadsClassesAndCsiObjects) {
  const auto storage = Storage(R"(
kind: List
items:
- kind: StorageClass
  apiVersion: storage.k8s.io/v1
  metadata: {name: s}
  provisioner: d
  volumeBindingMode: WaitForFirstConsumer
  allowedTopologies: [{matchLabelExpressions: [{key: z, values: [a, b]}]}, {}]
- kind: CSINode
  apiVersion: storage.k8s.io/v1
  metadata: {name: node, annotations: {storage.alpha.kubernetes.io/migrated-plugins: kubernetes.io/cinder}}
  spec: {drivers: [{name: d, nodeID: node, allocatable: {count: 3}}, {name: e, nodeID: node}]}
- {kind: CSIDriver, apiVersion: storage.k8s.io/v1, metadata: {name: d}, spec: {storageCapacity: true, preventPodSchedulingIfMissing: true}}
- {kind: CSIStorageCapacity, apiVersion: storage.k8s.io/v1, metadata: {name: x}, storageClassName: s,
   capacity: 1Gi, maximumVolumeSize: 2Gi, nodeTopology: {matchLabels: {z: a}}}
- {kind: VolumeAttachment, apiVersion: storage.k8s.io/v1, metadata: {name: t},
   spec: {attacher: d, nodeName: node, source: {persistentVolumeName: v}}}
)");
  EXPECT_EQ(storage.classes.at(0).volume_binding_mode, VolumeBindingMode::kWaitForFirstConsumer);
  EXPECT_THAT(storage.classes[0].allowed_topologies,
              ElementsAre(ElementsAre(TopologyRequirement{"z", {"a", "b"}}), IsEmpty()));
  EXPECT_EQ(storage.csi_nodes.at(0).drivers.at(0).allocatable_count, 3);
  EXPECT_FALSE(storage.csi_nodes[0].drivers.at(1).allocatable_count);
  EXPECT_TRUE(storage.csi_nodes[0].meta.annotations.Contains(kMigratedPlugins));
  EXPECT_TRUE(storage.csi_drivers.at(0).storage_capacity);
  EXPECT_EQ(storage.csi_capacities.at(0).maximum_volume_size->Value(), std::int64_t{2} << 30);
  EXPECT_TRUE(storage.csi_drivers[0].prevent_pod_scheduling_if_missing);
  EXPECT_EQ(storage.attachments.at(0).persistent_volume_name, "v");
  EXPECT_EQ(storage.attachments[0].attacher, "d");
}

TEST(StorageReaderTest, ReadsTheVolumesOfPods) {
  auto objects = ReadYamlText(R"(
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - {name: a, persistentVolumeClaim: {claimName: c, readOnly: true}}
  - {name: b, rbd: {monitors: [m1, m2], image: i}}
  - {name: c, iscsi: {iqn: q, targetPortal: p, lun: 0, readOnly: true}}
  - {name: d, configMap: {name: x}}
  - {name: e, csi: {driver: d}}
  - name: f
    ephemeral: {volumeClaimTemplate: {metadata: {labels: {l: m}}, spec: {storageClassName: s}}}
)");
  ASSERT_TRUE(objects) << MessageOf(objects);
  const auto& volumes = objects->pods.at(0).spec->volumes;
  ASSERT_EQ(volumes.size(), 5u);
  EXPECT_EQ(volumes[0].source, "c");
  EXPECT_TRUE(volumes[0].read_only);
  EXPECT_EQ(volumes[1].scope + "/" + volumes[1].source, "rbd/i");
  EXPECT_THAT(volumes[1].monitors, ElementsAre("m1", "m2"));
  EXPECT_EQ(volumes[2].source, "q");
  EXPECT_EQ(volumes[3].scope, "d");
  EXPECT_EQ(volumes[4].claim_template->spec.storage_class_name, "s");
}

TEST(StorageReaderTest, VolumesAreEqualByWhatTheirTemplatesSay) {
  const auto make = [](const std::string& storage_class) {
    PersistentVolumeClaimTemplate made;
    made.spec.storage_class_name = storage_class;
    Volume volume;
    volume.claim_template = std::make_shared<const PersistentVolumeClaimTemplate>(made);
    return volume;
  };
  EXPECT_EQ(make("a"), make("a"));
  EXPECT_NE(make("a"), make("b"));
  EXPECT_NE(make("a"), Volume());
}

TEST(StorageReaderTest, RefusesWhatAnApiServerWould) {
  const auto error = [](const std::string& yaml) { return MessageOf(ReadYamlText(yaml)); };
  EXPECT_EQ(error("{kind: PersistentVolumeClaim, metadata: {name: c}, spec: {volumeMode: Tape}}"),
            "test.yaml: PersistentVolumeClaim c: spec.volumeMode: must be Filesystem or Block, is "
            "\"Tape\"");
  EXPECT_EQ(error("{kind: PersistentVolume, metadata: {name: v}, spec: {capacity: {storage: x}}}"),
            "test.yaml: PersistentVolume v: spec.capacity[storage]: invalid quantity \"x\"");
  EXPECT_EQ(error("{kind: PersistentVolume, metadata: {name: v}, spec: {claimRef: []}}"),
            "test.yaml: PersistentVolume v: spec.claimRef: expected an object, got an array");
  EXPECT_EQ(error("{kind: StorageClass, metadata: {name: s}, volumeBindingMode: Later}"),
            "test.yaml: StorageClass s: volumeBindingMode: must be Immediate or "
            "WaitForFirstConsumer, is \"Later\"");
  EXPECT_EQ(error("{kind: StorageClass, metadata: {name: s}, allowedTopologies: "
                  "[{matchLabelExpressions: [{values: [a]}]}]}"),
            "test.yaml: StorageClass s: allowedTopologies[0].matchLabelExpressions[0].key: is "
            "missing");
  EXPECT_EQ(error("{kind: CSINode, metadata: {name: node}, spec: {drivers: [{nodeID: x}]}}"),
            "test.yaml: CSINode node: spec.drivers[0].name: is missing");
  EXPECT_EQ(error("{kind: CSIDriver, metadata: {}}"),
            "test.yaml: CSIDriver: metadata.name: is missing");
  EXPECT_EQ(error("{kind: VolumeAttachment, metadata: {name: a}, spec: {nodeName: 3}}"),
            "test.yaml: VolumeAttachment a: spec.nodeName: expected a string, got a number");
  EXPECT_EQ(error("{kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, rbd: {monitors: "
                  "m}}]}}"),
            "test.yaml: Pod p: spec.volumes[0].rbd.monitors: expected an array, got a string");
}

TEST(StorageDefaultsTest, FillInWhatAnApiServerWould) {
  auto storage = Storage(R"(
kind: List
items:
- {kind: StorageClass, metadata: {name: b, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}}
- {kind: StorageClass, metadata: {name: a, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}}
- {kind: StorageClass, metadata: {name: admitted, creationTimestamp: "2026-01-01T00:00:00Z"}}
- {kind: PersistentVolumeClaim, metadata: {name: c}}
- {kind: PersistentVolumeClaim, metadata: {name: none}, spec: {storageClassName: ""}}
- {kind: PersistentVolumeClaim, metadata: {name: admitted, creationTimestamp: "2026-01-01T00:00:00Z"}}
- {kind: PersistentVolume, metadata: {name: v}, spec: {claimRef: {name: c}}}
- {kind: PersistentVolume, metadata: {name: w, creationTimestamp: "2026-01-01T00:00:00Z"}}
)");
  ApplyStorageDefaults(storage);
  EXPECT_EQ(storage.classes[0].volume_binding_mode, VolumeBindingMode::kImmediate);
  EXPECT_FALSE(storage.classes[2].volume_binding_mode);
  EXPECT_EQ(storage.claims[0].spec.storage_class_name, "a");
  EXPECT_EQ(storage.claims[0].meta.uid, "default/c");
  EXPECT_EQ(storage.claims[1].spec.storage_class_name, "");
  EXPECT_FALSE(storage.claims[2].spec.storage_class_name);
  EXPECT_EQ(storage.volumes[0].phase, "Available");
  EXPECT_EQ(storage.volumes[0].claim_ref->namespace_name, "default");
  EXPECT_EQ(storage.volumes[1].phase, "");
}

}  // namespace
}  // namespace berth::api

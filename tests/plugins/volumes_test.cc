// VolumeRestrictions, NodeVolumeLimits, VolumeZone and NodeDeclaredFeatures. What kube-scheduler
// makes of every corner of their rules is recorded in tests/parity/golden/volumes-*-1.
#include <gmock/gmock.h>

#include "tests/support/plugin_harness.h"
#include "tests/support/yaml_cluster.h"

namespace berth::plugins {
namespace {

using framework::Code;
using support::PluginHarness;
using support::PodBuilder;
using ::testing::ElementsAre;

// A plugin over a cluster of manifests, asked about its pending pods by name.
class Asked {
 public:
  Asked(const std::string& plugin, const std::string& yaml)
      : harness_(plugin), pods_(support::FillFromYaml(yaml, harness_.cluster())) {}

  cluster::Cluster& cluster() { return harness_.cluster(); }
  std::vector<std::string> Passing(const std::string& pod) { return harness_.Passing(Get(pod)); }
  std::string Explain(const std::string& pod, const std::string& node) {
    return harness_.Explain(Get(pod), node);
  }
  std::vector<framework::Remedy> Advise(const std::string& pod) {
    return harness_.Advise(Get(pod));
  }
  framework::Status PreFilter(const std::string& pod) {
    return harness_.PreFilter(Get(pod)).status;
  }

 private:
  PodBuilder Get(const std::string& pod) const { return PodBuilder(*pods_.at(pod)); }

  PluginHarness harness_;
  support::PendingPods pods_;
};

constexpr const char* kNodes = R"(
kind: List
items:
- {kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/zone: za}}}
- {kind: Node, metadata: {name: b, labels: {topology.kubernetes.io/zone: zb}}}
)";

std::string Pod(const std::string& name, const std::string& volumes, const std::string& node = "") {
  return "---\nkind: Pod\nmetadata: {name: " + name + "}\nspec: {containers: [], nodeName: \"" +
         node + "\", volumes: [" + volumes + "]}\n";
}

std::string Claim(const std::string& name) {
  return "{name: v, persistentVolumeClaim: {claimName: " + name + "}}";
}

// ---- VolumeRestrictions ----

TEST(VolumeRestrictions, SkipsPodsWithoutSuchVolumes) {
  Asked asked("VolumeRestrictions", kNodes + Pod("p", "{name: x, emptyDir: {}}"));
  EXPECT_EQ(asked.PreFilter("p").code, Code::kSkip);
  EXPECT_THAT(asked.Passing("p"), ElementsAre("a", "b"));
}

TEST(VolumeRestrictions, KeepsWritersOfADiskApart) {
  const std::string disk = "{name: d, gcePersistentDisk: {pdName: d}}";
  const std::string reader = "{name: d, gcePersistentDisk: {pdName: d, readOnly: true}}";
  Asked asked("VolumeRestrictions",
              kNodes + Pod("run", reader, "a") + Pod("writer", disk) + Pod("reader", reader));
  EXPECT_THAT(asked.Passing("writer"), ElementsAre("b"));
  EXPECT_EQ(asked.Explain("writer", "a"), "Unschedulable: node(s) had no available disk");
  EXPECT_THAT(asked.Passing("reader"), ElementsAre("a", "b"));
}

TEST(VolumeRestrictions, AClaimForOnePodIsForOnePod) {
  const std::string claim =
      "---\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: "
      "{accessModes: [ReadWriteOncePod]}\n";
  Asked asked("VolumeRestrictions",
              kNodes + claim + Pod("run", Claim("c"), "a") + Pod("p", Claim("c")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre());
  EXPECT_EQ(asked.Explain("p", "b"),
            "Unschedulable: node(s) unavailable due to PersistentVolumeClaim with "
            "ReadWriteOncePod access mode already in-use by another pod");
  asked.cluster().RemovePod(asked.cluster().PodsOn(0).front());
  EXPECT_EQ(asked.PreFilter("p").code, Code::kSkip);
}

TEST(VolumeRestrictions, AMissingClaimIsTold) {
  Asked asked("VolumeRestrictions", kNodes + Pod("p", Claim("c")));
  EXPECT_EQ(asked.PreFilter("p").Message(), "persistentvolumeclaim \"c\" not found");
}

// ---- NodeVolumeLimits ----

constexpr const char* kLimits = R"(
---
{kind: CSINode, metadata: {name: a}, spec: {drivers: [{name: d, allocatable: {count: 2}}]}}
---
{kind: CSINode, metadata: {name: b}, spec: {drivers: [{name: d}]}}
---
{kind: StorageClass, metadata: {name: s}, provisioner: d}
)";

// A claim that is bound to a volume with this handle.
std::string Bound(const std::string& name, const std::string& handle) {
  return "---\n{kind: PersistentVolumeClaim, metadata: {name: " + name +
         "}, spec: {storageClassName: s, volumeName: pv-" + name +
         "}}\n---\n{kind: PersistentVolume, metadata: {name: pv-" + name +
         "}, spec: {csi: {driver: d, volumeHandle: " + handle + "}}}\n";
}

TEST(NodeVolumeLimits, CountsEachVolumeOnce) {
  Asked asked("NodeVolumeLimits",
              std::string(kNodes) + kLimits + Bound("one", "h1") + Bound("same", "h1") +
                  Bound("two", "h2") + Bound("three", "h3") + Pod("run1", Claim("one"), "a") +
                  Pod("run2", Claim("same"), "a") + Pod("second", Claim("two")) +
                  Pod("again", Claim("one")) + Pod("both", Claim("two") + ", " + Claim("three")));
  EXPECT_THAT(asked.Passing("second"), ElementsAre("a", "b"));
  EXPECT_THAT(asked.Passing("again"), ElementsAre("a", "b"));
  EXPECT_THAT(asked.Passing("both"), ElementsAre("b"));
  EXPECT_EQ(asked.Explain("both", "a"), "Unschedulable: node(s) exceed max volume count");
}

TEST(NodeVolumeLimits, AdvisesWithTheNamesOfTheClaims) {
  Asked asked("NodeVolumeLimits", std::string(kNodes) + kLimits + Bound("one", "h1") +
                                      Bound("two", "h2") + Bound("three", "h3") +
                                      Pod("run", Claim("one"), "a") +
                                      Pod("both", Claim("two") + ", " + Claim("three")));
  const auto remedies = asked.Advise("both");
  ASSERT_EQ(remedies.size(), 1u);
  EXPECT_EQ(remedies[0].obstacles[0].text,
            "a CSI driver has attached as many volumes as it can to the node; claims of the pod: "
            "two, three");
}

TEST(NodeVolumeLimits, CountsClaimsThatAreStillToBeProvisioned) {
  const std::string claims =
      "---\n{kind: PersistentVolumeClaim, metadata: {name: x}, spec: {storageClassName: s}}\n"
      "---\n{kind: PersistentVolumeClaim, metadata: {name: yy}, spec: {storageClassName: s}}\n";
  Asked asked("NodeVolumeLimits", std::string(kNodes) + kLimits + claims + Bound("one", "h1") +
                                      Pod("run1", Claim("one"), "a") +
                                      Pod("run2", Claim("x"), "a") + Pod("p", Claim("yy")) +
                                      Pod("q", Claim("x")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre("b"));
  EXPECT_THAT(asked.Passing("q"), ElementsAre("a", "b"));
}

TEST(NodeVolumeLimits, CountsWhatIsStillAttached) {
  const std::string attachments =
      "---\n{kind: VolumeAttachment, metadata: {name: x}, spec: {nodeName: a, source: "
      "{persistentVolumeName: pv-one}}}\n"
      "---\n{kind: VolumeAttachment, metadata: {name: yy}, spec: {nodeName: a, source: "
      "{persistentVolumeName: pv-two}}}\n";
  Asked asked("NodeVolumeLimits", std::string(kNodes) + kLimits + attachments + Bound("one", "h1") +
                                      Bound("two", "h2") + Bound("three", "h3") +
                                      Pod("p", Claim("three")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre("b"));
  asked.cluster().storage.RemoveAttachment("x");
  EXPECT_THAT(asked.Passing("p"), ElementsAre("a", "b"));
}

TEST(NodeVolumeLimits, AMissingClaimIsTold) {
  Asked asked("NodeVolumeLimits", kNodes + Pod("p", Claim("c")) + Pod("none", ""));
  EXPECT_EQ(asked.Explain("p", "a"),
            "UnschedulableAndUnresolvable: looking up PVC default/c: persistentvolumeclaim \"c\" "
            "not found");
  EXPECT_EQ(asked.PreFilter("none").code, Code::kSkip);
}

// ---- VolumeZone ----

std::string Labelled(const std::string& label, const std::string& value) {
  return "---\n{kind: PersistentVolumeClaim, metadata: {name: c}, spec: {volumeName: v}}\n"
         "---\nkind: PersistentVolume\nmetadata: {name: v, labels: {" +
         label + ": " + value + "}}\n";
}

TEST(VolumeZone, HoldsTheLabelsOfVolumesAgainstNodes) {
  Asked asked("VolumeZone", kNodes + Labelled("topology.kubernetes.io/zone", "za") +
                                "---\n{kind: Node, metadata: {name: nowhere}}\n" +
                                Pod("p", Claim("c")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre("a", "nowhere"));
  EXPECT_EQ(asked.Explain("p", "b"),
            "UnschedulableAndUnresolvable: node(s) had no available volume zone");
}

TEST(VolumeZone, OldLabelsOfVolumesMeetNewOnesOfNodes) {
  Asked asked("VolumeZone", kNodes + Labelled("failure-domain.beta.kubernetes.io/zone", "zc__zb") +
                                Pod("p", Claim("c")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre("b"));
}

TEST(VolumeZone, FollowsNodesThatChange) {
  Asked asked("VolumeZone",
              kNodes + Labelled("topology.kubernetes.io/zone", "zb") + Pod("p", Claim("c")));
  EXPECT_THAT(asked.Passing("p"), ElementsAre("b"));
  auto node = std::make_shared<api::Node>(asked.cluster().nodes.node(0));
  node->meta.labels["topology.kubernetes.io/zone"] = "zb";
  asked.cluster().UpdateNode(0, node);
  EXPECT_THAT(asked.Passing("p"), ElementsAre("a", "b"));
}

TEST(VolumeZone, TellsWhatIsMissing) {
  const auto message = [](const std::string& claim) {
    Asked asked("VolumeZone", kNodes + claim + Pod("p", Claim("c")));
    return asked.PreFilter("p").Message();
  };
  const auto with = [](const std::string& spec) {
    return "---\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {" + spec + "}\n";
  };
  EXPECT_EQ(message(""), "persistentvolumeclaim \"c\" not found");
  EXPECT_EQ(message(with("volumeName: v")), "persistentvolume \"v\" not found");
  EXPECT_EQ(message(with("")), "PersistentVolumeClaim had no pv name and storageClass name");
  EXPECT_EQ(message(with("storageClassName: s")), "storageclass.storage.k8s.io \"s\" not found");
  const std::string immediate = "---\n{kind: StorageClass, metadata: {name: s}}\n";
  EXPECT_EQ(message(with("storageClassName: s") + immediate), "PersistentVolume had no name");
}

// ---- NodeDeclaredFeatures ----

TEST(NodeDeclaredFeatures, AsksForWhatThePodNeeds) {
  const std::string features =
      "---\n{kind: Node, metadata: {name: f}, status: {declaredFeatures: "
      "[RestartAllContainersOnContainerExits, Other]}}\n";
  const std::string pods = R"(
---
kind: Pod
metadata: {name: restarts}
spec: {containers: [{name: c, restartPolicyRules: [{action: RestartAllContainers}]}]}
---
kind: Pod
metadata: {name: plain}
spec: {containers: [], hostNetwork: true}
---
kind: Pod
metadata: {name: mapped}
spec: {containers: [], hostNetwork: true, hostUsers: false}
)";
  Asked asked("NodeDeclaredFeatures", kNodes + features + pods);
  EXPECT_EQ(asked.PreFilter("plain").code, Code::kSkip);
  EXPECT_THAT(asked.Passing("plain"), ElementsAre("a", "b", "f"));
  EXPECT_THAT(asked.Passing("restarts"), ElementsAre("f"));
  EXPECT_THAT(asked.Passing("mapped"), ElementsAre());
  EXPECT_EQ(asked.Explain("mapped", "f"),
            "UnschedulableAndUnresolvable: node(s) didn't match Pod's required features");
}

}  // namespace
}  // namespace berth::plugins

// Runs with preemption: what evicted pods give back, what nominations keep free, and what a report
// leaves as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "plugins/registry.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/simulation.h"
#include "tests/simulate/device_yaml.h"
#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Outcome {
  std::map<std::string, std::string> node_of;  // of placed pods, by name
  std::map<std::string, std::string> post_filter;
};

Outcome Simulate(const std::string& yaml, PreemptionMode preemption, bool requeue = false) {
  const TemporaryFolder folder;
  const auto executor = base::MakeExecutor(1);
  auto objects = ReadInput({folder.Write("c.yaml", yaml)}, InputFormat::kAuto, *executor);
  EXPECT_TRUE(objects) << objects.error().message();
  Outcome outcome;
  SimulationOptions options;
  options.preemption = preemption;
  options.requeue_evicted = requeue;
  options.write_decision = [&](std::string_view line) {
    const auto decision = nlohmann::json::parse(line);
    if (!decision.contains("postFilter")) return;
    outcome.post_filter[decision["pod"]] = decision["postFilter"];
  };
  const auto simulation = Simulation::Make(*std::move(objects), config::DefaultConfiguration(),
                                           plugins::MakeRegistry(), std::move(options));
  EXPECT_TRUE(simulation) << simulation.error().message();
  while ((*simulation)->done() < (*simulation)->pending_count()) (*simulation)->Step();
  for (const auto& placement : (*simulation)->TakeSummary(false).placements) {
    outcome.node_of[placement.pod] = placement.node;
  }
  return outcome;
}

std::string Node(const std::string& name) {
  return "---\nkind: Node\nmetadata: {name: " + name +
         ", labels: {kubernetes.io/hostname: " + name +
         "}}\nstatus: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}\n";
}

// `more` are further fields of the specification.
std::string Pod(const std::string& name, int priority, const std::string& cpu,
                const std::string& more = "", const std::string& status = "") {
  return "---\nkind: Pod\nmetadata: {name: " + name + ", uid: uid-" + name +
         "}\nspec: {priority: " + std::to_string(priority) +
         ", containers: [{name: c, image: i, resources: {requests: {cpu: " + cpu + "}}}]" +
         (more.empty() ? "" : ", " + more) + "}\nstatus: {" + status + "}\n";
}

const std::string kDevices = OneDeviceOn("a");

constexpr const char* kOtherSlice = R"(
---
kind: ResourceSlice
apiVersion: resource.k8s.io/v1
metadata: {name: s2}
spec:
  driver: d
  nodeName: b
  pool: {name: b, generation: 1, resourceSliceCount: 1}
  devices: [{name: one}]
)";

// A claim that has the device of node a.
std::string AllocatedClaim(const std::string& name, const std::string& owner,
                           const std::string& consumers) {
  const std::string owners =
      owner.empty() ? ""
                    : ", ownerReferences: [{apiVersion: v1, kind: Pod, name: " + owner +
                          ", uid: uid-" + owner + ", controller: true}]";
  return "---\nkind: ResourceClaim\napiVersion: resource.k8s.io/v1\nmetadata: {name: " + name +
         owners +
         R"(}
spec: {devices: {requests: [{name: r, exactly: {deviceClassName: gpu}}]}}
status:
  reservedFor: [)" +
         consumers + R"(]
  allocation:
    devices: {results: [{request: r, driver: d, pool: a, device: one}]}
    nodeSelector:
      nodeSelectorTerms:
      - matchFields: [{key: metadata.name, operator: In, values: [a]}]
)";
}

std::string Consumer(const std::string& pod) {
  return "{resource: pods, name: " + pod + ", uid: uid-" + pod + "}";
}

const std::string kFromTemplate = "resourceClaims: [{name: g, resourceClaimTemplateName: t}]";

TEST(Eviction, FreesTheDevicesOfAClaimThatWasMadeForThePod) {
  const std::string yaml = kDevices + Node("a") + AllocatedClaim("low-g", "low", Consumer("low")) +
                           Pod("low", 0, "4", "nodeName: a, " + kFromTemplate,
                               "resourceClaimStatuses: [{name: g, resourceClaimName: low-g}]") +
                           Pod("high", 9, "3") + Pod("next", 0, "1", kFromTemplate);
  EXPECT_THAT(Simulate(yaml, PreemptionMode::kApply).node_of,
              UnorderedElementsAre(Pair("high", "a"), Pair("next", "a")));
}

TEST(Eviction, MakesTheClaimOfAPodThatWaitsAgainAnew) {
  const std::string yaml = kDevices + Node("a") + Node("b") + kOtherSlice +
                           AllocatedClaim("low-g", "low", Consumer("low")) +
                           Pod("low", 0, "4", "nodeName: a, " + kFromTemplate,
                               "resourceClaimStatuses: [{name: g, resourceClaimName: low-g}]") +
                           Pod("high", 9, "3", "nodeSelector: {kubernetes.io/hostname: a}");
  EXPECT_THAT(Simulate(yaml, PreemptionMode::kApply, true).node_of,
              UnorderedElementsAre(Pair("high", "a"), Pair("low", "b")));
}

TEST(Eviction, FreesTheDevicesOfASharedClaimWithItsLastConsumer) {
  const std::string shared = "resourceClaims: [{name: g, resourceClaimName: s}]";
  const auto run = [&](const std::string& consumers, int second_priority) {
    return Simulate(kDevices + Node("a") + AllocatedClaim("s", "", consumers) +
                        Pod("one", 0, "2", "nodeName: a, " + shared) +
                        Pod("two", second_priority, "2", "nodeName: a, " + shared) +
                        Pod("high", 9, second_priority == 0 ? "4" : "2") +
                        Pod("next", 0, "0", kFromTemplate),
                    PreemptionMode::kApply)
        .node_of;
  };
  EXPECT_THAT(run(Consumer("one") + ", " + Consumer("two"), 0),
              UnorderedElementsAre(Pair("high", "a"), Pair("next", "a")));
  EXPECT_THAT(run(Consumer("one") + ", " + Consumer("two"), 9), ElementsAre(Pair("high", "a")));
}

constexpr const char* kLocalClass = R"(
---
kind: StorageClass
apiVersion: storage.k8s.io/v1
metadata: {name: local}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
)";

std::string LocalVolume(const std::string& node, const std::string& claim) {
  return "---\nkind: PersistentVolume\napiVersion: v1\nmetadata: {name: on-" + node + R"(}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: local
  local: {path: /x}
)" + (claim.empty() ? "" : "  claimRef: {namespace: default, name: " + claim + ", uid: uid}\n") +
         R"(  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [)" +
         node + "]}]\nstatus: {phase: " + (claim.empty() ? "Available" : "Bound") + "}\n";
}

// Bound to the volume on node a.
std::string BoundClaim(const std::string& name, const std::string& owners) {
  return "---\nkind: PersistentVolumeClaim\napiVersion: v1\nmetadata: {name: " + name + owners +
         R"(,
  annotations: {pv.kubernetes.io/bind-completed: "yes"}}
spec:
  storageClassName: local
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  volumeName: on-a
status: {phase: Bound}
)";
}

TEST(Eviction, MakesEphemeralVolumesAnewAndLeavesOthersBound) {
  const auto run = [&](const std::string& claim, const std::string& owners,
                       const std::string& volume) {
    return Simulate(kLocalClass + Node("a") + Node("b") + LocalVolume("a", claim) +
                        LocalVolume("b", "") + BoundClaim(claim, owners) +
                        Pod("low", 0, "4", "nodeName: a, volumes: [{name: v, " + volume + "}]") +
                        Pod("high", 9, "4", "nodeSelector: {kubernetes.io/hostname: a}"),
                    PreemptionMode::kApply, true)
        .node_of;
  };
  EXPECT_THAT(run("low-v",
                  ", ownerReferences: [{apiVersion: v1, kind: Pod, name: low, uid: uid-low, "
                  "controller: true}]",
                  "ephemeral: {volumeClaimTemplate: {spec: {storageClassName: local, accessModes: "
                  "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}"),
              UnorderedElementsAre(Pair("high", "a"), Pair("low", "b")));
  EXPECT_THAT(run("c", "", "persistentVolumeClaim: {claimName: c}"),
              ElementsAre(Pair("high", "a")));
}

TEST(PostFilter, DeallocatesAClaimOnlyWhereItIsCarriedOut) {
  const std::string yaml =
      kDevices + Node("a") + Node("b") + AllocatedClaim("s", "", "") + kOtherSlice +
      Pod("p", 9, "1",
          "nodeSelector: {kubernetes.io/hostname: b}, resourceClaims: [{name: g, "
          "resourceClaimName: s}]") +
      Pod("next", 0, "1", "nodeSelector: {kubernetes.io/hostname: a}, " + kFromTemplate);
  EXPECT_THAT(Simulate(yaml, PreemptionMode::kOff).node_of, IsEmpty());
  const Outcome report = Simulate(yaml, PreemptionMode::kReport);
  EXPECT_THAT(report.node_of, IsEmpty());
  EXPECT_EQ(report.post_filter.at("default/p"),
            "deallocation of ResourceClaim completed, preemption: 0/2 nodes are available: 2 "
            "Preemption is not helpful for scheduling.");
  EXPECT_THAT(Simulate(yaml, PreemptionMode::kApply).node_of,
              UnorderedElementsAre(Pair("p", "b"), Pair("next", "a")));
}

TEST(Nominations, KeepRoomForPodsThatNameTheirScheduler) {
  const auto run = [](const std::string& scheduler) {
    return Simulate(Node("a") + Pod("p", 5, "1", scheduler) +
                        Pod("q", 5, "4", scheduler, "nominatedNodeName: a"),
                    PreemptionMode::kOff)
        .node_of;
  };
  EXPECT_THAT(run("schedulerName: default-scheduler"), ElementsAre(Pair("q", "a")));
  EXPECT_THAT(run(""), ElementsAre(Pair("p", "a")));
}

}  // namespace
}  // namespace berth::simulate

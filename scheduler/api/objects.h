// The Kubernetes objects that scheduling looks at, as plain structs with Kubernetes' names. Only
// the fields that a decision, a default or a report needs are kept; the rest is dropped on reading.
// Plain values: copy freely, share as const.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/api/quantity.h"
#include "scheduler/api/selector.h"
#include "scheduler/api/string_map.h"

namespace berth::api {

// Resource name -> amount. A key with an explicit zero is kept: it is not the same as no key.
using ResourceList = SmallMap<Quantity>;

// Nanoseconds since the Unix epoch (RFC 3339 on the wire).
using Time = std::int64_t;

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

struct ObjectMeta {
  std::string name;
  std::string namespace_name;  // empty for objects without one
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::string generate_name;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  std::optional<Time> creation_timestamp;
  std::optional<Time> deletion_timestamp;

  // The owner with controller: true, or nullptr.
  const OwnerReference* Controller() const {
    for (const auto& owner : owner_references) {
      if (owner.controller) return &owner;
    }
    return nullptr;
  }
};

// ---- Node ----

enum class TaintEffect : std::uint8_t { kNone, kNoSchedule, kPreferNoSchedule, kNoExecute };

struct Taint {
  std::string key;
  std::string value;
  TaintEffect effect = TaintEffect::kNone;
  friend bool operator==(const Taint&, const Taint&) = default;
};

struct ContainerImage {
  std::vector<std::string> names;
  std::int64_t size_bytes = 0;
  friend bool operator==(const ContainerImage&, const ContainerImage&) = default;
};

struct Node {
  ObjectMeta meta;  // with annotations
  bool unschedulable = false;
  std::vector<Taint> taints;
  ResourceList capacity;
  ResourceList allocatable;
  std::vector<ContainerImage> images;
  std::vector<std::string> declared_features;
  StringMap conditions;  // type -> status
};

// ---- Pod ----

enum class TolerationOperator : std::uint8_t { kEqual, kExists, kLt, kGt };

struct Toleration {
  std::string key;
  TolerationOperator op = TolerationOperator::kEqual;
  std::string value;
  TaintEffect effect = TaintEffect::kNone;  // kNone: every effect
  friend bool operator==(const Toleration&, const Toleration&) = default;
};

struct ContainerPort {
  std::int32_t container_port = 0;
  std::int32_t host_port = 0;  // 0: none
  std::string protocol;        // "" means TCP
  std::string host_ip;         // "" means 0.0.0.0
  friend bool operator==(const ContainerPort&, const ContainerPort&) = default;
};

struct ResourceRequirements {
  ResourceList requests;
  ResourceList limits;
  friend bool operator==(const ResourceRequirements&, const ResourceRequirements&) = default;
};

struct Container {
  std::string name;
  std::string image;
  ResourceRequirements resources;
  std::vector<ContainerPort> ports;
  bool restart_always = false;  // on an init container: a sidecar
  friend bool operator==(const Container&, const Container&) = default;
};

struct PodAffinityTerm {
  std::optional<LabelSelector> label_selector;  // absent: matches no pod
  std::vector<std::string> namespaces;
  std::optional<LabelSelector> namespace_selector;  // absent: no namespace; empty: all of them
  std::string topology_key;
  std::vector<std::string> match_label_keys;
  std::vector<std::string> mismatch_label_keys;
  friend bool operator==(const PodAffinityTerm&, const PodAffinityTerm&) = default;
};

struct WeightedPodAffinityTerm {
  std::int32_t weight = 0;
  PodAffinityTerm term;
  friend bool operator==(const WeightedPodAffinityTerm&, const WeightedPodAffinityTerm&) = default;
};

// podAffinity or podAntiAffinity.
struct PodAffinity {
  std::vector<PodAffinityTerm> required;
  std::vector<WeightedPodAffinityTerm> preferred;
  friend bool operator==(const PodAffinity&, const PodAffinity&) = default;
};

struct Affinity {
  std::optional<NodeAffinity> node_affinity;
  std::optional<PodAffinity> pod_affinity;
  std::optional<PodAffinity> pod_anti_affinity;
  friend bool operator==(const Affinity&, const Affinity&) = default;
};

enum class UnsatisfiableAction : std::uint8_t { kDoNotSchedule, kScheduleAnyway };
enum class NodeInclusionPolicy : std::uint8_t { kHonor, kIgnore };

struct TopologySpreadConstraint {
  std::int32_t max_skew = 1;
  std::string topology_key;
  UnsatisfiableAction when_unsatisfiable = UnsatisfiableAction::kDoNotSchedule;
  std::optional<LabelSelector> label_selector;  // absent: matches no pod
  std::optional<std::int32_t> min_domains;
  std::optional<NodeInclusionPolicy> node_affinity_policy;
  std::optional<NodeInclusionPolicy> node_taints_policy;
  std::vector<std::string> match_label_keys;
  friend bool operator==(const TopologySpreadConstraint&,
                         const TopologySpreadConstraint&) = default;
};

// Volumes that no scheduler plugin looks at (configMap, secret, emptyDir, projected, hostPath ...)
// are dropped on reading.
enum class VolumeKind : std::uint8_t {
  kPersistentVolumeClaim,
  kEphemeral,
  kImage,
  kGcePersistentDisk,
  kAwsElasticBlockStore,
  kAzureDisk,
  kAzureFile,
  kCinder,
  kVsphereVolume,
  kPortworxVolume,
  kIscsi,
  kRbd,
  kCsi,
};

struct PersistentVolumeClaimTemplate;  // storage_objects.h

struct Volume {
  std::string name;
  VolumeKind kind = VolumeKind::kPersistentVolumeClaim;
  // What tells it apart: the claim's name, the image's reference, pdName, volumeID, diskURI,
  // volumePath, iqn, RBD image, shareName, the volumeHandle of a CSI volume.
  std::string source;
  // Where `source` means something: the driver of a CSI volume, the pool of an RBD image.
  std::string scope = {};
  std::vector<std::string> monitors = {};  // of an RBD image
  bool read_only = false;
  // Of kEphemeral, where it is given. Shared, since specifications are copied.
  std::shared_ptr<const PersistentVolumeClaimTemplate> claim_template = nullptr;
  friend bool operator==(const Volume& a, const Volume& b);
};

struct PodResourceClaim {
  std::string name;
  std::string resource_claim_name;
  std::string resource_claim_template_name;
  friend bool operator==(const PodResourceClaim&, const PodResourceClaim&) = default;
};

enum class PreemptionPolicy : std::uint8_t { kPreemptLowerPriority, kNever };

// What the pods of one template have in common; interned by the reader, so that equal
// specifications are one object (compare pointers first).
struct PodSpec {
  std::string scheduler_name;
  bool scheduler_by_default = false;  // it was not given, and filled in
  std::vector<Container> containers;
  std::vector<Container> init_containers;
  std::optional<ResourceRequirements> resources;  // pod-level resources
  ResourceList overhead;
  std::optional<StringMap> node_selector;  // absent and {} differ: NodeAffinity skips on absent
  std::optional<Affinity> affinity;
  std::vector<Toleration> tolerations;
  std::vector<TopologySpreadConstraint> topology_spread_constraints;
  std::vector<std::string> scheduling_gates;
  std::vector<Volume> volumes;
  std::vector<PodResourceClaim> resource_claims;
  std::optional<std::int32_t> priority;
  std::string priority_class_name;
  std::string pod_group_name;  // schedulingGroup.podGroupName; empty: of none
  std::string runtime_class_name;
  std::optional<PreemptionPolicy> preemption_policy;
  bool host_network = false;
  std::optional<bool> host_users;
  bool restart_all_containers_rule = false;  // a restartPolicyRules action RestartAllContainers
  friend bool operator==(const PodSpec&, const PodSpec&) = default;
};

// resources of a container status: what a resize in place has granted so far.
struct ContainerResourceStatus {
  std::string name;
  ResourceList requests;             // status.resources.requests
  ResourceList allocated_resources;  // status.allocatedResources
  friend bool operator==(const ContainerResourceStatus&, const ContainerResourceStatus&) = default;
};

// The claim made for an entry of spec.resourceClaims from its template.
struct PodResourceClaimStatus {
  std::string name;
  std::optional<std::string> resource_claim_name;  // absent: no claim was needed
  friend bool operator==(const PodResourceClaimStatus&, const PodResourceClaimStatus&) = default;
};

// The condition PodScheduled of a pod that could not be, as the API server has it.
struct UnscheduledCondition {
  std::string status;
  std::string reason;
  std::string message;
  std::string last_transition_time;  // as it was written
};

struct PodStatus {
  std::string phase;
  std::string nominated_node_name;
  std::optional<Time> start_time;
  // Only containers (regular and init) whose status carries `resources`.
  std::vector<ContainerResourceStatus> container_resources;
  std::optional<ContainerResourceStatus> pod_resources;  // pod-level; its name is empty
  std::vector<PodResourceClaimStatus> resource_claims;   // status.resourceClaimStatuses
  // status.extendedResourceClaimStatus: the claim for the extended resources that are devices.
  std::string extended_resource_claim;
  bool resize_infeasible = false;  // condition PodResizePending with reason Infeasible
  // Null where the pod has no such condition or has been scheduled.
  std::shared_ptr<const UnscheduledCondition> unscheduled;
  // Condition DisruptionTarget is True with reason PreemptionByScheduler: a victim on its way out.
  bool preempted_by_scheduler = false;
};

struct Pod {
  ObjectMeta meta;        // of annotations those of pod_annotations.h
  std::string node_name;  // spec.nodeName; empty while pending
  std::shared_ptr<const PodSpec> spec;
  PodStatus status;

  std::int32_t Priority() const { return spec->priority.value_or(0); }
  // Succeeded and Failed pods hold nothing any more; the scheduler does not watch them.
  bool IsTerminal() const { return status.phase == "Succeeded" || status.phase == "Failed"; }
  std::string Key() const { return meta.namespace_name + "/" + meta.name; }
};

// ---- What plugins look up beside nodes and pods ----

struct Namespace {
  ObjectMeta meta;
};

struct Service {
  ObjectMeta meta;
  std::optional<StringMap> selector;
};

// ReplicationController: its selector is a plain map.
struct ReplicationController {
  ObjectMeta meta;
  std::optional<StringMap> selector;
};

// apps/v1 ReplicaSet and StatefulSet.
struct LabelSelectorOwner {
  ObjectMeta meta;
  std::optional<LabelSelector> selector;
};

struct PriorityClass {
  ObjectMeta meta;
  std::int32_t value = 0;
  bool global_default = false;
  std::optional<PreemptionPolicy> preemption_policy;
};

struct RuntimeClass {
  ObjectMeta meta;
  ResourceList overhead;
  StringMap node_selector;
  std::vector<Toleration> tolerations;
};

// scheduling.k8s.io PodGroup: pods that are scheduled together.
struct PodGroup {
  ObjectMeta meta;
  // schedulingPolicy.gang.minCount; absent: schedulingPolicy.basic, pods go as far as they fit.
  std::optional<std::int32_t> min_count;
  // What is wrong with it, with the path of the field. The kind is behind a feature gate: whoever
  // heeds it refuses the object, for everybody else it need not be valid. Empty if nothing is.
  std::string problem;
};

struct PodDisruptionBudget {
  ObjectMeta meta;
  std::optional<LabelSelector> selector;
  std::int32_t disruptions_allowed = 0;
  std::vector<std::string> disrupted_pods;
};

// ---- Workloads, which stand for pods that a controller would make ----

enum class WorkloadKind : std::uint8_t {
  kDeployment,
  kReplicaSet,
  kReplicationController,
  kStatefulSet,
  kDaemonSet,
  kJob,
  kCronJob,
};

struct PodTemplate {
  ObjectMeta meta;  // labels, and annotations as of pods
  std::shared_ptr<const PodSpec> spec;
  std::string node_name;
};

struct Workload {
  WorkloadKind kind = WorkloadKind::kDeployment;
  ObjectMeta meta;
  std::optional<LabelSelector> selector;
  std::int32_t replicas = 1;       // for Jobs: how many pods run at once and are not yet complete
  std::int32_t first_ordinal = 0;  // StatefulSets: spec.ordinals.start
  bool suspended = false;
  bool indexed = false;  // Jobs with completionMode Indexed
  PodTemplate pod_template;
  // StatefulSets: one claim each for every pod.
  std::vector<std::shared_ptr<const PersistentVolumeClaimTemplate>> volume_claim_templates;
};

}  // namespace berth::api

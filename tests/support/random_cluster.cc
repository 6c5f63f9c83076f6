#include "tests/support/random_cluster.h"

namespace berth::support {
namespace {

using api::Quantity;
using api::SelectorOperator;
using api::TaintEffect;

constexpr std::size_t kTemplates = 8;
constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr const char* kZone = "topology.kubernetes.io/zone";
constexpr const char* kHostname = "kubernetes.io/hostname";
constexpr const char* kGpu = "example.com/gpu";

const std::vector<std::string> kZones = {"a", "b", "c"};
const std::vector<std::string> kDisks = {"ssd", "hdd"};
const std::vector<std::string> kGenerations = {"1", "2", "3", "10", "x"};
const std::vector<std::string> kTopologyKeys = {kZone, kHostname, "disk", "absent"};
const std::vector<std::string> kNamespaces = {"default", "blue", "green"};
const std::vector<std::string> kTeams = {"one", "two"};
const std::vector<std::string> kApps = {"web", "db", "batch"};
const std::vector<std::string> kTiers = {"front", "back"};
const std::vector<std::string> kImages = {"registry/app:v1", "registry/app:v2", "base:latest",
                                          "tool:1"};
const std::vector<std::string> kUntaggedImages = {"base", "registry/app"};
const std::vector<std::string> kFeatures = {"RestartAllContainersOnContainerExits",
                                            "UserNamespacesHostNetworkSupport", "Other"};
const std::vector<std::string> kClaims = {"claim-1", "claim-2", "claim-3", "claim-4"};
const std::vector<std::string> kVolumes = {"volume-1", "volume-2", "volume-3", "volume-4",
                                           "volume-5"};
const std::vector<std::string> kHandles = {"handle-1", "handle-2", "handle-3"};
const std::vector<std::string> kClasses = {"local", "made"};
const std::vector<std::string> kDiskNames = {"disk-1", "disk-2"};
constexpr const char* kDriver = "csi.example.com";
const std::vector<std::string> kAddresses = {"", "0.0.0.0", "10.0.0.1", "10.0.0.2"};
const std::vector<TaintEffect> kEffects = {TaintEffect::kNoSchedule, TaintEffect::kPreferNoSchedule,
                                           TaintEffect::kNoExecute};

}  // namespace

RandomCluster::RandomCluster(std::uint64_t seed) : random_(seed) {
  for (std::size_t i = 0; i < kTemplates; ++i) {
    templates_.push_back(std::make_shared<const api::PodSpec>(Spec()));
  }
}

// ---- Nodes ----

api::StringMap RandomCluster::NodeLabels(const std::string& name) {
  api::StringMap labels;
  if (!Chance(12)) labels[kHostname] = name;
  if (!Chance(8)) labels[kZone] = OneOf(kZones);
  if (Chance(2)) labels["disk"] = OneOf(kDisks);
  if (Chance(2)) labels["generation"] = OneOf(kGenerations);
  return labels;
}

std::vector<api::Taint> RandomCluster::Taints() {
  std::vector<api::Taint> taints;
  while (Chance(3) && taints.size() < 3) {
    taints.push_back({OneOf(kTeams), Chance(2) ? "" : OneOf(kApps), OneOf(kEffects)});
  }
  return taints;
}

api::ResourceList RandomCluster::Allocatable() {
  api::ResourceList list;
  list["cpu"] = Quantity::FromMilli(static_cast<std::int64_t>(1 + random_.Below(16)) * 500);
  list["memory"] =
      Quantity::FromValue(static_cast<std::int64_t>(1 + random_.Below(32)) * 512 * kMib);
  list["pods"] = Quantity::FromValue(static_cast<std::int64_t>(1 + random_.Below(12)));
  if (Chance(2)) list["ephemeral-storage"] = Quantity::FromValue(1024 * kMib);
  if (Chance(3)) list[kGpu] = Quantity::FromValue(static_cast<std::int64_t>(random_.Below(5)));
  return list;
}

std::vector<api::ContainerImage> RandomCluster::Images() {
  std::vector<api::ContainerImage> images;
  for (const auto& name : kImages) {
    if (!Chance(3)) continue;
    const auto size = static_cast<std::int64_t>(50 + random_.Below(900)) * kMib;
    images.push_back({{name, "other/" + name}, size});
  }
  return images;
}

std::shared_ptr<const api::Node> RandomCluster::Node(const std::string& name) {
  auto node = std::make_shared<api::Node>();
  node->meta.name = name;
  node->meta.labels = NodeLabels(name);
  node->taints = Taints();
  node->allocatable = Allocatable();
  node->images = Images();
  node->unschedulable = Chance(12);
  for (const auto& feature : kFeatures) {
    if (!Chance(4)) node->declared_features.push_back(feature);
  }
  return node;
}

std::shared_ptr<const api::Node> RandomCluster::Changed(const api::Node& node) {
  auto changed = std::make_shared<api::Node>(node);
  switch (random_.Below(6)) {
    case 5:
      changed->declared_features = {OneOf(kFeatures)};
      break;
    case 0:
      changed->meta.labels = NodeLabels(node.meta.name);
      break;
    case 1:
      changed->taints = Taints();
      break;
    case 2:
      changed->allocatable = Allocatable();
      break;
    case 3:
      changed->images = Images();
      break;
    default:
      changed->unschedulable = !node.unschedulable;
  }
  return changed;
}

// ---- Pods ----

api::ResourceList RandomCluster::Requests() {
  api::ResourceList list;
  if (!Chance(4)) {
    list["cpu"] = Quantity::FromMilli(static_cast<std::int64_t>(random_.Below(12)) * 100);
  }
  if (!Chance(4)) {
    list["memory"] = Quantity::FromValue(static_cast<std::int64_t>(random_.Below(16)) * 64 * kMib);
  }
  if (Chance(8)) list["ephemeral-storage"] = Quantity::FromValue(200 * kMib);
  if (Chance(10)) list[kGpu] = Quantity::FromValue(1);
  return list;
}

api::Container RandomCluster::Container(const std::string& name) {
  api::Container container;
  container.name = name;
  container.image = Chance(3) ? OneOf(kUntaggedImages) : OneOf(kImages);
  container.resources.requests = Requests();
  if (Chance(8)) {
    container.ports.push_back({80, static_cast<std::int32_t>(8080 + random_.Below(2)),
                               Chance(4) ? "UDP" : "", OneOf(kAddresses)});
  }
  return container;
}

api::Requirement RandomCluster::NodeRequirement() {
  switch (random_.Below(6)) {
    case 0:
      return {"disk", SelectorOperator::kIn, {OneOf(kDisks)}};
    case 1:
      return {kZone, SelectorOperator::kNotIn, {OneOf(kZones)}};
    case 2:
      return {"disk", SelectorOperator::kExists, {}};
    case 3:
      return {"generation", SelectorOperator::kDoesNotExist, {}};
    case 4:
      return {"generation", SelectorOperator::kGt, {OneOf(kGenerations)}};
    default:
      return {"generation", SelectorOperator::kLt, {"5"}};
  }
}

api::NodeSelectorTerm RandomCluster::NodeTerm() {
  api::NodeSelectorTerm term;
  while (Chance(2)) term.match_expressions.push_back(NodeRequirement());
  if (Chance(12)) {
    const auto op = Chance(2) ? SelectorOperator::kIn : SelectorOperator::kNotIn;
    term.match_fields.push_back(
        {"metadata.name", op, {"node-" + std::to_string(random_.Below(10))}});
  }
  return term;
}

api::NodeAffinity RandomCluster::NodeAffinity() {
  api::NodeAffinity affinity;
  if (Chance(3)) {
    affinity.required.emplace();
    do affinity.required->terms.push_back(NodeTerm());
    while (Chance(2));
  }
  while (Chance(2)) {
    // Gt with an operand that is no number would end the cycle with an error.
    api::NodeSelectorTerm term;
    term.match_expressions.push_back({"disk", SelectorOperator::kIn, {OneOf(kDisks)}});
    if (Chance(2)) term.match_expressions.push_back({kZone, SelectorOperator::kExists, {}});
    affinity.preferred.push_back({static_cast<std::int32_t>(random_.Below(101)), term});
  }
  return affinity;
}

api::LabelSelector RandomCluster::PodSelector() {
  api::LabelSelector selector;
  if (Chance(2)) selector.match_labels["app"] = OneOf(kApps);
  if (Chance(4)) selector.match_expressions.push_back({"tier", SelectorOperator::kExists, {}});
  if (Chance(4)) {
    selector.match_expressions.push_back({"app", SelectorOperator::kNotIn, {OneOf(kApps)}});
  }
  return selector;
}

api::PodAffinityTerm RandomCluster::PodTerm() {
  api::PodAffinityTerm term;
  if (!Chance(10)) term.label_selector = PodSelector();
  term.topology_key = OneOf(kTopologyKeys);
  if (Chance(4)) term.namespaces = {OneOf(kNamespaces)};
  if (Chance(4)) {
    term.namespace_selector.emplace();
    if (Chance(2)) term.namespace_selector->match_labels["team"] = OneOf(kTeams);
    if (Chance(4)) {
      term.namespace_selector->match_expressions.push_back(
          {"team", SelectorOperator::kNotIn, {OneOf(kTeams)}});
    }
  }
  return term;
}

api::PodAffinity RandomCluster::PodAffinity() {
  api::PodAffinity affinity;
  while (Chance(3)) affinity.required.push_back(PodTerm());
  while (Chance(3)) {
    affinity.preferred.push_back({static_cast<std::int32_t>(1 + random_.Below(100)), PodTerm()});
  }
  return affinity;
}

api::TopologySpreadConstraint RandomCluster::SpreadConstraint() {
  using api::NodeInclusionPolicy;
  const auto policy = [&]() -> std::optional<NodeInclusionPolicy> {
    if (Chance(2)) return std::nullopt;
    return Chance(2) ? NodeInclusionPolicy::kHonor : NodeInclusionPolicy::kIgnore;
  };
  api::TopologySpreadConstraint constraint;
  constraint.max_skew = static_cast<std::int32_t>(1 + random_.Below(3));
  constraint.topology_key = OneOf(kTopologyKeys);
  constraint.when_unsatisfiable = Chance(2) ? api::UnsatisfiableAction::kDoNotSchedule
                                            : api::UnsatisfiableAction::kScheduleAnyway;
  if (!Chance(10)) constraint.label_selector = PodSelector();
  if (Chance(4)) constraint.min_domains = static_cast<std::int32_t>(1 + random_.Below(4));
  constraint.node_affinity_policy = policy();
  constraint.node_taints_policy = policy();
  if (Chance(4)) constraint.match_label_keys = {"tier"};
  return constraint;
}

api::PodSpec RandomCluster::Spec() {
  api::PodSpec spec;
  spec.scheduler_name = "default-scheduler";
  spec.containers.push_back(Container("main"));
  if (Chance(3)) spec.containers.push_back(Container("second"));
  while (Chance(5)) {
    spec.init_containers.push_back(Container("init"));
    spec.init_containers.back().restart_always = Chance(2);
  }
  if (Chance(10)) spec.overhead["cpu"] = Quantity::FromMilli(50);
  if (Chance(10)) {
    spec.resources.emplace();
    spec.resources->requests["cpu"] = Quantity::FromMilli(700);
  }
  if (Chance(6)) {
    spec.node_selector.emplace();
    if (Chance(2)) (*spec.node_selector)["disk"] = OneOf(kDisks);
  }
  api::Affinity affinity;
  if (Chance(3)) affinity.node_affinity = NodeAffinity();
  if (Chance(4)) affinity.pod_affinity = PodAffinity();
  if (Chance(3)) affinity.pod_anti_affinity = PodAffinity();
  if (!Chance(3)) spec.affinity = affinity;
  while (Chance(2)) {
    api::Toleration toleration;
    if (!Chance(8)) toleration.key = OneOf(kTeams);
    toleration.op = Chance(2) ? api::TolerationOperator::kExists : api::TolerationOperator::kEqual;
    if (toleration.op == api::TolerationOperator::kEqual && Chance(2)) {
      toleration.value = OneOf(kApps);
    }
    if (Chance(2)) toleration.effect = OneOf(kEffects);
    spec.tolerations.push_back(toleration);
  }
  if (Chance(3)) {
    spec.topology_spread_constraints.push_back(SpreadConstraint());
    if (Chance(2)) spec.topology_spread_constraints.push_back(SpreadConstraint());
  }
  if (Chance(3)) {
    do spec.volumes.push_back(PodVolume());
    while (Chance(3));
  }
  spec.restart_all_containers_rule = Chance(12);
  spec.host_network = Chance(8);
  if (Chance(2)) spec.host_users = false;
  return spec;
}

// ---- Storage ----

api::Volume RandomCluster::PodVolume() {
  if (!Chance(4)) return {"data", api::VolumeKind::kPersistentVolumeClaim, OneOf(kClaims)};
  api::Volume disk{"disk", api::VolumeKind::kGcePersistentDisk, OneOf(kDiskNames)};
  if (Chance(3)) disk.kind = api::VolumeKind::kAwsElasticBlockStore;
  disk.read_only = Chance(2);
  return disk;
}

std::vector<api::StorageClass> RandomCluster::StorageClasses() const {
  std::vector<api::StorageClass> classes(2);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i].meta.name = kClasses[i];
    classes[i].volume_binding_mode = api::VolumeBindingMode::kWaitForFirstConsumer;
  }
  classes[1].provisioner = kDriver;
  classes[1].allowed_topologies = {{{kZone, {"a", "b"}}}, {{"disk", {"ssd"}}}};
  return classes;
}

api::PersistentVolumeClaim RandomCluster::Claim() {
  api::PersistentVolumeClaim claim;
  claim.meta.name = OneOf(kClaims);
  claim.meta.namespace_name = OneOf(kNamespaces);
  claim.meta.uid = claim.meta.namespace_name + "/" + claim.meta.name;
  claim.spec.storage_class_name = OneOf(kClasses);
  claim.spec.request = Quantity::FromValue(static_cast<std::int64_t>(1 + random_.Below(3)) * kMib);
  claim.spec.access_modes = {Chance(4) ? "ReadWriteOncePod" : "ReadWriteOnce"};
  if (Chance(2)) {
    claim.spec.volume_name = OneOf(kVolumes);
    claim.meta.annotations[api::kBindCompleted] = "yes";
  } else if (Chance(6)) {
    claim.meta.annotations[api::kSelectedNode] = "node-" + std::to_string(random_.Below(6));
  }
  return claim;
}

api::PersistentVolume RandomCluster::Volume() {
  api::PersistentVolume volume;
  volume.meta.name = OneOf(kVolumes);
  volume.storage_class_name = OneOf(kClasses);
  volume.capacity = Quantity::FromValue(static_cast<std::int64_t>(1 + random_.Below(4)) * kMib);
  volume.access_modes = {"ReadWriteOnce"};
  if (Chance(2)) volume.access_modes.emplace_back("ReadWriteOncePod");
  volume.phase = Chance(5) ? "Released" : "Available";
  if (Chance(6)) volume.claim_ref = api::ClaimReference{OneOf(kNamespaces), OneOf(kClaims), ""};
  if (!Chance(3)) {
    volume.node_affinity.emplace();
    do volume.node_affinity->terms.push_back(NodeTerm());
    while (Chance(3));
  }
  if (Chance(3)) volume.meta.labels[kZone] = Chance(3) ? "a__b" : OneOf(kZones);
  if (!Chance(4)) {
    volume.source = api::Volume{"", api::VolumeKind::kCsi, OneOf(kHandles), kDriver};
  }
  return volume;
}

api::CsiNode RandomCluster::CsiNode(const std::string& node) {
  api::CsiNode object;
  object.meta.name = node;
  object.drivers.push_back({kDriver, static_cast<std::int32_t>(random_.Below(4))});
  if (Chance(4)) object.drivers.back().allocatable_count.reset();
  return object;
}

api::StringMap RandomCluster::PodLabels() {
  api::StringMap labels;
  if (!Chance(6)) labels["app"] = OneOf(kApps);
  if (Chance(2)) labels["tier"] = OneOf(kTiers);
  return labels;
}

std::shared_ptr<const api::PodSpec> RandomCluster::AnySpec() {
  return Chance(5) ? std::make_shared<const api::PodSpec>(Spec()) : OneOf(templates_);
}

api::Pod RandomCluster::Pod(std::shared_ptr<const api::PodSpec> spec) {
  api::Pod pod;
  pod.meta.name = "pod-" + std::to_string(next_pod_++);
  pod.meta.namespace_name = OneOf(kNamespaces);
  pod.meta.labels = PodLabels();
  if (Chance(3)) {
    pod.meta.owner_references.push_back({"apps/v1", "ReplicaSet", OneOf(kApps), "", true});
  }
  pod.spec = std::move(spec);
  return pod;
}

std::shared_ptr<const api::Pod> RandomCluster::PendingPod() {
  return std::make_shared<const api::Pod>(Pod(AnySpec()));
}

std::shared_ptr<const api::Pod> RandomCluster::RunningPod() {
  api::PodSpec spec = *AnySpec();
  for (auto& container : spec.containers) container.ports.clear();
  for (auto& container : spec.init_containers) container.ports.clear();
  api::Pod pod = Pod(std::make_shared<const api::PodSpec>(std::move(spec)));
  if (Chance(8)) pod.meta.deletion_timestamp = 1;
  if (Chance(8)) {
    pod.status.container_resources.push_back({"main", Requests(), Requests()});
  }
  return std::make_shared<const api::Pod>(std::move(pod));
}

// ---- Everything else ----

api::Namespace RandomCluster::Namespace() {
  api::Namespace object;
  object.meta.name = OneOf(kNamespaces);
  if (!Chance(3)) object.meta.labels["team"] = OneOf(kTeams);
  return object;
}

api::Service RandomCluster::Service() {
  api::Service service;
  service.meta.name = "service";
  service.meta.namespace_name = OneOf(kNamespaces);
  service.selector.emplace();
  (*service.selector)["app"] = OneOf(kApps);
  return service;
}

api::LabelSelectorOwner RandomCluster::ReplicaSet() {
  api::LabelSelectorOwner set;
  set.meta.name = OneOf(kApps);
  set.meta.namespace_name = OneOf(kNamespaces);
  set.selector.emplace();
  set.selector->match_labels["app"] = set.meta.name;
  return set;
}

}  // namespace berth::support

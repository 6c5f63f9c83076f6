#include "scheduler/record/shape.h"

#include <map>
#include <string>

namespace berth::record {
namespace {

using enum TextKind;
using Form = Shape::Form;

ShapePointer Make(Shape shape) { return std::make_shared<const Shape>(std::move(shape)); }

ShapePointer Text(TextKind kind) { return Make({.text = kind}); }
ShapePointer Kept() { return Text(kKept); }
ShapePointer Of(Form form) { return Make({.form = form}); }
ShapePointer Object(Fields fields) {
  return Make({.form = Form::kObject, .fields = std::move(fields)});
}
ShapePointer List(ShapePointer element) {
  return Make({.form = Form::kList, .element = std::move(element)});
}
ShapePointer Map(TextKind key, ShapePointer element) {
  return Make({.form = Form::kMap, .text = key, .element = std::move(element)});
}

// ---- What several kinds have ----

ShapePointer Meta(TextKind name) {
  return Object({{"name", Text(name)},
                 {"generateName", Text(name)},
                 {"namespace", Text(kNamespace)},
                 {"uid", Text(kUid)},
                 {"resourceVersion", Kept()},
                 {"generation", Kept()},
                 {"creationTimestamp", Kept()},
                 {"deletionTimestamp", Kept()},
                 {"labels", Of(Form::kLabels)},
                 {"annotations", Of(Form::kAnnotations)},
                 {"ownerReferences", List(Of(Form::kOwner))}});
}

// An object of that name, and its other fields.
ShapePointer Named(TextKind name, Fields fields) {
  fields.insert(fields.begin(),
                {{"apiVersion", Kept()}, {"kind", Kept()}, {"metadata", Meta(name)}});
  return Object(std::move(fields));
}

ShapePointer Resources() { return Map(kResource, Kept()); }

ShapePointer Requirements() { return Object({{"requests", Resources()}, {"limits", Resources()}}); }

ShapePointer LabelSelector() {
  return Object(
      {{"matchLabels", Of(Form::kLabels)}, {"matchExpressions", List(Of(Form::kRequirement))}});
}

ShapePointer NodeSelectorTerm() {
  return Object({{"matchExpressions", List(Of(Form::kRequirement))},
                 {"matchFields", List(Of(Form::kFieldRequirement))}});
}

ShapePointer NodeSelector() { return Object({{"nodeSelectorTerms", List(NodeSelectorTerm())}}); }

constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";

// ---- Pods ----

ShapePointer PodAffinity() {
  const auto term = Object({{"labelSelector", LabelSelector()},
                            {"namespaces", List(Text(kNamespace))},
                            {"namespaceSelector", LabelSelector()},
                            {"topologyKey", Text(kLabelKey)},
                            {"matchLabelKeys", List(Text(kLabelKey))},
                            {"mismatchLabelKeys", List(Text(kLabelKey))}});
  return Object({{kRequired, List(term)},
                 {kPreferred, List(Object({{"weight", Kept()}, {"podAffinityTerm", term}}))}});
}

ShapePointer Affinity() {
  const auto node = Object(
      {{kRequired, NodeSelector()},
       {kPreferred, List(Object({{"weight", Kept()}, {"preference", NodeSelectorTerm()}}))}});
  return Object(
      {{"nodeAffinity", node}, {"podAffinity", PodAffinity()}, {"podAntiAffinity", PodAffinity()}});
}

ShapePointer SpreadConstraint() {
  return Object({{"maxSkew", Kept()},
                 {"topologyKey", Text(kLabelKey)},
                 {"whenUnsatisfiable", Kept()},
                 {"labelSelector", LabelSelector()},
                 {"minDomains", Kept()},
                 {"nodeAffinityPolicy", Kept()},
                 {"nodeTaintsPolicy", Kept()},
                 {"matchLabelKeys", List(Text(kLabelKey))}});
}

ShapePointer Container() {
  const auto port = Object({{"containerPort", Kept()},
                            {"hostPort", Kept()},
                            {"protocol", Kept()},
                            {"hostIP", Text(kAddress)}});
  return Object({{"name", Text(kContainer)},
                 {"image", Of(Form::kImageName)},
                 {"resources", Requirements()},
                 {"ports", List(port)},
                 {"restartPolicy", Kept()},
                 {"restartPolicyRules", List(Object({{"action", Kept()}}))}});
}

ShapePointer ClaimSpec() {
  return Object({{"accessModes", List(Kept())},
                 {"selector", LabelSelector()},
                 {"resources", Requirements()},
                 {"volumeName", Text(kVolume)},
                 {"storageClassName", Text(kStorageClass)},
                 {"volumeMode", Kept()},
                 {"volumeAttributesClassName", Text(kObject)}});
}

ShapePointer ClaimTemplate(TextKind name) {
  return Object({{"metadata", Meta(name)}, {"spec", ClaimSpec()}});
}

// The sources that decisions look at, with what tells volumes apart.
Fields VolumeSources() {
  const auto source = [](std::string_view id) {
    return Object({{id, Text(kVolumeHandle)}, {"readOnly", Kept()}});
  };
  return {{"gcePersistentDisk", source("pdName")},
          {"awsElasticBlockStore", source("volumeID")},
          {"azureDisk", source("diskURI")},
          {"azureFile", source("shareName")},
          {"cinder", source("volumeID")},
          {"vsphereVolume", source("volumePath")},
          {"portworxVolume", source("volumeID")},
          {"iscsi", source("iqn")},
          {"rbd", Object({{"image", Text(kVolumeHandle)},
                          {"pool", Text(kVolumeHandle)},
                          {"monitors", List(Text(kAddress))},
                          {"readOnly", Kept()}})},
          {"csi", Object({{"driver", Text(kDriver)},
                          {"volumeHandle", Text(kVolumeHandle)},
                          {"readOnly", Kept()}})}};
}

ShapePointer PodVolume() {
  Fields fields = VolumeSources();
  fields.emplace_back("name", Text(kVolumeName));
  fields.emplace_back("persistentVolumeClaim",
                      Object({{"claimName", Text(kClaim)}, {"readOnly", Kept()}}));
  fields.emplace_back("ephemeral", Object({{"volumeClaimTemplate", ClaimTemplate(kClaim)}}));
  fields.emplace_back("image", Object({{"reference", Of(Form::kImageName)}}));
  return Object(std::move(fields));
}

ShapePointer PodSpec() {
  const auto claim = Object({{"name", Kept()},
                             {"resourceClaimName", Text(kDeviceClaim)},
                             {"resourceClaimTemplateName", Text(kObject)}});
  return Object({{"nodeName", Text(kNode)},
                 {"schedulerName", Text(kScheduler)},
                 {"priority", Kept()},
                 {"priorityClassName", Text(kPriorityClass)},
                 {"preemptionPolicy", Kept()},
                 {"runtimeClassName", Text(kRuntimeClass)},
                 {"resources", Requirements()},
                 {"overhead", Resources()},
                 {"schedulingGates", List(Object({{"name", Text(kGate)}}))},
                 {"schedulingGroup", Object({{"podGroupName", Text(kPodGroup)}})},
                 {"resourceClaims", List(claim)},
                 {"hostNetwork", Kept()},
                 {"hostUsers", Kept()},
                 {"containers", List(Container())},
                 {"initContainers", List(Container())},
                 {"nodeSelector", Of(Form::kLabels)},
                 {"affinity", Affinity()},
                 {"tolerations", List(Of(Form::kTaint))},
                 {"volumes", List(PodVolume())},
                 {"topologySpreadConstraints", List(SpreadConstraint())}});
}

ShapePointer PodStatus() {
  const auto container = Object({{"name", Text(kContainer)},
                                 {"allocatedResources", Resources()},
                                 {"resources", Requirements()}});
  const auto claim = Object({{"name", Kept()}, {"resourceClaimName", Text(kDeviceClaim)}});
  return Object(
      {{"phase", Kept()},
       {"nominatedNodeName", Text(kNode)},
       {"startTime", Kept()},
       {"containerStatuses", List(container)},
       {"initContainerStatuses", List(container)},
       {"allocatedResources", Resources()},
       {"resources", Requirements()},
       {"resourceClaimStatuses", List(claim)},
       {"extendedResourceClaimStatus", Object({{"resourceClaimName", Text(kDeviceClaim)}})},
       {"conditions", Of(Form::kConditions)}});
}

// ---- Nodes ----

ShapePointer NodeShape() {
  const auto image = Object({{"names", List(Of(Form::kImageName))}, {"sizeBytes", Kept()}});
  return Named(kNode,
               {{"spec", Object({{"unschedulable", Kept()}, {"taints", List(Of(Form::kTaint))}})},
                {"status", Object({{"capacity", Resources()},
                                   {"allocatable", Resources()},
                                   {"images", List(image)},
                                   {"declaredFeatures", List(Kept())},
                                   {"conditions", Of(Form::kConditions)}})}});
}

// ---- Workloads ----

ShapePointer WorkloadSpec(const ShapePointer& selector) {
  const auto pod = Object({{"metadata", Meta(kPod)}, {"spec", PodSpec()}});
  return Object({{"replicas", Kept()},
                 {"selector", selector},
                 {"template", pod},
                 {"volumeClaimTemplates", List(ClaimTemplate(kVolumeName))},
                 {"ordinals", Object({{"start", Kept()}})},
                 {"parallelism", Kept()},
                 {"completions", Kept()},
                 {"completionMode", Kept()},
                 {"suspend", Kept()}});
}

ShapePointer Workload(const ShapePointer& selector) {
  return Named(
      kOwner, {{"spec", WorkloadSpec(selector)},
               {"status", Object({{"succeeded", Kept()}, {"conditions", Of(Form::kConditions)}})}});
}

ShapePointer CronJob() {
  const auto job = Object({{"spec", WorkloadSpec(LabelSelector())}});
  return Named(kOwner, {{"spec", Object({{"suspend", Kept()}, {"jobTemplate", job}})}});
}

// Stands for no pods, and is valid.
ShapePointer SelectorOnly(const ShapePointer& selector) {
  const auto constant = [](std::string_view json) {
    return Make({.form = Form::kConstant, .constant = json});
  };
  const auto pod = Object({{"metadata", Object({{"labels", Of(Form::kLabels)}})},
                           {"spec", constant(R"({"containers":[]})")}});
  return Named(
      kOwner,
      {{"spec", Object({{"replicas", constant("0")}, {"selector", selector}, {"template", pod}})}});
}

// ---- Storage ----

ShapePointer PersistentVolume() {
  Fields fields = VolumeSources();
  fields.emplace_back("capacity", Resources());
  fields.emplace_back("accessModes", List(Kept()));
  fields.emplace_back("storageClassName", Text(kStorageClass));
  fields.emplace_back(
      "claimRef",
      Object({{"namespace", Text(kNamespace)}, {"name", Text(kClaim)}, {"uid", Text(kUid)}}));
  fields.emplace_back("volumeMode", Kept());
  fields.emplace_back("nodeAffinity", Object({{"required", NodeSelector()}}));
  fields.emplace_back("volumeAttributesClassName", Text(kObject));
  return Named(kVolume,
               {{"spec", Object(std::move(fields))}, {"status", Object({{"phase", Kept()}})}});
}

ShapePointer CsiNode() {
  const auto driver =
      Object({{"name", Text(kDriver)}, {"allocatable", Object({{"count", Kept()}})}});
  return Named(kNode, {{"spec", Object({{"drivers", List(driver)}})}});
}

ShapePointer StorageClass() {
  const auto term = Object({{"matchLabelExpressions", List(Of(Form::kRequirement))}});
  return Named(kStorageClass, {{"provisioner", Text(kDriver)},
                               {"volumeBindingMode", Kept()},
                               {"allowedTopologies", List(term)}});
}

ShapePointer VolumeAttachment() {
  return Named(kObject,
               {{"spec", Object({{"nodeName", Text(kNode)},
                                 {"attacher", Text(kDriver)},
                                 {"source", Object({{"persistentVolumeName", Text(kVolume)}})}})}});
}

// ---- Devices: texts that expressions look into stay as they are ----

ShapePointer ResourceSlice() {
  const auto whole = Of(Form::kWhole);
  const Fields reach = {
      {"nodeName", Text(kNode)}, {"allNodes", Kept()}, {"nodeSelector", NodeSelector()}};
  Fields device = {{"name", Kept()},
                   {"attributes", whole},
                   {"capacity", whole},
                   {"basic", whole},
                   {"consumesCounters", whole},
                   {"taints", whole},
                   {"bindsToNode", Kept()},
                   {"bindingConditions", whole},
                   {"bindingFailureConditions", whole},
                   {"allowMultipleAllocations", Kept()}};
  device.insert(device.end(), reach.begin(), reach.end());
  // A pool is called like its node.
  Fields spec = {
      {"driver", Kept()},
      {"pool",
       Object({{"name", Text(kNode)}, {"generation", Kept()}, {"resourceSliceCount", Kept()}})},
      {"devices", List(Object(std::move(device)))},
      {"sharedCounters", whole},
      {"perDeviceNodeSelection", Kept()}};
  spec.insert(spec.end(), reach.begin(), reach.end());
  return Named(kObject, {{"spec", Object(std::move(spec))}});
}

ShapePointer ResourceClaim() {
  const auto whole = Of(Form::kWhole);
  const auto result = Object({{"request", Kept()},
                              {"driver", Kept()},
                              {"pool", Text(kNode)},
                              {"device", Kept()},
                              {"adminAccess", Kept()},
                              {"tolerations", whole},
                              {"bindingConditions", whole},
                              {"bindingFailureConditions", whole},
                              {"shareID", Kept()},
                              {"consumedCapacity", whole}});
  const auto allocation =
      Object({{"devices", Object({{"results", List(result)}, {"config", whole}})},
              {"nodeSelector", NodeSelector()},
              {"allocationTimestamp", Kept()}});
  const auto consumer = Object(
      {{"apiGroup", Kept()}, {"resource", Kept()}, {"name", Text(kPod)}, {"uid", Text(kUid)}});
  const auto condition = Object({{"type", Kept()}, {"status", Kept()}});
  const auto device = Object({{"driver", Kept()},
                              {"pool", Text(kNode)},
                              {"device", Kept()},
                              {"shareID", Kept()},
                              {"conditions", List(condition)}});
  return Named(kDeviceClaim, {{"spec", whole},
                              {"status", Object({{"allocation", allocation},
                                                 {"reservedFor", List(consumer)},
                                                 {"devices", List(device)}})}});
}

// ---- The list ----

using Shapes = std::map<std::string, ShapePointer, std::less<>>;

Shapes AllShapes() {
  const auto whole = Of(Form::kWhole);
  const auto labels = Of(Form::kLabels);
  const auto selector_only = Object({{"selector", LabelSelector()}});
  const auto tolerations = List(Of(Form::kTaint));
  return {
      {"/Node", NodeShape()},
      {"/Pod", Named(kPod, {{"spec", PodSpec()}, {"status", PodStatus()}})},
      {"/Namespace", Named(kNamespace, {})},
      {"/Service", Named(kObject, {{"spec", Object({{"selector", labels}})}})},
      {"/ReplicationController", Workload(labels)},
      {"apps/ReplicaSet", Workload(LabelSelector())},
      {"apps/StatefulSet", Workload(LabelSelector())},
      {"apps/Deployment", Workload(LabelSelector())},
      {"apps/DaemonSet", Workload(LabelSelector())},
      {"batch/Job", Workload(LabelSelector())},
      {"batch/CronJob", CronJob()},
      {"policy/PodDisruptionBudget",
       Named(kObject, {{"spec", selector_only},
                       {"status", Object({{"disruptionsAllowed", Kept()},
                                          {"disruptedPods", Map(kPod, Kept())}})}})},
      {"scheduling.k8s.io/PriorityClass",
       Named(kPriorityClass,
             {{"value", Kept()}, {"globalDefault", Kept()}, {"preemptionPolicy", Kept()}})},
      {"scheduling.k8s.io/PodGroup",
       Named(kPodGroup, {{"spec", Object({{"schedulingPolicy", whole}})}})},
      {"node.k8s.io/RuntimeClass",
       Named(kRuntimeClass,
             {{"overhead", Object({{"podFixed", Resources()}})},
              {"scheduling", Object({{"nodeSelector", labels}, {"tolerations", tolerations}})}})},
      {"/PersistentVolumeClaim",
       Named(kClaim, {{"spec", ClaimSpec()}, {"status", Object({{"phase", Kept()}})}})},
      {"/PersistentVolume", PersistentVolume()},
      {"storage.k8s.io/StorageClass", StorageClass()},
      {"storage.k8s.io/CSINode", CsiNode()},
      {"storage.k8s.io/CSIDriver",
       Named(kDriver, {{"spec", Object({{"storageCapacity", Kept()},
                                        {"preventPodSchedulingIfMissing", Kept()}})}})},
      {"storage.k8s.io/CSIStorageCapacity",
       Named(kObject, {{"storageClassName", Text(kStorageClass)},
                       {"nodeTopology", LabelSelector()},
                       {"capacity", Kept()},
                       {"maximumVolumeSize", Kept()}})},
      {"storage.k8s.io/VolumeAttachment", VolumeAttachment()},
      {"resource.k8s.io/ResourceSlice", ResourceSlice()},
      {"resource.k8s.io/DeviceClass",
       Named(kKept, {{"spec", Object({{"selectors", whole},
                                      {"config", whole},
                                      {"extendedResourceName", Text(kResource)}})}})},
      {"resource.k8s.io/ResourceClaim", ResourceClaim()},
      {"resource.k8s.io/ResourceClaimTemplate",
       Named(kObject, {{"spec", Object({{"metadata", Meta(kDeviceClaim)}, {"spec", whole}})}})},
  };
}

Shapes LiveShapes() {
  Shapes shapes = AllShapes();
  shapes["/ReplicationController"] = SelectorOnly(Of(Form::kLabels));
  shapes["apps/ReplicaSet"] = SelectorOnly(LabelSelector());
  shapes["apps/StatefulSet"] = SelectorOnly(LabelSelector());
  return shapes;
}

ShapePointer Find(const Shapes& shapes, std::string_view api_version, std::string_view kind) {
  const auto slash = api_version.find('/');
  std::string key(slash == std::string_view::npos ? "" : api_version.substr(0, slash));
  key.append("/").append(kind);
  const auto found = shapes.find(key);
  return found == shapes.end() ? nullptr : found->second;
}

}  // namespace

ShapePointer ShapeOf(std::string_view api_version, std::string_view kind) {
  static const Shapes shapes = AllShapes();
  return Find(shapes, api_version, kind);
}

ShapePointer LiveShapeOf(std::string_view api_version, std::string_view kind) {
  static const Shapes shapes = LiveShapes();
  return Find(shapes, api_version, kind);
}

}  // namespace berth::record

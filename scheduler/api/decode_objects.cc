#include "scheduler/api/decode_objects.h"

#include <algorithm>
#include <array>
#include <memory>

#include "scheduler/api/decode_devices.h"
#include "scheduler/api/decode_storage.h"
#include "scheduler/api/padded_text.h"

namespace berth::api {

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ContainerImage& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    if (key == "names") return Decode(errors, field, Path(path, key), out.names);
    if (key == "sizeBytes") return Decode(errors, field, Path(path, key), out.size_bytes);
    return true;
  });
}

namespace {

constexpr std::int32_t kMaxReplicas = 1'000'000;

bool RequireName(DecodeErrors& errors, const Path& path, const ObjectMeta& meta) {
  return !meta.name.empty() || errors.Fail(Path(path, "metadata.name"), "is missing");
}

// Calls visit(key, value, path of the field) for the fields of the member `name` of an object.
template <typename Visit>
bool DecodeMember(DecodeErrors& errors, JsonValue value, const Path& path, Visit visit) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return visit(key, field, Path(path, key));
  });
}

// ---- Cluster ----

bool DecodeNodeSpec(DecodeErrors& errors, JsonValue value, const Path& path, Node& out) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        if (key == "unschedulable")
                          return Decode(errors, field, at, out.unschedulable);
                        if (key == "taints") return Decode(errors, field, at, out.taints);
                        return true;
                      });
}

bool DecodeNodeConditions(DecodeErrors& errors, JsonValue value, const Path& path, StringMap& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    std::string type;
    std::string status;
    const bool read = DecodeMember(errors, element, Path(path, index),
                                   [&](std::string_view key, JsonValue field, const Path& at) {
                                     if (key == "type") return Decode(errors, field, at, type);
                                     return key != "status" || Decode(errors, field, at, status);
                                   });
    if (read) out[type] = std::move(status);
    return read;
  });
}

bool DecodeNodeStatus(DecodeErrors& errors, JsonValue value, const Path& path, Node& out) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        if (key == "capacity") return Decode(errors, field, at, out.capacity);
                        if (key == "allocatable") return Decode(errors, field, at, out.allocatable);
                        if (key == "images") return Decode(errors, field, at, out.images);
                        if (key == "conditions")
                          return DecodeNodeConditions(errors, field, at, out.conditions);
                        if (key == "declaredFeatures")
                          return Decode(errors, field, at, out.declared_features);
                        return true;
                      });
}

bool DecodeNode(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  Node& node = out.nodes.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return DecodeAnnotatedMeta(errors, field, at, node.meta);
        if (key == "spec") return DecodeNodeSpec(errors, field, at, node);
        if (key == "status") return DecodeNodeStatus(errors, field, at, node);
        return true;
      });
  return read && RequireName(errors, root, node.meta);
}

bool DecodePod(DecodeErrors& errors, JsonValue value, PodSpecTable& specs, ClusterObjects& out) {
  const Path root;
  Pod& pod = out.pods.emplace_back();
  PlacedPodSpec placed;
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return DecodePodMeta(errors, field, at, pod.meta);
        if (key == "spec") return Decode(errors, field, at, placed);
        if (key == "status") return Decode(errors, field, at, pod.status);
        return true;
      });
  if (!read) return false;
  pod.node_name = std::move(placed.node_name);
  pod.spec = specs.Intern(std::move(placed.spec));
  return !pod.meta.generate_name.empty() || RequireName(errors, root, pod.meta);
}

bool DecodeNamespace(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  Namespace& object = out.namespaces.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        return key != "metadata" || Decode(errors, field, at, object.meta);
      });
  return read && RequireName(errors, root, object.meta);
}

// Kinds of which only metadata and spec.selector count.
template <typename T>
bool DecodeSelectorOwner(DecodeErrors& errors, JsonValue value, T& out) {
  const Path root;
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, out.meta);
        if (key != "spec") return true;
        return DecodeMember(
            errors, field, at, [&](std::string_view name, JsonValue member, const Path& member_at) {
              return name != "selector" || Decode(errors, member, member_at, out.selector);
            });
      });
  return read && RequireName(errors, root, out.meta);
}

bool DecodeService(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  return DecodeSelectorOwner(errors, value, out.services.emplace_back());
}

// ---- Policy ----

bool DecodePriorityClass(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                         ClusterObjects& out) {
  const Path root;
  PriorityClass& object = out.priority_classes.emplace_back();
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "value") return Decode(errors, field, at, object.value);
        if (key == "globalDefault") return Decode(errors, field, at, object.global_default);
        if (key == "preemptionPolicy") {
          return DecodePreemptionPolicy(errors, field, at, object.preemption_policy);
        }
        return true;
      });
  return read && RequireName(errors, root, object.meta);
}

bool DecodeRuntimeClass(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  RuntimeClass& object = out.runtime_classes.emplace_back();
  const auto overhead = [&](std::string_view key, JsonValue field, const Path& at) {
    return key != "podFixed" || Decode(errors, field, at, object.overhead);
  };
  const auto scheduling = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "nodeSelector") return Decode(errors, field, at, object.node_selector);
    if (key == "tolerations") return Decode(errors, field, at, object.tolerations);
    return true;
  };
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "overhead") return DecodeMember(errors, field, at, overhead);
        if (key == "scheduling") return DecodeMember(errors, field, at, scheduling);
        return true;
      });
  return read && RequireName(errors, root, object.meta);
}

bool DecodeDisruptedPods(DecodeErrors& errors, JsonValue value, const Path& path,
                         std::vector<std::string>& out) {
  out.clear();
  return DecodeFields(errors, value, path, [&](std::string_view name, JsonValue) {
    out.emplace_back(name);
    return true;
  });
}

bool DecodePodDisruptionBudget(DecodeErrors& errors, JsonValue value, PodSpecTable&,
                               ClusterObjects& out) {
  const Path root;
  PodDisruptionBudget& object = out.pod_disruption_budgets.emplace_back();
  const auto spec = [&](std::string_view key, JsonValue field, const Path& at) {
    return key != "selector" || Decode(errors, field, at, object.selector);
  };
  const auto status = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "disruptionsAllowed") return Decode(errors, field, at, object.disruptions_allowed);
    if (key == "disruptedPods") {
      return DecodeDisruptedPods(errors, field, at, object.disrupted_pods);
    }
    return true;
  };
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "spec") return DecodeMember(errors, field, at, spec);
        if (key == "status") return DecodeMember(errors, field, at, status);
        return true;
      });
  return read && RequireName(errors, root, object.meta);
}

// ---- Pod groups ----

bool DecodeGang(DecodeErrors& errors, JsonValue value, const Path& path,
                std::optional<std::int32_t>& min_count) {
  const bool read =
      DecodeMember(errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        return key != "minCount" || Decode(errors, field, at, min_count);
      });
  if (!read) return false;
  const Path field(path, "minCount");
  if (!min_count) return errors.Fail(field, "is missing");
  return *min_count > 0 || errors.Fail(field, "must be greater than 0");
}

bool DecodePodGroupSpec(DecodeErrors& errors, JsonValue value, const Path& path, PodGroup& out) {
  int policies = 0;
  const auto policy = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key != "gang" && key != "basic") return true;
    if (field.type() == JsonType::kNull) return true;
    ++policies;
    return key == "basic" || DecodeGang(errors, field, at, out.min_count);
  };
  const bool read =
      DecodeMember(errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "schedulingPolicy") return DecodeMember(errors, field, at, policy);
        if (key == "schedulingConstraints" && field.type() != JsonType::kNull) {
          return errors.Fail(at, "needs the feature gate TopologyAwareWorkloadScheduling");
        }
        return true;
      });
  return read && (policies == 1 || errors.Fail(Path(path, "schedulingPolicy"),
                                               "must have exactly one of basic and gang"));
}

// An error in the specification is kept with the object: see PodGroup::problem.
bool DecodePodGroup(DecodeErrors& errors, JsonValue value, PodSpecTable&, ClusterObjects& out) {
  const Path root;
  const Path at_spec(root, "spec");
  PodGroup& object = out.pod_groups.emplace_back();
  std::string_view spec = "{}";
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "spec" && field.type() == JsonType::kObject) spec = field.Raw();
        return true;
      });
  if (!read || !RequireName(errors, root, object.meta)) return false;
  const PaddedText text(spec);
  JsonParser parser;
  DecodeErrors own;
  const auto decode = [&](JsonValue document) {
    return DecodePodGroupSpec(own, document, at_spec, object);
  };
  if (parser.Read(text.view(), decode) != JsonWalk::kDone) object.problem = own.message();
  return true;
}

// ---- Workloads ----

// What of a workload's spec and status says how many pods there are to be.
struct Scale {
  std::optional<std::int32_t> replicas;
  std::optional<std::int32_t> parallelism;
  std::optional<std::int32_t> completions;
  std::int32_t succeeded = 0;
  bool finished = false;
};

bool DecodeTemplate(DecodeErrors& errors, JsonValue value, const Path& path, PodSpecTable& specs,
                    PodTemplate& out) {
  PlacedPodSpec placed;
  const bool read =
      DecodeMember(errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return DecodePodMeta(errors, field, at, out.meta);
        if (key == "spec") return Decode(errors, field, at, placed);
        return true;
      });
  if (!read) return false;
  out.node_name = std::move(placed.node_name);
  out.spec = specs.Intern(std::move(placed.spec));
  return true;
}

bool DecodeClaimTemplates(DecodeErrors& errors, JsonValue value, const Path& path, Workload& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path at(path, index);
    auto claim = std::make_shared<PersistentVolumeClaimTemplate>();
    if (!Decode(errors, element, at, *claim)) return false;
    if (claim->name.empty()) return errors.Fail(Path(at, "metadata.name"), "is missing");
    out.volume_claim_templates.push_back(std::move(claim));
    return true;
  });
}

// ReplicationControllers alone have a plain map.
bool DecodeWorkloadSelector(DecodeErrors& errors, JsonValue value, const Path& path,
                            Workload& out) {
  if (out.kind != WorkloadKind::kReplicationController) {
    return Decode(errors, value, path, out.selector);
  }
  std::optional<StringMap> labels;
  if (!Decode(errors, value, path, labels)) return false;
  if (labels) out.selector.emplace().match_labels = std::move(*labels);
  return true;
}

bool DecodeOrdinals(DecodeErrors& errors, JsonValue value, const Path& path, Workload& out) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        return key != "start" || Decode(errors, field, at, out.first_ordinal);
                      });
}

bool DecodeCompletionMode(DecodeErrors& errors, JsonValue value, const Path& path, Workload& out) {
  std::string mode;
  if (!Decode(errors, value, path, mode)) return false;
  out.indexed = mode == "Indexed";
  return out.indexed || mode.empty() || mode == "NonIndexed" ||
         errors.Fail(path, "must be Indexed or NonIndexed, is " + Quoted(mode));
}

bool DecodeWorkloadSpec(DecodeErrors& errors, JsonValue value, const Path& path,
                        PodSpecTable& specs, Workload& out, Scale& scale);

bool DecodeJobTemplate(DecodeErrors& errors, JsonValue value, const Path& path, PodSpecTable& specs,
                       Workload& out, Scale& scale) {
  const bool suspended = out.suspended;  // of the CronJob; the Job in it has a `suspend` of its own
  out.suspended = false;
  const bool read =
      DecodeMember(errors, value, path, [&](std::string_view key, JsonValue field, const Path& at) {
        return key != "spec" || DecodeWorkloadSpec(errors, field, at, specs, out, scale);
      });
  out.suspended |= suspended;
  return read;
}

bool DecodeWorkloadSpec(DecodeErrors& errors, JsonValue value, const Path& path,
                        PodSpecTable& specs, Workload& out, Scale& scale) {
  return DecodeMember(errors, value, path,
                      [&](std::string_view key, JsonValue field, const Path& at) {
                        if (key == "replicas") return Decode(errors, field, at, scale.replicas);
                        if (key == "selector")
                          return DecodeWorkloadSelector(errors, field, at, out);
                        if (key == "template")
                          return DecodeTemplate(errors, field, at, specs, out.pod_template);
                        if (key == "volumeClaimTemplates")
                          return DecodeClaimTemplates(errors, field, at, out);
                        if (key == "ordinals") return DecodeOrdinals(errors, field, at, out);
                        if (key == "parallelism")
                          return Decode(errors, field, at, scale.parallelism);
                        if (key == "completions")
                          return Decode(errors, field, at, scale.completions);
                        if (key == "completionMode")
                          return DecodeCompletionMode(errors, field, at, out);
                        if (key == "jobTemplate")
                          return DecodeJobTemplate(errors, field, at, specs, out, scale);
                        if (key != "suspend") return true;
                        bool suspended = false;
                        if (!Decode(errors, field, at, suspended)) return false;
                        out.suspended |= suspended;
                        return true;
                      });
}

// Whether a Job's condition Complete or Failed is True.
bool DecodeJobConditions(DecodeErrors& errors, JsonValue value, const Path& path, bool& finished) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    std::string type;
    std::string status;
    const bool read = DecodeMember(errors, element, Path(path, index),
                                   [&](std::string_view key, JsonValue field, const Path& at) {
                                     if (key == "type") return Decode(errors, field, at, type);
                                     if (key == "status") return Decode(errors, field, at, status);
                                     return true;
                                   });
    finished |= status == "True" && (type == "Complete" || type == "Failed");
    return read;
  });
}

std::int32_t PodCount(WorkloadKind kind, const Scale& scale) {
  if (kind != WorkloadKind::kJob && kind != WorkloadKind::kCronJob) {
    return scale.replicas.value_or(1);
  }
  if (scale.finished) return 0;
  const std::int32_t parallelism = scale.parallelism.value_or(1);
  // Without completions a Job works until one pod succeeds, with all pods at once.
  if (!scale.completions) return scale.succeeded > 0 ? 0 : parallelism;
  return std::clamp(*scale.completions - scale.succeeded, 0, parallelism);
}

bool CheckCount(DecodeErrors& errors, std::string_view field, std::optional<std::int32_t> count) {
  if (!count || (*count >= 0 && *count <= kMaxReplicas)) return true;
  const Path root;
  const Path spec(root, "spec");
  return errors.Fail(Path(spec, field), "must be in 0.." + std::to_string(kMaxReplicas) + ", is " +
                                            std::to_string(*count));
}

bool CheckScale(DecodeErrors& errors, const Scale& scale, const Workload& out) {
  return CheckCount(errors, "replicas", scale.replicas) &&
         CheckCount(errors, "parallelism", scale.parallelism) &&
         CheckCount(errors, "completions", scale.completions) &&
         CheckCount(errors, "ordinals.start", out.first_ordinal);
}

template <WorkloadKind kKind>
bool DecodeWorkload(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                    ClusterObjects& out) {
  const Path root;
  Workload& object = out.workloads.emplace_back();
  object.kind = kKind;
  Scale scale;
  const auto status = [&](std::string_view key, JsonValue field, const Path& at) {
    if (key == "succeeded") return Decode(errors, field, at, scale.succeeded);
    if (key == "conditions") return DecodeJobConditions(errors, field, at, scale.finished);
    return true;
  };
  constexpr bool kIsJob = kKind == WorkloadKind::kJob;
  const bool read =
      DecodeMember(errors, value, root, [&](std::string_view key, JsonValue field, const Path& at) {
        if (key == "metadata") return Decode(errors, field, at, object.meta);
        if (key == "spec") return DecodeWorkloadSpec(errors, field, at, specs, object, scale);
        return !kIsJob || key != "status" || DecodeMember(errors, field, at, status);
      });
  if (!read || !RequireName(errors, root, object.meta) || !CheckScale(errors, scale, object)) {
    return false;
  }
  object.replicas = PodCount(kKind, scale);
  if (object.pod_template.spec != nullptr) return true;
  return errors.Fail(Path(root, "spec.template"), "is missing");
}

bool DecodeReplicaSet(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                      ClusterObjects& out) {
  if (!DecodeWorkload<WorkloadKind::kReplicaSet>(errors, value, specs, out)) return false;
  out.replica_sets.push_back({out.workloads.back().meta, out.workloads.back().selector});
  return true;
}

bool DecodeStatefulSet(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                       ClusterObjects& out) {
  if (!DecodeWorkload<WorkloadKind::kStatefulSet>(errors, value, specs, out)) return false;
  out.stateful_sets.push_back({out.workloads.back().meta, out.workloads.back().selector});
  return true;
}

bool DecodeReplicationController(DecodeErrors& errors, JsonValue value, PodSpecTable& specs,
                                 ClusterObjects& out) {
  if (!DecodeWorkload<WorkloadKind::kReplicationController>(errors, value, specs, out)) {
    return false;
  }
  Workload& workload = out.workloads.back();
  // The API server sets an absent selector to the labels of the template.
  if (!workload.selector || workload.selector->match_labels.empty()) {
    workload.selector.emplace().match_labels = workload.pod_template.meta.labels;
  }
  out.replication_controllers.push_back({workload.meta, workload.selector->match_labels});
  return true;
}

struct Kind {
  std::string_view name;
  std::string_view group;
  ObjectDecoder decoder;
};

constexpr std::array<Kind, 26> kKinds = {{
    {"Pod", "", DecodePod},
    {"Node", "", DecodeNode},
    {"Namespace", "", DecodeNamespace},
    {"Service", "", DecodeService},
    {"ReplicationController", "", DecodeReplicationController},
    {"ReplicaSet", "apps", DecodeReplicaSet},
    {"StatefulSet", "apps", DecodeStatefulSet},
    {"Deployment", "apps", DecodeWorkload<WorkloadKind::kDeployment>},
    {"DaemonSet", "apps", DecodeWorkload<WorkloadKind::kDaemonSet>},
    {"Job", "batch", DecodeWorkload<WorkloadKind::kJob>},
    {"CronJob", "batch", DecodeWorkload<WorkloadKind::kCronJob>},
    {"PriorityClass", "scheduling.k8s.io", DecodePriorityClass},
    {"RuntimeClass", "node.k8s.io", DecodeRuntimeClass},
    {"PodDisruptionBudget", "policy", DecodePodDisruptionBudget},
    {"PodGroup", "scheduling.k8s.io", DecodePodGroup},
    {"ResourceSlice", "resource.k8s.io", DecodeResourceSlice},
    {"DeviceClass", "resource.k8s.io", DecodeDeviceClass},
    {"ResourceClaim", "resource.k8s.io", DecodeResourceClaim},
    {"ResourceClaimTemplate", "resource.k8s.io", DecodeResourceClaimTemplate},
    {"PersistentVolumeClaim", "", DecodePersistentVolumeClaim},
    {"PersistentVolume", "", DecodePersistentVolume},
    {"StorageClass", "storage.k8s.io", DecodeStorageClass},
    {"CSINode", "storage.k8s.io", DecodeCsiNode},
    {"CSIDriver", "storage.k8s.io", DecodeCsiDriver},
    {"CSIStorageCapacity", "storage.k8s.io", DecodeCsiStorageCapacity},
    {"VolumeAttachment", "storage.k8s.io", DecodeVolumeAttachment},
}};

}  // namespace

ObjectDecoder FindDecoder(std::string_view api_version, std::string_view kind) {
  const auto found = std::ranges::find(kKinds, kind, &Kind::name);
  if (found == kKinds.end()) return nullptr;
  if (api_version.empty()) return found->decoder;
  const auto slash = api_version.find('/');
  const auto group = slash == std::string_view::npos ? "" : api_version.substr(0, slash);
  return group == found->group ? found->decoder : nullptr;
}

}  // namespace berth::api

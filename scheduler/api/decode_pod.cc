// PodSpec and PodStatus.
#include <memory>
#include <utility>

#include "scheduler/api/decode.h"

namespace berth::api {

static constexpr std::int32_t kMaxPort = 65535;

static bool CheckPort(DecodeErrors& errors, const Path& path, std::int32_t port,
                      std::int32_t lowest) {
  if (port >= lowest && port <= kMaxPort) return true;
  return errors.Fail(
      path, "must be in " + std::to_string(lowest) + "..65535, is " + std::to_string(port));
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, ContainerPort& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "containerPort") return Decode(errors, field, at, out.container_port);
    if (key == "hostPort") return Decode(errors, field, at, out.host_port);
    if (key == "protocol") return Decode(errors, field, at, out.protocol);
    if (key == "hostIP") return Decode(errors, field, at, out.host_ip);
    return true;
  });
  if (!read || !CheckPort(errors, Path(path, "containerPort"), out.container_port, 1) ||
      !CheckPort(errors, Path(path, "hostPort"), out.host_port, 0)) {
    return false;
  }
  const std::string& protocol = out.protocol;
  if (protocol.empty() || protocol == "TCP" || protocol == "UDP" || protocol == "SCTP") return true;
  return errors.Fail(Path(path, "protocol"), "unknown protocol " + Quoted(protocol));
}

// Whether some restartPolicyRules entry restarts all containers.
static bool DecodeRestartRules(DecodeErrors& errors, JsonValue value, const Path& path, bool& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue rule) {
    const Path rule_path(path, index);
    return DecodeFields(errors, rule, rule_path, [&](std::string_view key, JsonValue field) {
      if (key != "action") return true;
      std::string action;
      if (!Decode(errors, field, Path(rule_path, key), action)) return false;
      out |= action == "RestartAllContainers";
      return true;
    });
  });
}

// `restart_all` is set when the container has a rule that restarts all containers.
static bool DecodeContainer(DecodeErrors& errors, JsonValue value, const Path& path, Container& out,
                            bool& restart_all) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "name") return Decode(errors, field, at, out.name);
    if (key == "image") return Decode(errors, field, at, out.image);
    if (key == "resources") return Decode(errors, field, at, out.resources);
    if (key == "ports") return Decode(errors, field, at, out.ports);
    if (key == "restartPolicyRules") return DecodeRestartRules(errors, field, at, restart_all);
    if (key != "restartPolicy") return true;
    std::string policy;
    if (!Decode(errors, field, at, policy)) return false;
    out.restart_always = policy == "Always";
    return true;
  });
}

static bool DecodeContainers(DecodeErrors& errors, JsonValue value, const Path& path,
                             std::vector<Container>& out, bool& restart_all) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    return DecodeContainer(errors, element, Path(path, index), out.emplace_back(), restart_all);
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PodAffinityTerm& out) {
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "labelSelector") return Decode(errors, field, at, out.label_selector);
    if (key == "namespaces") return Decode(errors, field, at, out.namespaces);
    if (key == "namespaceSelector") return Decode(errors, field, at, out.namespace_selector);
    if (key == "topologyKey") return Decode(errors, field, at, out.topology_key);
    if (key == "matchLabelKeys") return Decode(errors, field, at, out.match_label_keys);
    if (key == "mismatchLabelKeys") return Decode(errors, field, at, out.mismatch_label_keys);
    return true;
  });
  if (!read) return false;
  return !out.topology_key.empty() || errors.Fail(Path(path, "topologyKey"), "is missing");
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   WeightedPodAffinityTerm& out) {
  bool has_term = false;
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "weight") return Decode(errors, field, at, out.weight);
    if (key != "podAffinityTerm") return true;
    has_term = true;
    return Decode(errors, field, at, out.term);
  });
  if (!read) return false;
  if (!has_term) return errors.Fail(Path(path, "podAffinityTerm"), "is missing");
  return CheckPreferredWeight(errors, path, out.weight);
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PodAffinity& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "requiredDuringSchedulingIgnoredDuringExecution") {
      return Decode(errors, field, at, out.required);
    }
    if (key == "preferredDuringSchedulingIgnoredDuringExecution") {
      return Decode(errors, field, at, out.preferred);
    }
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, Affinity& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "nodeAffinity") return Decode(errors, field, at, out.node_affinity);
    if (key == "podAffinity") return Decode(errors, field, at, out.pod_affinity);
    if (key == "podAntiAffinity") return Decode(errors, field, at, out.pod_anti_affinity);
    return true;
  });
}

static bool DecodePolicy(DecodeErrors& errors, JsonValue value, const Path& path,
                         std::optional<NodeInclusionPolicy>& out) {
  std::optional<std::string> text;
  if (!Decode(errors, value, path, text)) return false;
  if (!text) return true;
  if (*text == "Honor") {
    out = NodeInclusionPolicy::kHonor;
  } else if (*text == "Ignore") {
    out = NodeInclusionPolicy::kIgnore;
  } else {
    return errors.Fail(path, "must be Honor or Ignore, is " + Quoted(*text));
  }
  return true;
}

static bool DecodeAction(DecodeErrors& errors, JsonValue value, const Path& path,
                         std::optional<UnsatisfiableAction>& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text == "DoNotSchedule") {
    out = UnsatisfiableAction::kDoNotSchedule;
  } else if (text == "ScheduleAnyway") {
    out = UnsatisfiableAction::kScheduleAnyway;
  } else {
    return errors.Fail(path, "must be DoNotSchedule or ScheduleAnyway, is " + Quoted(text));
  }
  return true;
}

static bool CheckConstraint(DecodeErrors& errors, const Path& path,
                            const TopologySpreadConstraint& constraint) {
  if (constraint.max_skew < 1) {
    return errors.Fail(Path(path, "maxSkew"),
                       "must be at least 1, is " + std::to_string(constraint.max_skew));
  }
  if (constraint.topology_key.empty()) return errors.Fail(Path(path, "topologyKey"), "is missing");
  if (constraint.min_domains && *constraint.min_domains < 1) {
    return errors.Fail(Path(path, "minDomains"),
                       "must be at least 1, is " + std::to_string(*constraint.min_domains));
  }
  return true;
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   TopologySpreadConstraint& out) {
  out.max_skew = 0;  // required, and an absent one is not 1
  std::optional<UnsatisfiableAction> action;
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "maxSkew") return Decode(errors, field, at, out.max_skew);
    if (key == "topologyKey") return Decode(errors, field, at, out.topology_key);
    if (key == "whenUnsatisfiable") return DecodeAction(errors, field, at, action);
    if (key == "labelSelector") return Decode(errors, field, at, out.label_selector);
    if (key == "minDomains") return Decode(errors, field, at, out.min_domains);
    if (key == "nodeAffinityPolicy") {
      return DecodePolicy(errors, field, at, out.node_affinity_policy);
    }
    if (key == "nodeTaintsPolicy") return DecodePolicy(errors, field, at, out.node_taints_policy);
    if (key == "matchLabelKeys") return Decode(errors, field, at, out.match_label_keys);
    return true;
  });
  if (!read) return false;
  if (!action) return errors.Fail(Path(path, "whenUnsatisfiable"), "is missing");
  out.when_unsatisfiable = *action;
  return CheckConstraint(errors, path, out);
}

// The name behind a volume source: of a claim, or an image's reference.
// `relevant` tells whether it is a volume of a kind that scheduling looks at.
static bool DecodeVolume(DecodeErrors& errors, JsonValue value, const Path& path, Volume& out,
                         bool& relevant) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "name") return Decode(errors, field, at, out.name);
    return DecodeVolumeField(errors, field, at, key, out, relevant);
  });
}

static bool DecodeVolumes(DecodeErrors& errors, JsonValue value, const Path& path,
                          std::vector<Volume>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    Volume volume;
    bool relevant = false;
    if (!DecodeVolume(errors, element, Path(path, index), volume, relevant)) return false;
    if (relevant) out.push_back(std::move(volume));
    return true;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PodResourceClaim& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "name") return Decode(errors, field, at, out.name);
    if (key == "resourceClaimName") return Decode(errors, field, at, out.resource_claim_name);
    if (key == "resourceClaimTemplateName") {
      return Decode(errors, field, at, out.resource_claim_template_name);
    }
    return true;
  });
}

static bool DecodeGates(DecodeErrors& errors, JsonValue value, const Path& path,
                        std::vector<std::string>& out) {
  out.clear();
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path gate(path, index);
    std::string& name = out.emplace_back();
    return DecodeFields(errors, element, gate, [&](std::string_view key, JsonValue field) {
      return key != "name" || Decode(errors, field, Path(gate, key), name);
    });
  });
}

static bool DecodeGroup(DecodeErrors& errors, JsonValue value, const Path& path, std::string& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    return key != "podGroupName" || Decode(errors, field, Path(path, key), out);
  });
}

bool DecodePreemptionPolicy(DecodeErrors& errors, JsonValue value, const Path& path,
                            std::optional<PreemptionPolicy>& out) {
  std::string text;
  if (!Decode(errors, value, path, text)) return false;
  if (text.empty()) return true;
  if (text == "Never") {
    out = PreemptionPolicy::kNever;
  } else if (text == "PreemptLowerPriority") {
    out = PreemptionPolicy::kPreemptLowerPriority;
  } else {
    return errors.Fail(path, "must be Never or PreemptLowerPriority, is " + Quoted(text));
  }
  return true;
}

// One field of a PodSpec that is not about where its containers may run.
static bool DecodePodSpecField(DecodeErrors& errors, JsonValue field, const Path& at,
                               std::string_view key, PodSpec& out) {
  if (key == "schedulerName") return Decode(errors, field, at, out.scheduler_name);
  if (key == "priority") return Decode(errors, field, at, out.priority);
  if (key == "priorityClassName") return Decode(errors, field, at, out.priority_class_name);
  if (key == "preemptionPolicy")
    return DecodePreemptionPolicy(errors, field, at, out.preemption_policy);
  if (key == "runtimeClassName") return Decode(errors, field, at, out.runtime_class_name);
  if (key == "resources") return Decode(errors, field, at, out.resources);
  if (key == "overhead") return Decode(errors, field, at, out.overhead);
  if (key == "schedulingGates") return DecodeGates(errors, field, at, out.scheduling_gates);
  if (key == "resourceClaims") return Decode(errors, field, at, out.resource_claims);
  if (key == "schedulingGroup") return DecodeGroup(errors, field, at, out.pod_group_name);
  if (key == "hostNetwork") return Decode(errors, field, at, out.host_network);
  if (key == "hostUsers") return Decode(errors, field, at, out.host_users);
  return true;
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PlacedPodSpec& out) {
  PodSpec& spec = out.spec;
  bool& restart_all = spec.restart_all_containers_rule;
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "containers") {
      return DecodeContainers(errors, field, at, spec.containers, restart_all);
    }
    if (key == "initContainers") {
      return DecodeContainers(errors, field, at, spec.init_containers, restart_all);
    }
    if (key == "nodeName") return Decode(errors, field, at, out.node_name);
    if (key == "nodeSelector") return Decode(errors, field, at, spec.node_selector);
    if (key == "affinity") return Decode(errors, field, at, spec.affinity);
    if (key == "tolerations") return Decode(errors, field, at, spec.tolerations);
    if (key == "volumes") return DecodeVolumes(errors, field, at, spec.volumes);
    if (key == "topologySpreadConstraints") {
      return Decode(errors, field, at, spec.topology_spread_constraints);
    }
    return DecodePodSpecField(errors, field, at, key, spec);
  });
}

// status.resources and status.allocatedResources, of a container or of the pod.
static bool DecodeStatusField(DecodeErrors& errors, JsonValue field, const Path& at,
                              std::string_view key, ContainerResourceStatus& out,
                              bool& has_resources) {
  if (key == "allocatedResources") return Decode(errors, field, at, out.allocated_resources);
  if (key != "resources" || field.type() == JsonType::kNull) return true;
  has_resources = true;
  ResourceRequirements resources;
  if (!Decode(errors, field, at, resources)) return false;
  out.requests = std::move(resources.requests);
  return true;
}

static bool DecodeContainerStatuses(DecodeErrors& errors, JsonValue value, const Path& path,
                                    std::vector<ContainerResourceStatus>& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path status_path(path, index);
    ContainerResourceStatus status;
    bool has_resources = false;
    const bool read =
        DecodeFields(errors, element, status_path, [&](std::string_view key, JsonValue field) {
          const Path at(status_path, key);
          if (key == "name") return Decode(errors, field, at, status.name);
          return DecodeStatusField(errors, field, at, key, status, has_resources);
        });
    if (read && has_resources) out.push_back(std::move(status));
    return read;
  });
}

static bool DecodeConditions(DecodeErrors& errors, JsonValue value, const Path& path,
                             PodStatus& out) {
  return DecodeElements(errors, value, path, [&](std::size_t index, JsonValue element) {
    const Path condition(path, index);
    std::string type;
    std::string reason;
    std::string status;
    std::string message;
    std::string transition;
    const bool read =
        DecodeFields(errors, element, condition, [&](std::string_view key, JsonValue field) {
          const Path at(condition, key);
          if (key == "type") return Decode(errors, field, at, type);
          if (key == "status") return Decode(errors, field, at, status);
          if (key == "reason") return Decode(errors, field, at, reason);
          if (key == "message") return Decode(errors, field, at, message);
          if (key == "lastTransitionTime") return Decode(errors, field, at, transition);
          return true;
        });
    if (type == "PodScheduled" && status != "True") {
      out.unscheduled = std::make_shared<const UnscheduledCondition>(
          UnscheduledCondition{status, reason, std::move(message), std::move(transition)});
    }
    out.resize_infeasible |= type == "PodResizePending" && reason == "Infeasible";
    out.preempted_by_scheduler |=
        type == "DisruptionTarget" && status == "True" && reason == "PreemptionByScheduler";
    return read;
  });
}

static bool Decode(DecodeErrors& errors, JsonValue value, const Path& path,
                   PodResourceClaimStatus& out) {
  return DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    if (key == "name") return Decode(errors, field, Path(path, key), out.name);
    if (key != "resourceClaimName") return true;
    return Decode(errors, field, Path(path, key), out.resource_claim_name);
  });
}

bool Decode(DecodeErrors& errors, JsonValue value, const Path& path, PodStatus& out) {
  ContainerResourceStatus pod_level;
  bool has_pod_level = false;
  const bool read = DecodeFields(errors, value, path, [&](std::string_view key, JsonValue field) {
    const Path at(path, key);
    if (key == "phase") return Decode(errors, field, at, out.phase);
    if (key == "nominatedNodeName") return Decode(errors, field, at, out.nominated_node_name);
    if (key == "startTime") return DecodeTime(errors, field, at, out.start_time);
    if (key == "containerStatuses" || key == "initContainerStatuses") {
      return DecodeContainerStatuses(errors, field, at, out.container_resources);
    }
    if (key == "resourceClaimStatuses") return Decode(errors, field, at, out.resource_claims);
    if (key == "extendedResourceClaimStatus") {
      return DecodeFields(errors, field, at, [&](std::string_view name, JsonValue inner) {
        return name != "resourceClaimName" ||
               Decode(errors, inner, Path(at, name), out.extended_resource_claim);
      });
    }
    if (key == "conditions") return DecodeConditions(errors, field, at, out);
    return DecodeStatusField(errors, field, at, key, pod_level, has_pod_level);
  });
  if (read && has_pod_level) out.pod_resources = std::move(pod_level);
  return read;
}

}  // namespace berth::api

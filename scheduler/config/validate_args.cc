#include <charconv>
#include <chrono>
#include <set>

#include "scheduler/config/duration.h"
#include "scheduler/config/field_error.h"
#include "scheduler/config/names.h"
#include "scheduler/config/reader.h"
#include "scheduler/config/validate.h"
namespace berth::config {
namespace {

using base::Result;

// ---- NodeResourcesFit and NodeResourcesBalancedAllocation ----

Result<void> CheckWeights(const std::string& path, const std::vector<ResourceSpec>& resources) {
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const std::string item = ItemPath(path, i);
    if (resources[i].name.empty()) return RequiredValue(ChildPath(item, "name"));
    if (resources[i].weight < 1 || resources[i].weight > 100) {
      return InvalidValue(ChildPath(item, "weight"), resources[i].weight,
                          "not in valid range (0, 100]");
    }
  }
  return {};
}

Result<void> CheckPoint(const std::string& path, const UtilizationShapePoint& point,
                        std::int32_t previous_utilization) {
  const std::string utilization = ChildPath(path, "utilization");
  if (point.utilization < 0 || point.utilization > 100) {
    return InvalidValue(utilization, point.utilization, "not in valid range [0-100]");
  }
  if (point.utilization <= previous_utilization) {
    return InvalidValue(utilization, point.utilization,
                        "utilization must increase from point to point");
  }
  if (point.score < 0 || point.score > 10) {
    return InvalidValue(ChildPath(path, "score"), point.score, "not in valid range [0-10]");
  }
  return {};
}

Result<void> CheckShape(const std::string& path, const std::vector<UtilizationShapePoint>& shape) {
  if (shape.empty()) return RequiredValue(path, "at least one point is needed");
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int32_t previous = i == 0 ? -1 : shape[i - 1].utilization;
    BERTH_TRY(CheckPoint(ItemPath(path, i), shape[i], previous));
  }
  return {};
}

Result<void> CheckStrategy(const std::string& path, const ScoringStrategy& strategy) {
  BERTH_TRY(CheckWeights(ChildPath(path, "resources"), strategy.resources));
  const std::string ratio = ChildPath(path, "requestedToCapacityRatio");
  if (strategy.type == ScoringStrategyType::kRequestedToCapacityRatio) {
    return CheckShape(ChildPath(ratio, "shape"), strategy.shape);
  }
  if (strategy.shape.empty()) return {};
  return ForbiddenValue(ratio, "only with type RequestedToCapacityRatio");
}

Result<void> Check(const std::string& path, const NodeResourcesFitArgs& args) {
  const std::string resources = ChildPath(path, "ignoredResources");
  for (std::size_t i = 0; i < args.ignored_resources.size(); ++i) {
    if (IsQualifiedName(args.ignored_resources[i])) continue;
    return InvalidValue(ItemPath(resources, i), args.ignored_resources[i],
                        "not a valid resource name");
  }
  const std::string groups = ChildPath(path, "ignoredResourceGroups");
  for (std::size_t i = 0; i < args.ignored_resource_groups.size(); ++i) {
    const std::string& group = args.ignored_resource_groups[i];
    if (group.find('/') != std::string::npos) {
      return InvalidValue(ItemPath(groups, i), group, "must not contain '/'");
    }
    if (!IsQualifiedName(group)) {
      return InvalidValue(ItemPath(groups, i), group, "not a valid resource group name");
    }
  }
  return CheckStrategy(ChildPath(path, "scoringStrategy"), args.scoring_strategy);
}

Result<void> Check(const std::string& path, const NodeResourcesBalancedAllocationArgs& args) {
  const std::string resources = ChildPath(path, "resources");
  std::set<std::string> names;
  for (std::size_t i = 0; i < args.resources.size(); ++i) {
    const ResourceSpec& resource = args.resources[i];
    const std::string item = ItemPath(resources, i);
    if (resource.name.empty()) return RequiredValue(ChildPath(item, "name"));
    if (!names.insert(resource.name).second) {
      return DuplicateValue(ChildPath(item, "name"), resource.name);
    }
    if (resource.weight != 1) {
      return InvalidValue(ChildPath(item, "weight"), resource.weight, "must be 1");
    }
  }
  return {};
}

// ---- NodeAffinity ----

bool IsInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<void> CheckValues(const std::string& path, const api::Requirement& requirement) {
  using enum api::SelectorOperator;
  const auto& values = requirement.values;
  switch (requirement.op) {
    case kIn:
    case kNotIn:
      if (values.empty()) return RequiredValue(path, "In and NotIn need values");
      return {};
    case kExists:
    case kDoesNotExist:
      if (!values.empty()) return ForbiddenValue(path, "Exists and DoesNotExist take no values");
      return {};
    case kGt:
    case kLt:
      if (values.size() != 1) return RequiredValue(path, "Gt and Lt need exactly one value");
      if (IsInteger(values[0])) return {};
      return InvalidValue(ItemPath(path, 0), values[0], "Gt and Lt need an integer");
  }
  return {};
}

Result<void> CheckExpression(const std::string& path, const api::Requirement& requirement) {
  if (!IsQualifiedName(requirement.key)) {
    return InvalidValue(ChildPath(path, "key"), requirement.key, "not a valid label key");
  }
  return CheckValues(ChildPath(path, "values"), requirement);
}

Result<void> CheckMatchField(const std::string& path, const api::Requirement& requirement) {
  using enum api::SelectorOperator;
  if (requirement.op != kIn && requirement.op != kNotIn) {
    return FieldError(ChildPath(path, "operator"), "matchFields knows only In and NotIn");
  }
  if (requirement.values.size() != 1) {
    return RequiredValue(ChildPath(path, "values"), "matchFields needs exactly one value");
  }
  return {};
}

Result<void> CheckTerm(const std::string& path, const api::NodeSelectorTerm& term) {
  for (std::size_t i = 0; i < term.match_expressions.size(); ++i) {
    BERTH_TRY(CheckExpression(ItemPath(ChildPath(path, "matchExpressions"), i),
                              term.match_expressions[i]));
  }
  for (std::size_t i = 0; i < term.match_fields.size(); ++i) {
    BERTH_TRY(CheckMatchField(ItemPath(ChildPath(path, "matchFields"), i), term.match_fields[i]));
  }
  return {};
}

Result<void> Check(const std::string& path, const NodeAffinityArgs& args) {
  if (!args.added_affinity) return {};
  const std::string added = ChildPath(path, "addedAffinity");
  if (const auto& required = args.added_affinity->required) {
    const std::string terms = ChildPath(
        ChildPath(added, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
    if (required->terms.empty()) return RequiredValue(terms, "at least one term is needed");
    for (std::size_t i = 0; i < required->terms.size(); ++i) {
      BERTH_TRY(CheckTerm(ItemPath(terms, i), required->terms[i]));
    }
  }
  const std::string preferred = ChildPath(added, "preferredDuringSchedulingIgnoredDuringExecution");
  for (std::size_t i = 0; i < args.added_affinity->preferred.size(); ++i) {
    const api::PreferredSchedulingTerm& term = args.added_affinity->preferred[i];
    const std::string item = ItemPath(preferred, i);
    if (term.weight < 0 || term.weight > 100) {
      return InvalidValue(ChildPath(item, "weight"), term.weight, "not in valid range [0-100]");
    }
    BERTH_TRY(CheckTerm(ChildPath(item, "preference"), term.preference));
  }
  return {};
}

// ---- InterPodAffinity ----

Result<void> Check(const std::string& path, const InterPodAffinityArgs& args) {
  const std::int32_t weight = args.hard_pod_affinity_weight;
  if (weight >= 0 && weight <= 100) return {};
  return InvalidValue(ChildPath(path, "hardPodAffinityWeight"), weight,
                      "not in valid range [0-100]");
}

// ---- PodTopologySpread ----

std::string_view NameOf(api::UnsatisfiableAction action) {
  return action == api::UnsatisfiableAction::kDoNotSchedule ? "DoNotSchedule" : "ScheduleAnyway";
}

Result<void> CheckConstraint(const std::string& path,
                             const api::TopologySpreadConstraint& constraint) {
  if (constraint.max_skew <= 0) {
    return InvalidValue(ChildPath(path, "maxSkew"), constraint.max_skew,
                        "not in valid range (0, inf)");
  }
  const std::string key = ChildPath(path, "topologyKey");
  if (constraint.topology_key.empty()) return RequiredValue(key);
  if (!IsQualifiedName(constraint.topology_key)) {
    return InvalidValue(key, constraint.topology_key, "not a valid label key");
  }
  if (constraint.min_domains && *constraint.min_domains <= 0) {
    return InvalidValue(ChildPath(path, "minDomains"), *constraint.min_domains,
                        "must be greater than 0");
  }
  return {};
}

Result<void> Check(const std::string& path, const PodTopologySpreadArgs& args) {
  const std::string list = ChildPath(path, "defaultConstraints");
  if (args.system_defaulting && !args.default_constraints.empty()) {
    return InvalidValue(ChildPath(path, "defaultingType"), "System",
                        "must be \"List\" when defaultConstraints are given");
  }
  std::set<std::pair<std::string, api::UnsatisfiableAction>> seen;
  for (std::size_t i = 0; i < args.default_constraints.size(); ++i) {
    const auto& constraint = args.default_constraints[i];
    const std::string item = ItemPath(list, i);
    BERTH_TRY(CheckConstraint(item, constraint));
    if (!seen.emplace(constraint.topology_key, constraint.when_unsatisfiable).second) {
      return DuplicateValue(item, "{" + constraint.topology_key + ", " +
                                      std::string(NameOf(constraint.when_unsatisfiable)) + "}");
    }
  }
  return {};
}

// ---- VolumeBinding ----

Result<void> Check(const std::string& path, const VolumeBindingArgs& args) {
  if (args.bind_timeout_seconds >= 0) return {};
  return InvalidValue(ChildPath(path, "bindTimeoutSeconds"), args.bind_timeout_seconds,
                      "must not be negative");
}

// ---- DynamicResources ----

Result<void> Check(const std::string& path, const DynamicResourcesArgs& args) {
  if (args.filter_timeout.count() < 0) {
    return InvalidValue(ChildPath(path, "filterTimeout"), FormatDuration(args.filter_timeout),
                        "must not be negative");
  }
  if (args.binding_timeout >= std::chrono::seconds(1)) return {};
  return InvalidValue(ChildPath(path, "bindingTimeout"), FormatDuration(args.binding_timeout),
                      "must be at least 1 second");
}

// ---- DefaultPreemption ----

Result<void> Check(const std::string& path, const DefaultPreemptionArgs& args) {
  const std::int32_t percentage = args.min_candidate_nodes_percentage;
  const std::int32_t absolute = args.min_candidate_nodes_absolute;
  if (percentage < 0 || percentage > 100) {
    return InvalidValue(ChildPath(path, "minCandidateNodesPercentage"), percentage,
                        "not in valid range [0, 100]");
  }
  if (absolute < 0) {
    return InvalidValue(ChildPath(path, "minCandidateNodesAbsolute"), absolute,
                        "not in valid range [0, inf)");
  }
  if (percentage > 0 || absolute > 0) return {};
  return InvalidValue(ChildPath(path, "minCandidateNodesPercentage"), percentage,
                      "cannot be zero at the same time as minCandidateNodesAbsolute");
}

// ---- GPUs ----

constexpr std::size_t kMaxTypicalPods = 10'000;

Result<void> CheckRange(const std::string& path, std::int64_t value, std::int64_t least,
                        std::int64_t most) {
  if (value >= least && value <= most) return {};
  return InvalidValue(
      path, value,
      "not in valid range [" + std::to_string(least) + ", " + std::to_string(most) + "]");
}

Result<void> CheckTypicalPods(const std::string& path, const std::vector<TypicalGpuPod>& pods) {
  if (pods.size() > kMaxTypicalPods) {
    return FieldError(path, "more than " + std::to_string(kMaxTypicalPods) + " items");
  }
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const TypicalGpuPod& pod = pods[i];
    const std::string item = ItemPath(path, i);
    BERTH_TRY(CheckRange(ChildPath(item, "cpu"), pod.milli_cpu, 0, 1'000'000'000));
    BERTH_TRY(CheckRange(ChildPath(item, "gpuCount"), pod.gpu_count, 0, 64));
    BERTH_TRY(CheckRange(ChildPath(item, "gpuMilli"), pod.gpu_milli, 1, 1000));
    BERTH_TRY(CheckRange(ChildPath(item, "weight"), pod.weight, 1, 1'000'000));
    if (pod.gpu_count > 1 && pod.gpu_milli != 1000) {
      return InvalidValue(ChildPath(item, "gpuMilli"), pod.gpu_milli,
                          "must be 1000 with more than one GPU");
    }
  }
  return {};
}

Result<void> Check(const std::string& path, const GpuShareArgs& args) {
  return CheckTypicalPods(ChildPath(path, "typicalPods"), args.typical_pods);
}

Result<void> Check(const std::string& path, const FragmentationGradientDescentArgs& args) {
  return CheckTypicalPods(ChildPath(path, "typicalPods"), args.typical_pods);
}

Result<void> Check(const std::string&, const RandomArgs&) { return {}; }

// ---- Plugins that are not built in ----

Result<void> CheckTimeout(const std::string& path, std::chrono::nanoseconds timeout) {
  if (timeout >= std::chrono::milliseconds(1) && timeout <= std::chrono::hours(1)) return {};
  return InvalidValue(ChildPath(path, "timeout"), FormatDuration(timeout),
                      "must be between 1ms and 1h");
}

Result<void> Check(const std::string& path, const SharedObjectArgs& args) {
  return CheckTimeout(path, args.timeout);
}

// "host:1", "10.0.0.1:1" or "[::1]:1".
bool IsHostAndPort(std::string_view address) {
  constexpr std::size_t kMaxBytes = 300;
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || address.size() > kMaxBytes) return false;
  const std::string_view host = address.substr(0, colon);
  const std::string_view digits = address.substr(colon + 1);
  const bool in_brackets = host.front() == '[' && host.back() == ']';
  if (!in_brackets && host.find_first_of(":[]") != std::string_view::npos) return false;
  if (host.find_first_of(" /\t\n") != std::string_view::npos) return false;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  constexpr unsigned kMaxPort = 65535;
  return error == std::errc() && end == digits.data() + digits.size() && port >= 1 &&
         port <= kMaxPort;
}

Result<void> CheckTls(const std::string& path, const GrpcTls& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return RequiredValue(ChildPath(path, tls.cert_file.empty() ? "certFile" : "keyFile"),
                         "certFile and keyFile go together");
  }
  return {};
}

Result<void> Check(const std::string& path, const GrpcPluginArgs& args) {
  const std::string address = ChildPath(path, "address");
  if (args.address.empty()) return RequiredValue(address, "HOST:PORT or unix:/PATH");
  if (!args.address.starts_with("unix:/") && !IsHostAndPort(args.address)) {
    return InvalidValue(address, args.address, "neither HOST:PORT nor unix:/PATH");
  }
  BERTH_TRY(CheckTimeout(path, args.timeout));
  if (args.tls) return CheckTls(ChildPath(path, "tls"), *args.tls);
  return {};
}

Result<void> Check(const std::string&, const std::monostate&) { return {}; }

}  // namespace

Result<void> ValidateArgs(const std::string& path, const PluginArgs& args) {
  return std::visit([&path](const auto& own) { return Check(path, own); }, args);
}

}  // namespace berth::config

#include "scheduler/config/print_args.h"

#include <array>

#include "scheduler/config/configuration.h"
#include "scheduler/config/duration.h"
#include "scheduler/config/supported.h"

namespace berth::config {
namespace {

void PrintStrings(std::string_view key, const std::vector<std::string>& items, YamlWriter& out) {
  if (items.empty()) return;
  out.Open(key);
  for (const std::string& item : items) out.Item(item);
  out.Close();
}

// ---- NodeResourcesFit and NodeResourcesBalancedAllocation ----

void PrintResources(const std::vector<ResourceSpec>& resources, YamlWriter& out) {
  out.Open("resources");
  for (const ResourceSpec& resource : resources) {
    out.BeginItem();
    out.Set("name", resource.name);
    out.Set("weight", resource.weight);
    out.EndItem();
  }
  out.Close();
}

void PrintShape(const std::vector<UtilizationShapePoint>& shape, YamlWriter& out) {
  if (shape.empty()) return;
  out.Open("requestedToCapacityRatio");
  out.Open("shape");
  for (const UtilizationShapePoint& point : shape) {
    out.BeginItem();
    out.Set("utilization", point.utilization);
    out.Set("score", point.score);
    out.EndItem();
  }
  out.Close();
  out.Close();
}

std::string_view NameOf(ScoringStrategyType type) {
  constexpr std::array<std::string_view, 3> kNames = {"LeastAllocated", "MostAllocated",
                                                      "RequestedToCapacityRatio"};
  return kNames[static_cast<std::size_t>(type)];
}

void PrintFields(const NodeResourcesFitArgs& args, YamlWriter& out) {
  PrintStrings("ignoredResources", args.ignored_resources, out);
  PrintStrings("ignoredResourceGroups", args.ignored_resource_groups, out);
  out.Open("scoringStrategy");
  out.Set("type", NameOf(args.scoring_strategy.type));
  PrintResources(args.scoring_strategy.resources, out);
  PrintShape(args.scoring_strategy.shape, out);
  out.Close();
}

void PrintFields(const NodeResourcesBalancedAllocationArgs& args, YamlWriter& out) {
  PrintResources(args.resources, out);
}

// ---- NodeAffinity ----

std::string_view NameOf(api::SelectorOperator op) {
  constexpr std::array<std::string_view, 6> kNames = {"In",           "NotIn", "Exists",
                                                      "DoesNotExist", "Gt",    "Lt"};
  return kNames[static_cast<std::size_t>(op)];
}

void PrintRequirements(std::string_view key, const std::vector<api::Requirement>& requirements,
                       YamlWriter& out) {
  if (requirements.empty()) return;
  out.Open(key);
  for (const api::Requirement& requirement : requirements) {
    out.BeginItem();
    out.Set("key", requirement.key);
    out.Set("operator", NameOf(requirement.op));
    PrintStrings("values", requirement.values, out);
    out.EndItem();
  }
  out.Close();
}

void PrintTerm(const api::NodeSelectorTerm& term, YamlWriter& out) {
  PrintRequirements("matchExpressions", term.match_expressions, out);
  PrintRequirements("matchFields", term.match_fields, out);
}

bool IsEmpty(const api::NodeSelectorTerm& term) {
  return term.match_expressions.empty() && term.match_fields.empty();
}

void PrintRequired(const api::NodeSelector& selector, YamlWriter& out) {
  out.Open("requiredDuringSchedulingIgnoredDuringExecution");
  out.Open("nodeSelectorTerms");
  for (const api::NodeSelectorTerm& term : selector.terms) {
    out.BeginItem();
    // An item has to have a line; an empty list reads back as the same empty term.
    if (IsEmpty(term)) out.SetEmptyList("matchExpressions");
    PrintTerm(term, out);
    out.EndItem();
  }
  out.Close();
  out.Close();
}

void PrintPreferred(const std::vector<api::PreferredSchedulingTerm>& terms, YamlWriter& out) {
  if (terms.empty()) return;
  out.Open("preferredDuringSchedulingIgnoredDuringExecution");
  for (const api::PreferredSchedulingTerm& term : terms) {
    out.BeginItem();
    out.Set("weight", term.weight);
    if (IsEmpty(term.preference)) {
      out.SetEmptyMap("preference");
    } else {
      out.Open("preference");
      PrintTerm(term.preference, out);
      out.Close();
    }
    out.EndItem();
  }
  out.Close();
}

void PrintFields(const NodeAffinityArgs& args, YamlWriter& out) {
  if (!args.added_affinity) return;
  if (!args.added_affinity->required && args.added_affinity->preferred.empty()) {
    out.SetEmptyMap("addedAffinity");
    return;
  }
  out.Open("addedAffinity");
  if (args.added_affinity->required) PrintRequired(*args.added_affinity->required, out);
  PrintPreferred(args.added_affinity->preferred, out);
  out.Close();
}

// ---- InterPodAffinity and PodTopologySpread ----

void PrintFields(const InterPodAffinityArgs& args, YamlWriter& out) {
  out.Set("hardPodAffinityWeight", args.hard_pod_affinity_weight);
  out.Set("ignorePreferredTermsOfExistingPods", args.ignore_preferred_terms_of_existing_pods);
}

std::string_view NameOf(api::UnsatisfiableAction action) {
  return action == api::UnsatisfiableAction::kDoNotSchedule ? "DoNotSchedule" : "ScheduleAnyway";
}

void PrintPolicy(std::string_view key, const std::optional<api::NodeInclusionPolicy>& policy,
                 YamlWriter& out) {
  if (!policy) return;
  out.Set(key, *policy == api::NodeInclusionPolicy::kHonor ? "Honor" : "Ignore");
}

void PrintConstraint(const api::TopologySpreadConstraint& constraint, YamlWriter& out) {
  out.Set("maxSkew", constraint.max_skew);
  out.Set("topologyKey", constraint.topology_key);
  out.Set("whenUnsatisfiable", NameOf(constraint.when_unsatisfiable));
  if (constraint.min_domains) out.Set("minDomains", *constraint.min_domains);
  PrintPolicy("nodeAffinityPolicy", constraint.node_affinity_policy, out);
  PrintPolicy("nodeTaintsPolicy", constraint.node_taints_policy, out);
  PrintStrings("matchLabelKeys", constraint.match_label_keys, out);
}

void PrintFields(const PodTopologySpreadArgs& args, YamlWriter& out) {
  out.Set("defaultingType", args.system_defaulting ? "System" : "List");
  if (args.default_constraints.empty()) return;
  out.Open("defaultConstraints");
  for (const api::TopologySpreadConstraint& constraint : args.default_constraints) {
    out.BeginItem();
    PrintConstraint(constraint, out);
    out.EndItem();
  }
  out.Close();
}

// ---- VolumeBinding ----

void PrintFields(const VolumeBindingArgs& args, YamlWriter& out) {
  out.Set("bindTimeoutSeconds", args.bind_timeout_seconds);
}

// ---- DynamicResources ----

void PrintFields(const DynamicResourcesArgs& args, YamlWriter& out) {
  out.Set("bindingTimeout", FormatDuration(args.binding_timeout));
  out.Set("filterTimeout", FormatDuration(args.filter_timeout));
}

// ---- DefaultPreemption ----

void PrintFields(const DefaultPreemptionArgs& args, YamlWriter& out) {
  out.Set("minCandidateNodesAbsolute", args.min_candidate_nodes_absolute);
  out.Set("minCandidateNodesPercentage", args.min_candidate_nodes_percentage);
}

// ---- GPUs ----

std::string_view NameOf(GpuSelection selection) {
  constexpr std::array<std::string_view, 3> kNames = {"BestFit", "Random",
                                                      "FragmentationGradientDescent"};
  return kNames[static_cast<std::size_t>(selection)];
}

void PrintTypicalPods(const std::vector<TypicalGpuPod>& pods, YamlWriter& out) {
  if (pods.empty()) return;
  out.Open("typicalPods");
  for (const TypicalGpuPod& pod : pods) {
    out.BeginItem();
    out.Set("cpu", std::to_string(pod.milli_cpu) + "m");
    out.Set("gpuCount", pod.gpu_count);
    out.Set("gpuMilli", pod.gpu_milli);
    PrintStrings("gpuModels", pod.gpu_models, out);
    out.Set("weight", pod.weight);
    out.EndItem();
  }
  out.Close();
}

void PrintFields(const GpuShareArgs& args, YamlWriter& out) {
  out.Set("deviceSelection", NameOf(args.device_selection));
  out.Set("seed", args.seed);
  PrintTypicalPods(args.typical_pods, out);
}

void PrintFields(const FragmentationGradientDescentArgs& args, YamlWriter& out) {
  PrintTypicalPods(args.typical_pods, out);
}

void PrintFields(const RandomArgs& args, YamlWriter& out) { out.Set("seed", args.seed); }

// ---- Plugins that are not built in ----

void SetUnlessEmpty(std::string_view key, const std::string& text, YamlWriter& out) {
  if (!text.empty()) out.Set(key, text);
}

void PrintFields(const SharedObjectArgs& args, YamlWriter& out) {
  SetUnlessEmpty("path", args.path, out);
  out.Set("onFailure", args.on_failure == OnFailure::kFail ? "Fail" : "Ignore");
  out.Set("timeout", FormatDuration(args.timeout));
  out.SetJson("args", args.args);
}

void PrintTls(const GrpcTls& tls, YamlWriter& out) {
  out.Open("tls");
  SetUnlessEmpty("caFile", tls.ca_file, out);
  SetUnlessEmpty("certFile", tls.cert_file, out);
  SetUnlessEmpty("keyFile", tls.key_file, out);
  SetUnlessEmpty("serverName", tls.server_name, out);
  out.Close();
}

void PrintFields(const GrpcPluginArgs& args, YamlWriter& out) {
  out.Set("address", args.address);
  out.Set("timeout", FormatDuration(args.timeout));
  out.Set("ignorable", args.ignorable);
  if (args.tls) PrintTls(*args.tls, out);
  out.SetJson("args", args.args);
}

void PrintFields(const std::monostate&, YamlWriter&) {}

}  // namespace

void PrintArgs(std::string_view plugin, const PluginArgs& args, YamlWriter& out) {
  if (std::holds_alternative<std::monostate>(args)) return;
  out.Open("args");
  const std::string_view external = ExternalKind(args);
  const PluginInfo* info = FindPlugin(plugin);
  const std::string_view own_version = info == nullptr ? kApiVersion : ArgsApiVersion(*info);
  out.Set("apiVersion", external.empty() ? own_version : kExternalApiVersion);
  out.Set("kind", external.empty() ? std::string(plugin) + "Args" : std::string(external));
  std::visit([&out](const auto& own) { PrintFields(own, out); }, args);
  out.Close();
}

}  // namespace berth::config

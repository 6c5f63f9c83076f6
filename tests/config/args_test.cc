// pluginConfig[].args of every plugin that takes any.
#include <chrono>

#include "scheduler/config/plugin_args.h"
#include "tests/config/support.h"

namespace berth::config {
namespace {

std::string Body(const std::string& plugin, const std::string& args) {
  return "profiles: [{pluginConfig: [{name: " + plugin + ", args: " + args + "}]}]";
}

// Arguments are kept for plugins that are enabled, which not all are by themselves.
std::string EnabledBody(const std::string& plugin, const std::string& args) {
  return "profiles: [{plugins: {multiPoint: {enabled: [{name: " + plugin +
         "}]}}, pluginConfig: [{name: " + plugin + ", args: " + args + "}]}]";
}

template <typename T>
T ArgsOf(const std::string& plugin, const std::string& args) {
  const Configuration configuration = Loaded(EnabledBody(plugin, args));
  const PluginArgs* found = configuration.profiles.at(0).args.Find(plugin);
  if (found == nullptr || !std::holds_alternative<T>(*found)) {
    ADD_FAILURE() << "no arguments of the right type";
    return T();
  }
  return std::get<T>(*found);
}

// Without the part of the path that all have in common.
std::string ArgsErrorOf(const std::string& plugin, const std::string& args) {
  const std::string prefix = "f: profiles[0].pluginConfig[0].args";
  const std::string error = ErrorOf(Body(plugin, args));
  return error.starts_with(prefix) ? error.substr(prefix.size()) : error;
}

TEST(Args, AcceptTheirOwnKindOnly) {
  EXPECT_EQ(ErrorOf(Body("InterPodAffinity",
                         "{apiVersion: kubescheduler.config.k8s.io/v1, kind: "
                         "InterPodAffinityArgs}")),
            "valid");
  EXPECT_EQ(ArgsErrorOf("InterPodAffinity", "{kind: NodeAffinityArgs}"),
            ".kind: Invalid value: \"NodeAffinityArgs\": must be \"InterPodAffinityArgs\"");
  EXPECT_EQ(ArgsErrorOf("InterPodAffinity", "{apiVersion: v1}"),
            ".apiVersion: Invalid value: \"v1\": must be \"kubescheduler.config.k8s.io/v1\"");
  EXPECT_EQ(ArgsErrorOf("InterPodAffinity", "[]"), ": must be a map, but is a list");
  EXPECT_EQ(ArgsErrorOf("NodeName", "{}"), "valid");
  EXPECT_EQ(ArgsErrorOf("NodeName", "{x: 1}"), ".x: unknown field");
}

TEST(Args, AreReadBeforeTheNameToo) {
  const Configuration configuration = Loaded(
      "profiles: [{pluginConfig: [{args: {hardPodAffinityWeight: 9}, name: InterPodAffinity}]}]");
  const auto* args = configuration.profiles.at(0).args.Find("InterPodAffinity");
  EXPECT_EQ(std::get<InterPodAffinityArgs>(*args).hard_pod_affinity_weight, 9);
}

// ---- InterPodAffinity ----

TEST(InterPodAffinityArgs, ReadsAndChecks) {
  const auto defaults = ArgsOf<InterPodAffinityArgs>("InterPodAffinity", "{}");
  EXPECT_EQ(defaults.hard_pod_affinity_weight, 1);
  EXPECT_FALSE(defaults.ignore_preferred_terms_of_existing_pods);
  const auto args = ArgsOf<InterPodAffinityArgs>(
      "InterPodAffinity", "{hardPodAffinityWeight: 0, ignorePreferredTermsOfExistingPods: true}");
  EXPECT_EQ(args.hard_pod_affinity_weight, 0);
  EXPECT_TRUE(args.ignore_preferred_terms_of_existing_pods);
  EXPECT_EQ(ArgsErrorOf("InterPodAffinity", "{hardPodAffinityWeight: 101}"),
            ".hardPodAffinityWeight: Invalid value: 101: not in valid range [0-100]");
}

// ---- NodeResourcesFit ----

TEST(NodeResourcesFitArgs, ReadsEveryField) {
  const auto args = ArgsOf<NodeResourcesFitArgs>("NodeResourcesFit", R"({
    ignoredResources: [example.com/gpu], ignoredResourceGroups: [example.org],
    scoringStrategy: {type: RequestedToCapacityRatio,
      resources: [{name: cpu, weight: 3}, {name: memory}],
      requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100,
        score: 10}]}}})");
  EXPECT_EQ(args.ignored_resources, std::vector<std::string>{"example.com/gpu"});
  EXPECT_EQ(args.ignored_resource_groups, std::vector<std::string>{"example.org"});
  EXPECT_EQ(args.scoring_strategy.type, ScoringStrategyType::kRequestedToCapacityRatio);
  EXPECT_EQ(args.scoring_strategy.resources,
            (std::vector<ResourceSpec>{{"cpu", 3}, {"memory", 1}}));
  EXPECT_EQ(args.scoring_strategy.shape, (std::vector<UtilizationShapePoint>{{0, 0}, {100, 10}}));
}

TEST(NodeResourcesFitArgs, EmptyResourcesAreTheDefault) {
  const auto args = ArgsOf<NodeResourcesFitArgs>(
      "NodeResourcesFit", "{scoringStrategy: {type: MostAllocated, resources: []}}");
  EXPECT_EQ(args.scoring_strategy.type, ScoringStrategyType::kMostAllocated);
  EXPECT_EQ(args.scoring_strategy.resources,
            (std::vector<ResourceSpec>{{"cpu", 1}, {"memory", 1}}));
}

TEST(NodeResourcesFitArgs, Refuses) {
  const auto strategy = [](const std::string& fields) {
    return ArgsErrorOf("NodeResourcesFit", "{scoringStrategy: {" + fields + "}}");
  };
  const auto shape = [&](const std::string& points) {
    return strategy("type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [" + points +
                    "]}");
  };
  const std::string at = ".scoringStrategy.";
  const std::string types =
      "supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\"";
  EXPECT_EQ(strategy(""), at + "type: Unsupported value: \"\": " + types);
  EXPECT_EQ(strategy("type: Best"), at + "type: Unsupported value: \"Best\": " + types);
  EXPECT_EQ(strategy("type: LeastAllocated, resources: [{name: cpu, weight: 101}]"),
            at + "resources[0].weight: Invalid value: 101: not in valid range (0, 100]");
  EXPECT_EQ(strategy("type: LeastAllocated, resources: [{name: cpu, weight: -1}]"),
            at + "resources[0].weight: Invalid value: -1: not in valid range (0, 100]");
  EXPECT_EQ(strategy("type: LeastAllocated, resources: [{weight: 1}]"),
            at + "resources[0].name: Required value");
  EXPECT_EQ(strategy("type: RequestedToCapacityRatio"),
            at + "requestedToCapacityRatio.shape: Required value: at least one point is needed");
  EXPECT_EQ(strategy("type: MostAllocated, requestedToCapacityRatio: {shape: [{utilization: 1}]}"),
            at + "requestedToCapacityRatio: Forbidden: only with type RequestedToCapacityRatio");
  const std::string point = at + "requestedToCapacityRatio.shape";
  EXPECT_EQ(shape("{utilization: 101, score: 1}"),
            point + "[0].utilization: Invalid value: 101: not in valid range [0-100]");
  EXPECT_EQ(shape("{utilization: 5, score: 11}"),
            point + "[0].score: Invalid value: 11: not in valid range [0-10]");
  EXPECT_EQ(
      shape("{utilization: 5, score: 1}, {utilization: 5, score: 2}"),
      point + "[1].utilization: Invalid value: 5: utilization must increase from point to point");
  EXPECT_EQ(ArgsErrorOf("NodeResourcesFit", "{ignoredResources: [a b]}"),
            ".ignoredResources[0]: Invalid value: \"a b\": not a valid resource name");
  EXPECT_EQ(ArgsErrorOf("NodeResourcesFit", "{ignoredResourceGroups: [example.com/x]}"),
            ".ignoredResourceGroups[0]: Invalid value: \"example.com/x\": must not contain '/'");
}

// ---- NodeResourcesBalancedAllocation ----

TEST(NodeResourcesBalancedAllocationArgs, ReadsAndChecks) {
  const std::string plugin = "NodeResourcesBalancedAllocation";
  const auto args = ArgsOf<NodeResourcesBalancedAllocationArgs>(
      plugin, "{resources: [{name: cpu, weight: 1}, {name: example.com/gpu}]}");
  EXPECT_EQ(args.resources, (std::vector<ResourceSpec>{{"cpu", 1}, {"example.com/gpu", 1}}));
  EXPECT_EQ(ArgsErrorOf(plugin, "{resources: [{name: cpu, weight: 2}]}"),
            ".resources[0].weight: Invalid value: 2: must be 1");
  EXPECT_EQ(ArgsErrorOf(plugin, "{resources: [{name: cpu}, {name: cpu}]}"),
            ".resources[1].name: Duplicate value: \"cpu\"");
}

// ---- NodeAffinity ----

TEST(NodeAffinityArgs, ReadsAddedAffinity) {
  const auto args = ArgsOf<NodeAffinityArgs>("NodeAffinity", R"({addedAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
      {matchExpressions: [{key: disk, operator: In, values: [ssd]}]},
      {matchFields: [{key: metadata.name, operator: NotIn, values: [n1]}]}]},
    preferredDuringSchedulingIgnoredDuringExecution: [
      {weight: 30, preference: {matchExpressions: [{key: gen, operator: Gt, values: ["6"]}]}}]}})");
  ASSERT_TRUE(args.added_affinity.has_value());
  ASSERT_TRUE(args.added_affinity->required.has_value());
  const auto& terms = args.added_affinity->required->terms;
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].match_expressions,
            (std::vector<api::Requirement>{{"disk", api::SelectorOperator::kIn, {"ssd"}}}));
  EXPECT_EQ(
      terms[1].match_fields,
      (std::vector<api::Requirement>{{"metadata.name", api::SelectorOperator::kNotIn, {"n1"}}}));
  ASSERT_EQ(args.added_affinity->preferred.size(), 1u);
  EXPECT_EQ(args.added_affinity->preferred[0].weight, 30);
  EXPECT_EQ(args.added_affinity->preferred[0].preference.match_expressions[0].op,
            api::SelectorOperator::kGt);
}

TEST(NodeAffinityArgs, Refuses) {
  const auto expression = [](const std::string& fields) {
    const std::string error = ArgsErrorOf(
        "NodeAffinity",
        "{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
        "[{matchExpressions: [{" +
            fields + "}]}]}}}");
    const std::string at =
        ".addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]."
        "matchExpressions[0].";
    return error.starts_with(at) ? error.substr(at.size()) : error;
  };
  EXPECT_EQ(expression("key: a, operator: Near, values: [b]"),
            "operator: Unsupported value: \"Near\": supported values: \"In\", \"NotIn\", "
            "\"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\"");
  EXPECT_EQ(expression("key: a"), "operator: Required value");
  EXPECT_EQ(expression("key: a, operator: In"), "values: Required value: In and NotIn need values");
  EXPECT_EQ(expression("key: a, operator: Exists, values: [b]"),
            "values: Forbidden: Exists and DoesNotExist take no values");
  EXPECT_EQ(expression("key: a, operator: Gt, values: [b]"),
            "values[0]: Invalid value: \"b\": Gt and Lt need an integer");
  EXPECT_EQ(expression("key: a, operator: Lt, values: ['1', '2']"),
            "values: Required value: Gt and Lt need exactly one value");
  EXPECT_EQ(expression("key: a b, operator: Exists"),
            "key: Invalid value: \"a b\": not a valid label key");
  EXPECT_EQ(ArgsErrorOf("NodeAffinity",
                        "{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}"),
            ".addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
            "Required value: at least one term is needed");
  EXPECT_EQ(ArgsErrorOf("NodeAffinity",
                        "{addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
                        "[{weight: 101, preference: {}}]}}"),
            ".addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid "
            "value: 101: not in valid range [0-100]");
}

// ---- PodTopologySpread ----

TEST(PodTopologySpreadArgs, ReadsDefaultConstraints) {
  EXPECT_TRUE(ArgsOf<PodTopologySpreadArgs>("PodTopologySpread", "{}").system_defaulting);
  const auto args = ArgsOf<PodTopologySpreadArgs>("PodTopologySpread", R"({defaultingType: List,
    defaultConstraints: [{maxSkew: 2, topologyKey: topology.kubernetes.io/zone,
      whenUnsatisfiable: ScheduleAnyway, minDomains: 3, nodeAffinityPolicy: Ignore,
      nodeTaintsPolicy: Honor}]})");
  EXPECT_FALSE(args.system_defaulting);
  ASSERT_EQ(args.default_constraints.size(), 1u);
  const api::TopologySpreadConstraint& constraint = args.default_constraints[0];
  EXPECT_EQ(constraint.max_skew, 2);
  EXPECT_EQ(constraint.topology_key, "topology.kubernetes.io/zone");
  EXPECT_EQ(constraint.when_unsatisfiable, api::UnsatisfiableAction::kScheduleAnyway);
  EXPECT_EQ(constraint.min_domains, 3);
  EXPECT_EQ(constraint.node_affinity_policy, api::NodeInclusionPolicy::kIgnore);
  EXPECT_EQ(constraint.node_taints_policy, api::NodeInclusionPolicy::kHonor);
}

TEST(PodTopologySpreadArgs, Refuses) {
  const auto constraints = [](const std::string& list) {
    return ArgsErrorOf("PodTopologySpread",
                       "{defaultingType: List, defaultConstraints: [" + list + "]}");
  };
  const std::string good = "{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}";
  EXPECT_EQ(constraints(good), "valid");
  EXPECT_EQ(constraints(good + ", " + good),
            ".defaultConstraints[1]: Duplicate value: \"{zone, DoNotSchedule}\"");
  EXPECT_EQ(constraints("{topologyKey: zone, whenUnsatisfiable: DoNotSchedule}"),
            ".defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)");
  EXPECT_EQ(constraints("{maxSkew: 1, whenUnsatisfiable: DoNotSchedule}"),
            ".defaultConstraints[0].topologyKey: Required value");
  EXPECT_EQ(constraints("{maxSkew: 1, topologyKey: zone}"),
            ".defaultConstraints[0].whenUnsatisfiable: Required value");
  EXPECT_EQ(constraints("{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: Never}"),
            ".defaultConstraints[0].whenUnsatisfiable: Unsupported value: \"Never\": supported "
            "values: \"DoNotSchedule\", \"ScheduleAnyway\"");
  EXPECT_EQ(constraints("{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, "
                        "labelSelector: {}}"),
            ".defaultConstraints[0].labelSelector: Forbidden: the selector of a default follows "
            "from each pod");
  EXPECT_EQ(ArgsErrorOf("PodTopologySpread", "{defaultConstraints: [" + good + "]}"),
            ".defaultingType: Invalid value: \"System\": must be \"List\" when "
            "defaultConstraints are given");
  EXPECT_EQ(ArgsErrorOf("PodTopologySpread", "{defaultingType: Some}"),
            ".defaultingType: Unsupported value: \"Some\": supported values: \"System\", "
            "\"List\"");
}

TEST(VolumeBindingArgs, ReadsTheTimeout) {
  EXPECT_EQ(ArgsOf<VolumeBindingArgs>("VolumeBinding", "{}").bind_timeout_seconds, 600);
  const auto args = ArgsOf<VolumeBindingArgs>("VolumeBinding", "{bindTimeoutSeconds: 0}");
  EXPECT_EQ(args.bind_timeout_seconds, 0);
}

TEST(DynamicResourcesArgs, ReadsAndRefuses) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const auto defaults = ArgsOf<DynamicResourcesArgs>("DynamicResources", "{}");
  EXPECT_EQ(defaults.filter_timeout, seconds(10));
  EXPECT_EQ(defaults.binding_timeout, seconds(600));
  const auto args = ArgsOf<DynamicResourcesArgs>("DynamicResources",
                                                 "{filterTimeout: 0s, bindingTimeout: 1m0.5s}");
  EXPECT_EQ(args.filter_timeout, seconds(0));
  EXPECT_EQ(args.binding_timeout, milliseconds(60'500));
  EXPECT_EQ(ArgsErrorOf("DynamicResources", "{filterTimeout: -1s}"),
            ".filterTimeout: Invalid value: \"-1s\": must not be negative");
  EXPECT_EQ(ArgsErrorOf("DynamicResources", "{bindingTimeout: 500ms}"),
            ".bindingTimeout: Invalid value: \"500ms\": must be at least 1 second");
}

TEST(GpuShareArgs, ReadsAndRefuses) {
  const auto defaults = ArgsOf<GpuShareArgs>("GpuShare", "{}");
  EXPECT_EQ(defaults.device_selection, GpuSelection::kBestFit);
  EXPECT_TRUE(defaults.typical_pods.empty());
  const auto args = ArgsOf<GpuShareArgs>(
      "GpuShare",
      "{apiVersion: berth/v1alpha1, kind: GpuShareArgs, deviceSelection: "
      "FragmentationGradientDescent, seed: 7, typicalPods: [{cpu: 1500m, gpuCount: 1, gpuMilli: "
      "300, gpuModels: [T4], weight: 9}]}");
  EXPECT_EQ(args.device_selection, GpuSelection::kFragmentationGradientDescent);
  EXPECT_EQ(args.seed, 7);
  EXPECT_EQ(args.typical_pods, (std::vector<TypicalGpuPod>{{1500, 1, 300, {"T4"}, 9}}));
  EXPECT_EQ(ArgsErrorOf("GpuShare", "{apiVersion: kubescheduler.config.k8s.io/v1}"),
            ".apiVersion: Invalid value: \"kubescheduler.config.k8s.io/v1\": must be "
            "\"berth/v1alpha1\"");
  EXPECT_EQ(ArgsErrorOf("GpuShare", "{typicalPods: [{gpuCount: 65}]}"),
            ".typicalPods[0].gpuCount: Invalid value: 65: not in valid range [0, 64]");
  EXPECT_EQ(ArgsErrorOf("GpuShare", "{typicalPods: [{}, {gpuMilli: 0}]}"),
            ".typicalPods[1].gpuMilli: Invalid value: 0: not in valid range [1, 1000]");
  EXPECT_EQ(ArgsErrorOf("GpuShare", "{typicalPods: [{weight: -1}]}"),
            ".typicalPods[0].weight: Invalid value: -1: not in valid range [1, 1000000]");
}

TEST(FragmentationGradientDescentArgs, ReadsAndRefuses) {
  const auto args = ArgsOf<FragmentationGradientDescentArgs>("FragmentationGradientDescent",
                                                             "{typicalPods: [{cpu: '2'}]}");
  EXPECT_EQ(args.typical_pods, (std::vector<TypicalGpuPod>{{2000, 0, 1000, {}, 1}}));
  EXPECT_EQ(
      ArgsErrorOf("FragmentationGradientDescent", "{typicalPods: [{gpuCount: 2, gpuMilli: 500}]}"),
      ".typicalPods[0].gpuMilli: Invalid value: 500: must be 1000 with more than one GPU");
}

TEST(RandomArgs, ReadsTheSeed) {
  EXPECT_EQ(ArgsOf<RandomArgs>("Random", "{}").seed, 0);
  EXPECT_EQ(ArgsOf<RandomArgs>("Random", "{seed: 42}").seed, 42);
}

TEST(DefaultPreemptionArgs, ReadsAndRefuses) {
  const auto defaults = ArgsOf<DefaultPreemptionArgs>("DefaultPreemption", "{}");
  EXPECT_EQ(defaults.min_candidate_nodes_percentage, 10);
  EXPECT_EQ(defaults.min_candidate_nodes_absolute, 100);
  const auto args =
      ArgsOf<DefaultPreemptionArgs>("DefaultPreemption", "{minCandidateNodesPercentage: 0}");
  EXPECT_EQ(args.min_candidate_nodes_percentage, 0);
  EXPECT_EQ(ArgsErrorOf("DefaultPreemption", "{minCandidateNodesPercentage: 101}"),
            ".minCandidateNodesPercentage: Invalid value: 101: not in valid range [0, 100]");
  EXPECT_EQ(ArgsErrorOf("DefaultPreemption", "{minCandidateNodesAbsolute: -1}"),
            ".minCandidateNodesAbsolute: Invalid value: -1: not in valid range [0, inf)");
  EXPECT_EQ(ArgsErrorOf("DefaultPreemption",
                        "{minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0}"),
            ".minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as "
            "minCandidateNodesAbsolute");
}

TEST(VolumeBindingArgs, Refuses) {
  EXPECT_EQ(ArgsErrorOf("VolumeBinding", "{bindTimeoutSeconds: -1}"),
            ".bindTimeoutSeconds: Invalid value: -1: must not be negative");
  EXPECT_EQ(ArgsErrorOf("VolumeBinding", "{shape: [{utilization: 0, score: 10}]}"),
            ".shape: Forbidden: needs the feature gate StorageCapacityScoring");
  EXPECT_EQ(ArgsErrorOf("VolumeBinding", "{bindTimeout: 1}"), ".bindTimeout: unknown field");
}

}  // namespace
}  // namespace berth::config

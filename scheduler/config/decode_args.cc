#include "scheduler/config/decode_args.h"

#include "scheduler/config/configuration.h"
#include "scheduler/config/field_error.h"
#include "scheduler/config/json_text.h"

namespace berth::config {

using base::Result;

// Accepts exactly this text: apiVersion and kind of the arguments.
static FieldReader Expect(std::string wanted) {
  return [wanted = std::move(wanted)](const Field& field) -> Result<void> {
    std::string text;
    BERTH_TRY(Read(field, text));
    if (text != wanted) return InvalidValue(field.path, text, "must be " + Quoted(wanted));
    return {};
  };
}

// ---- Node affinity ----

static Result<void> ReadOperator(const Field& field, api::SelectorOperator& out) {
  using enum api::SelectorOperator;
  return ReadEnum(field,
                  {{"In", kIn},
                   {"NotIn", kNotIn},
                   {"Exists", kExists},
                   {"DoesNotExist", kDoesNotExist},
                   {"Gt", kGt},
                   {"Lt", kLt}},
                  out);
}

static Result<void> ReadRequirement(const Field& field, api::Requirement& out) {
  bool has_operator = false;
  BERTH_TRY(ReadObject(field, {{"key", Into(out.key)},
                               {"operator",
                                [&](const Field& op) {
                                  has_operator = true;
                                  return ReadOperator(op, out.op);
                                }},
                               {"values", Into(out.values)}}));
  if (!has_operator) return RequiredValue(ChildPath(field.path, "operator"));
  return {};
}

static FieldReader IntoRequirements(std::vector<api::Requirement>& out) {
  return [&out](const Field& field) {
    return ReadList(
        field, [&out](const Field& item) { return ReadRequirement(item, out.emplace_back()); });
  };
}

static Result<void> ReadTerm(const Field& field, api::NodeSelectorTerm& out) {
  return ReadObject(field, {{"matchExpressions", IntoRequirements(out.match_expressions)},
                            {"matchFields", IntoRequirements(out.match_fields)}});
}

static Result<void> ReadSelector(const Field& field, std::optional<api::NodeSelector>& out) {
  api::NodeSelector& selector = out.emplace();
  return ReadObject(field, {{"nodeSelectorTerms", [&](const Field& terms) {
                               return ReadList(terms, [&](const Field& term) {
                                 return ReadTerm(term, selector.terms.emplace_back());
                               });
                             }}});
}

static Result<void> ReadPreferred(const Field& field, api::PreferredSchedulingTerm& out) {
  return ReadObject(field, {{"weight", Into(out.weight)}, {"preference", [&](const Field& term) {
                                                             return ReadTerm(term, out.preference);
                                                           }}});
}

static Result<void> ReadNodeAffinity(const Field& field, std::optional<api::NodeAffinity>& out) {
  api::NodeAffinity& affinity = out.emplace();
  return ReadObject(
      field, {{"requiredDuringSchedulingIgnoredDuringExecution",
               [&](const Field& required) { return ReadSelector(required, affinity.required); }},
              {"preferredDuringSchedulingIgnoredDuringExecution", [&](const Field& preferred) {
                 return ReadList(preferred, [&](const Field& term) {
                   return ReadPreferred(term, affinity.preferred.emplace_back());
                 });
               }}});
}

// ---- Resources ----

static Result<void> Read(const Field& field, ResourceSpec& out) {
  out.weight = 0;
  BERTH_TRY(ReadObject(field, {{"name", Into(out.name)}, {"weight", Into(out.weight)}}));
  if (out.weight == 0) out.weight = 1;
  return {};
}

// An empty list means the default, as one left out does.
static FieldReader IntoResources(std::vector<ResourceSpec>& out) {
  return [&out](const Field& field) -> Result<void> {
    std::vector<ResourceSpec> resources;
    BERTH_TRY(Read(field, resources));
    if (!resources.empty()) out = std::move(resources);
    return {};
  };
}

static Result<void> Read(const Field& field, UtilizationShapePoint& out) {
  return ReadObject(field, {{"utilization", Into(out.utilization)}, {"score", Into(out.score)}});
}

// A strategy that is written has to name its type: Kubernetes puts no default inside it.
static Result<void> Read(const Field& field, ScoringStrategy& out) {
  const Words<ScoringStrategyType> types = {
      {"LeastAllocated", ScoringStrategyType::kLeastAllocated},
      {"MostAllocated", ScoringStrategyType::kMostAllocated},
      {"RequestedToCapacityRatio", ScoringStrategyType::kRequestedToCapacityRatio}};
  bool has_type = false;
  const FieldReader read_type = [&](const Field& type) {
    has_type = true;
    return ReadEnum(type, types, out.type);
  };
  const FieldReader read_ratio = [&](const Field& ratio) {
    return ReadObject(ratio, {{"shape", Into(out.shape)}});
  };
  BERTH_TRY(ReadObject(field, {{"type", read_type},
                               {"resources", IntoResources(out.resources)},
                               {"requestedToCapacityRatio", read_ratio}}));
  if (has_type) return {};
  return UnsupportedValue(
      ChildPath(field.path, "type"), "",
      std::vector<std::string_view>{types.begin()[0].first, types.begin()[1].first,
                                    types.begin()[2].first});
}

// ---- Topology spread ----

static Result<void> ReadPolicy(const Field& field, std::optional<api::NodeInclusionPolicy>& out) {
  using enum api::NodeInclusionPolicy;
  return ReadEnum(field, {{"Honor", kHonor}, {"Ignore", kIgnore}}, out.emplace());
}

static FieldReader IntoPolicy(std::optional<api::NodeInclusionPolicy>& out) {
  return [&out](const Field& field) { return ReadPolicy(field, out); };
}

static Result<void> ReadConstraint(const Field& field, api::TopologySpreadConstraint& out) {
  using enum api::UnsatisfiableAction;
  bool has_action = false;
  out.max_skew = 0;
  const FieldReader read_action = [&](const Field& action) {
    has_action = true;
    return ReadEnum(action,
                    {{"DoNotSchedule", kDoNotSchedule}, {"ScheduleAnyway", kScheduleAnyway}},
                    out.when_unsatisfiable);
  };
  const FieldReader refuse_selector = [](const Field& selector) -> Result<void> {
    return ForbiddenValue(selector.path, "the selector of a default follows from each pod");
  };
  BERTH_TRY(ReadObject(field, {{"maxSkew", Into(out.max_skew)},
                               {"topologyKey", Into(out.topology_key)},
                               {"whenUnsatisfiable", read_action},
                               {"labelSelector", refuse_selector},
                               {"minDomains", Into(out.min_domains)},
                               {"nodeAffinityPolicy", IntoPolicy(out.node_affinity_policy)},
                               {"nodeTaintsPolicy", IntoPolicy(out.node_taints_policy)},
                               {"matchLabelKeys", Into(out.match_label_keys)}}));
  if (!has_action) return RequiredValue(ChildPath(field.path, "whenUnsatisfiable"));
  return {};
}

// ---- GPUs ----

static FieldReader IntoMilliCpu(std::int64_t& out) {
  return [&out](const Field& field) -> Result<void> {
    std::string text;
    BERTH_TRY(Read(field, text));
    const auto quantity = api::Quantity::Parse(text);
    if (!quantity) return InvalidValue(field.path, text, quantity.error().message());
    out = quantity->MilliValue();
    return {};
  };
}

static Result<void> Read(const Field& field, TypicalGpuPod& out) {
  return ReadObject(field, {{"cpu", IntoMilliCpu(out.milli_cpu)},
                            {"gpuCount", Into(out.gpu_count)},
                            {"gpuMilli", Into(out.gpu_milli)},
                            {"gpuModels", Into(out.gpu_models)},
                            {"weight", Into(out.weight)}});
}

// Overloads that are declared behind reader.h are found by their arguments only.
static FieldReader IntoTypicalPods(std::vector<TypicalGpuPod>& out) {
  return [&out](const Field& field) {
    return ReadList(field, [&out](const Field& item) { return Read(item, out.emplace_back()); });
  };
}

static Result<void> Read(const Field& field, GpuSelection& out) {
  return ReadEnum(field,
                  {{"BestFit", GpuSelection::kBestFit},
                   {"Random", GpuSelection::kRandom},
                   {"FragmentationGradientDescent", GpuSelection::kFragmentationGradientDescent}},
                  out);
}

// ---- Plugins that are not built in ----

static FieldRule ExternalApiVersion() {
  return {"apiVersion", Expect(std::string(kExternalApiVersion))};
}
static FieldRule ExternalKindIs(std::string_view kind) {
  return {"kind", Expect(std::string(kind))};
}

static FieldReader IntoJson(std::string& out) {
  return [&out](const Field& field) -> Result<void> {
    if (field.value.As<Value::Map>() == nullptr) return FieldError(field.path, "must be a map");
    BERTH_ASSIGN(out, ToJson(field.value, field.path));
    return {};
  };
}

static Result<void> ReadExternal(const Field& field, SharedObjectArgs& out) {
  return ReadObject(
      field, {ExternalApiVersion(),
              ExternalKindIs(kSharedObjectKind),
              {"path", Into(out.path)},
              {"onFailure",
               [&out](const Field& word) {
                 return ReadEnum(word, {{"Fail", OnFailure::kFail}, {"Ignore", OnFailure::kIgnore}},
                                 out.on_failure);
               }},
              {"timeout", Into(out.timeout)},
              {"args", IntoJson(out.args)}});
}

static Result<void> Read(const Field& field, GrpcTls& out) {
  return ReadObject(field, {{"caFile", Into(out.ca_file)},
                            {"certFile", Into(out.cert_file)},
                            {"keyFile", Into(out.key_file)},
                            {"serverName", Into(out.server_name)}});
}

static Result<void> ReadExternal(const Field& field, GrpcPluginArgs& out) {
  return ReadObject(field, {ExternalApiVersion(),
                            ExternalKindIs(kGrpcPluginKind),
                            {"address", Into(out.address)},
                            {"timeout", Into(out.timeout)},
                            {"ignorable", Into(out.ignorable)},
                            {"tls", Into(out.tls)},
                            {"args", IntoJson(out.args)}});
}

// The kind that `args` name together with Berth's own apiVersion; empty for all others.
static std::string ExternalKindOf(const Value* args) {
  const auto* map = args == nullptr ? nullptr : args->As<Value::Map>();
  if (map == nullptr) return "";
  std::string kind;
  bool is_ours = false;
  for (const auto& [name, value] : *map) {
    const auto* text = value.As<std::string>();
    if (text == nullptr) continue;
    if (name == "kind") kind = *text;
    if (name == "apiVersion") is_ours = *text == kExternalApiVersion;
  }
  return is_ours ? kind : "";
}

// ---- The arguments of each plugin ----

namespace {

struct ArgsReader {
  const Field& field;
  FieldRule api_version;
  FieldRule kind;

  Result<void> operator()(std::monostate&) const { return ReadObject(field, {api_version, kind}); }

  Result<void> operator()(NodeResourcesFitArgs& out) const {
    return ReadObject(field, {api_version,
                              kind,
                              {"ignoredResources", Into(out.ignored_resources)},
                              {"ignoredResourceGroups", Into(out.ignored_resource_groups)},
                              {"scoringStrategy", Into(out.scoring_strategy)}});
  }

  Result<void> operator()(NodeResourcesBalancedAllocationArgs& out) const {
    return ReadObject(field, {api_version, kind, {"resources", IntoResources(out.resources)}});
  }

  Result<void> operator()(NodeAffinityArgs& out) const {
    return ReadObject(field, {api_version, kind, {"addedAffinity", [&](const Field& added) {
                                                    return ReadNodeAffinity(added,
                                                                            out.added_affinity);
                                                  }}});
  }

  Result<void> operator()(InterPodAffinityArgs& out) const {
    return ReadObject(field, {api_version,
                              kind,
                              {"hardPodAffinityWeight", Into(out.hard_pod_affinity_weight)},
                              {"ignorePreferredTermsOfExistingPods",
                               Into(out.ignore_preferred_terms_of_existing_pods)}});
  }

  Result<void> operator()(PodTopologySpreadArgs& out) const {
    return ReadObject(field, {api_version,
                              kind,
                              {"defaultConstraints",
                               [&](const Field& list) {
                                 return ReadList(list, [&](const Field& item) {
                                   return ReadConstraint(item,
                                                         out.default_constraints.emplace_back());
                                 });
                               }},
                              {"defaultingType", [&](const Field& type) {
                                 return ReadEnum(type, {{"System", true}, {"List", false}},
                                                 out.system_defaulting);
                               }}});
  }

  Result<void> operator()(VolumeBindingArgs& out) const {
    const FieldReader refuse_shape = [](const Field& shape) -> Result<void> {
      return ForbiddenValue(shape.path, "needs the feature gate StorageCapacityScoring");
    };
    return ReadObject(field, {api_version,
                              kind,
                              {"bindTimeoutSeconds", Into(out.bind_timeout_seconds)},
                              {"shape", refuse_shape}});
  }

  Result<void> operator()(DynamicResourcesArgs& out) const {
    return ReadObject(field, {api_version,
                              kind,
                              {"filterTimeout", Into(out.filter_timeout)},
                              {"bindingTimeout", Into(out.binding_timeout)}});
  }

  Result<void> operator()(SharedObjectArgs& out) const { return ReadExternal(field, out); }
  Result<void> operator()(GrpcPluginArgs& out) const { return ReadExternal(field, out); }

  Result<void> operator()(DefaultPreemptionArgs& out) const {
    return ReadObject(field,
                      {api_version,
                       kind,
                       {"minCandidateNodesPercentage", Into(out.min_candidate_nodes_percentage)},
                       {"minCandidateNodesAbsolute", Into(out.min_candidate_nodes_absolute)}});
  }

  Result<void> operator()(GpuShareArgs& out) const {
    return ReadObject(field, {api_version,
                              kind,
                              {"deviceSelection", Into(out.device_selection)},
                              {"seed", Into(out.seed)},
                              {"typicalPods", IntoTypicalPods(out.typical_pods)}});
  }

  Result<void> operator()(FragmentationGradientDescentArgs& out) const {
    return ReadObject(field,
                      {api_version, kind, {"typicalPods", IntoTypicalPods(out.typical_pods)}});
  }

  Result<void> operator()(RandomArgs& out) const {
    return ReadObject(field, {api_version, kind, {"seed", Into(out.seed)}});
  }
};

}  // namespace

Result<void> DecodeArgs(const Field& field, const PluginInfo& plugin, PluginArgs& out) {
  const ArgsReader reader{field,
                          {"apiVersion", Expect(std::string(ArgsApiVersion(plugin)))},
                          {"kind", Expect(std::string(plugin.name) + "Args")}};
  return std::visit(reader, out);
}

// The plugin's own arguments may stand alone: the command line has said which file it is in.
static Result<void> ReadLoaded(const Field& field, SharedObjectArgs& out) {
  if (ExternalKindOf(&field.value).empty()) return IntoJson(out.args)(field);
  BERTH_TRY(ReadExternal(field, out));
  if (out.path.empty()) return {};
  return ForbiddenValue(ChildPath(field.path, "path"), "--plugin has loaded this plugin already");
}

Result<bool> DecodeExternalArgs(const std::string& path, const Value* args, const std::string& name,
                                const LoadedPlugins& loaded, PluginArgs& out) {
  const std::string kind = ExternalKindOf(args);
  const std::string args_path = ChildPath(path, "args");
  if (loaded.contains(name)) {
    auto& own = out.emplace<SharedObjectArgs>(SharedObjectArgs{.name = name});
    if (args != nullptr) BERTH_TRY(ReadLoaded({*args, args_path}, own));
    return true;
  }
  if (kind.empty()) return false;
  const PluginInfo* known = FindPlugin(name);
  const bool is_external = kind == kSharedObjectKind || kind == kGrpcPluginKind;
  // Berth's own plugins have arguments of the same apiVersion.
  if (known != nullptr && known->own && !is_external) return false;
  if (known != nullptr) {
    return FieldError(ChildPath(path, "name"), "plugin " + Quoted(name) +
                                                   " is one of Berth's own; a plugin from "
                                                   "elsewhere needs another name");
  }
  const Field field{*args, args_path};
  if (kind == kSharedObjectKind) {
    auto& own = out.emplace<SharedObjectArgs>(SharedObjectArgs{.name = name});
    BERTH_TRY(ReadExternal(field, own));
    if (own.path.empty()) return RequiredValue(ChildPath(args_path, "path"));
    return true;
  }
  if (kind == kGrpcPluginKind) {
    auto& own = out.emplace<GrpcPluginArgs>(GrpcPluginArgs{.name = name});
    BERTH_TRY(ReadExternal(field, own));
    return true;
  }
  return UnsupportedValue(ChildPath(args_path, "kind"), kind,
                          std::vector<std::string_view>{kSharedObjectKind, kGrpcPluginKind});
}

}  // namespace berth::config

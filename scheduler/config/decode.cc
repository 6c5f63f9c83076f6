#include "scheduler/config/decode.h"

#include "scheduler/config/decode_args.h"
#include "scheduler/config/decode_extender.h"
#include "scheduler/config/field_error.h"
#include "scheduler/config/names.h"
#include "scheduler/config/parse.h"
#include "scheduler/config/reader.h"
#include "scheduler/config/supported.h"

namespace berth::config {

using base::Result;

// Read() overloads are found by the templates of reader.h through the arguments' namespace.

static Result<void> Read(const Field& field, LeaderElection& out) {
  return ReadObject(field, {{"leaderElect", Into(out.leader_elect)},
                            {"leaseDuration", Into(out.lease_duration)},
                            {"renewDeadline", Into(out.renew_deadline)},
                            {"retryPeriod", Into(out.retry_period)},
                            {"resourceLock", Into(out.resource_lock)},
                            {"resourceName", Into(out.resource_name)},
                            {"resourceNamespace", Into(out.resource_namespace)}});
}

static Result<void> Read(const Field& field, ClientConnection& out) {
  return ReadObject(field, {{"kubeconfig", Into(out.kubeconfig)},
                            {"acceptContentTypes", Into(out.accept_content_types)},
                            {"contentType", Into(out.content_type)},
                            {"qps", Into(out.qps)},
                            {"burst", Into(out.burst)}});
}

static Result<void> Read(const Field& field, PluginReference& out) {
  BERTH_TRY(ReadObject(field, {{"name", Into(out.name)}, {"weight", Into(out.weight)}}));
  if (out.name.empty()) return RequiredValue(ChildPath(field.path, "name"));
  return {};
}

// A disabled plugin is written like an enabled one; its weight means nothing.
static Result<void> ReadDisabled(const Field& field, std::vector<std::string>& out) {
  std::vector<PluginReference> references;
  BERTH_TRY(Read(field, references));
  for (auto& reference : references) out.push_back(std::move(reference.name));
  return {};
}

static Result<void> Read(const Field& field, PluginSet& out) {
  return ReadObject(field,
                    {{"enabled", Into(out.enabled)}, {"disabled", [&out](const Field& disabled) {
                                                        return ReadDisabled(disabled, out.disabled);
                                                      }}});
}

static Result<void> Read(const Field& field, std::array<PluginSet, kPluginSetCount>& out) {
  return ReadObject(field, {{"preEnqueue", Into(out[0])},
                            {"queueSort", Into(out[1])},
                            {"preFilter", Into(out[2])},
                            {"filter", Into(out[3])},
                            {"postFilter", Into(out[4])},
                            {"preScore", Into(out[5])},
                            {"score", Into(out[6])},
                            {"reserve", Into(out[7])},
                            {"permit", Into(out[8])},
                            {"preBind", Into(out[9])},
                            {"bind", Into(out[10])},
                            {"postBind", Into(out[11])},
                            {"multiPoint", Into(out[kMultiPointSet])},
                            {"placementGenerate", Into(out[kPlacementGenerateSet])},
                            {"placementScore", Into(out[kPlacementScoreSet])}});
}

static Result<void> CheckConfigurable(const std::string& path, const std::string& name) {
  if (name.empty()) return RequiredValue(path);
  if (IsRemovedPlugin(name)) return InvalidValue(path, name, kRemovedPluginText);
  const PluginInfo* plugin = FindPlugin(name);
  if (plugin == nullptr) return FieldError(path, "plugin " + Quoted(name) + " does not exist");
  if (!plugin->supported) {
    return FieldError(path, "plugin " + Quoted(name) + " is not supported yet");
  }
  return {};
}

// Of a plugin that is not built in: it comes to metrics and messages.
static Result<void> CheckName(const std::string& path, const std::string& name) {
  if (name.empty()) return RequiredValue(path);
  if (IsPluginName(name)) return {};
  return InvalidValue(path, name,
                      "must begin with a letter, go on with letters, digits, '-', '_' or '.', and "
                      "have at most 63 characters");
}

// The type of `args` follows from `name`, wherever in the map that stands.
static Result<void> ReadPluginConfig(const Field& field, const LoadedPlugins& loaded,
                                     PluginConfig& out) {
  const Value* args = nullptr;
  BERTH_TRY(ReadObject(field, {{"name", Into(out.name)}, {"args", [&args](const Field& found) {
                                                            args = &found.value;
                                                            return Result<void>();
                                                          }}}));
  BERTH_ASSIGN(const bool is_external,
               DecodeExternalArgs(field.path, args, out.name, loaded, out.args));
  if (is_external) return CheckName(ChildPath(field.path, "name"), out.name);
  BERTH_TRY(CheckConfigurable(ChildPath(field.path, "name"), out.name));
  const PluginInfo& plugin = *FindPlugin(out.name);
  out.args = DefaultArgs(plugin.args);
  if (args == nullptr) return {};
  return DecodeArgs({*args, ChildPath(field.path, "args")}, plugin, out.args);
}

static Result<void> ReadProfile(const Field& field, const LoadedPlugins& loaded, ProfileSpec& out) {
  const FieldReader read_plugin_config = [&](const Field& list) {
    return ReadList(list, [&](const Field& item) {
      return ReadPluginConfig(item, loaded, out.plugin_config.emplace_back());
    });
  };
  return ReadObject(field, {{"schedulerName", Into(out.scheduler_name)},
                            {"percentageOfNodesToScore", Into(out.percentage_of_nodes_to_score)},
                            {"plugins", Into(out.plugins)},
                            {"pluginConfig", read_plugin_config}});
}

static Result<void> ReadExtenders(const Field& field, std::vector<Extender>& out) {
  out.clear();
  return ReadList(field,
                  [&out](const Field& item) { return DecodeExtender(item, out.emplace_back()); });
}

// Before anything else, so that a Deployment is not reported as a configuration with odd fields.
static Result<void> CheckKind(const Value& document) {
  const auto* map = document.As<Value::Map>();
  if (map == nullptr) return base::Fail("not a KubeSchedulerConfiguration: must be a map");
  std::string api_version;
  std::string kind;
  for (const auto& [name, value] : *map) {
    if (name == "apiVersion") BERTH_TRY(Read({value, name}, api_version));
    if (name == "kind") BERTH_TRY(Read({value, name}, kind));
  }
  if (kind.empty()) return RequiredValue("kind", "must be " + Quoted(kKind));
  if (kind != kKind) return InvalidValue("kind", kind, "must be " + Quoted(kKind));
  if (api_version.empty()) return RequiredValue("apiVersion", "must be " + Quoted(kApiVersion));
  if (api_version != kApiVersion) {
    return InvalidValue("apiVersion", api_version, "must be " + Quoted(kApiVersion));
  }
  return {};
}

// Which names there are is not for the reader to know: see CheckGates.
static Result<void> ReadGates(const Field& field, GateSettings& out) {
  const auto* map = field.value.As<Value::Map>();
  if (map == nullptr) return FieldError(field.path, "must be a map");
  for (const auto& [name, value] : *map) {
    if (out.Contains(name)) return FieldError(ChildPath(field.path, name), "is given twice");
    BERTH_TRY(Read({value, ChildPath(field.path, name)}, out[name]));
  }
  const auto known = CheckGates(out);
  if (!known) return std::unexpected(known.error().Within(field.path));
  return {};
}

Result<Configuration> Decode(std::string_view text, const LoadedPlugins& loaded) {
  BERTH_ASSIGN(const Value document, ParseDocument(text));
  BERTH_TRY(CheckKind(document));
  std::string type;
  Configuration out;
  BERTH_TRY(ReadObject(
      {document, ""},
      {{"apiVersion", Into(type)},
       {"kind", Into(type)},
       {"parallelism", Into(out.parallelism)},
       {"leaderElection", Into(out.leader_election)},
       {"clientConnection", Into(out.client_connection)},
       {"enableProfiling", Into(out.enable_profiling)},
       {"enableContentionProfiling", Into(out.enable_contention_profiling)},
       {"percentageOfNodesToScore", Into(out.percentage_of_nodes_to_score)},
       {"podInitialBackoffSeconds", Into(out.pod_initial_backoff_seconds)},
       {"podMaxBackoffSeconds", Into(out.pod_max_backoff_seconds)},
       {"profiles",
        [&](const Field& field) {
          return ReadList(field, [&](const Field& item) {
            return ReadProfile(item, loaded, out.profile_specs.emplace_back());
          });
        }},
       {"extenders", [&out](const Field& field) { return ReadExtenders(field, out.extenders); }},
       {"delayCacheUntilActive", Into(out.delay_cache_until_active)},
       {"featureGates",
        [&out](const Field& field) { return ReadGates(field, out.feature_gates); }}}));
  return out;
}

}  // namespace berth::config

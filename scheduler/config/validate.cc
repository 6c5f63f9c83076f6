#include "scheduler/config/validate.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "scheduler/config/duration.h"
#include "scheduler/config/field_error.h"
#include "scheduler/config/names.h"
#include "scheduler/config/reader.h"

namespace berth::config {
namespace {

using base::Result;

// ---- Names in the plugin lists ----

struct PluginSetInfo {
  std::string_view field;
  std::string_view type;  // as Kubernetes calls the interface in its errors
};

constexpr std::array<PluginSetInfo, kPluginSetCount> kPluginSets = {{
    {"preEnqueue", "PreEnqueuePlugin"},
    {"queueSort", "QueueSortPlugin"},
    {"preFilter", "PreFilterPlugin"},
    {"filter", "FilterPlugin"},
    {"postFilter", "PostFilterPlugin"},
    {"preScore", "PreScorePlugin"},
    {"score", "ScorePlugin"},
    {"reserve", "ReservePlugin"},
    {"permit", "PermitPlugin"},
    {"preBind", "PreBindPlugin"},
    {"bind", "BindPlugin"},
    {"postBind", "PostBindPlugin"},
    {"multiPoint", "MultiPointPlugin"},
    {"placementGenerate", "PlacementGeneratePlugin"},
    {"placementScore", "PlacementScorePlugin"},
}};

bool Implements(const PluginInfo& plugin, std::size_t set) {
  if (set == kMultiPointSet) return true;
  return set < kExtensionPointCount && plugin.Implements(static_cast<ExtensionPoint>(set));
}

// That an external plugin has failed is seen at preFilter, preScore and reserve.
Result<void> CheckExternal(const std::string& path, std::size_t set, const ProfileSpec& profile,
                           const PluginInfo& plugin, const std::string& name) {
  if (&plugin != &ExternalPlugin() || set == kMultiPointSet) return {};
  const auto& everywhere = profile.plugins[kMultiPointSet].enabled;
  if (std::ranges::find(everywhere, name, &PluginReference::name) != everywhere.end()) return {};
  return FieldError(
      path, "plugin " + Quoted(name) + " is not built in: it has to be enabled under multiPoint");
}

Result<void> CheckEnabled(const std::string& path, std::size_t set, const ProfileSpec& profile,
                          const PluginReference& reference, const FeatureGates& gates) {
  const std::string name_path = ChildPath(path, "name");
  const std::string type(kPluginSets[set].type);
  const std::string quoted = Quoted(reference.name);
  if (IsRemovedPlugin(reference.name)) {
    return InvalidValue(name_path, reference.name, kRemovedPluginText);
  }
  const PluginInfo* plugin = FindPlugin(profile, reference.name);
  if (plugin == nullptr) return FieldError(name_path, type + " " + quoted + " does not exist");
  if (!plugin->supported) {
    return FieldError(name_path, "plugin " + quoted + " is not supported yet");
  }
  if (plugin->gate && !gates[*plugin->gate]) {
    return FieldError(name_path, "plugin " + quoted + " needs the feature gate " +
                                     std::string(NameOf(*plugin->gate)));
  }
  if (!Implements(*plugin, set)) {
    return FieldError(name_path, "plugin " + quoted + " does not extend " + type + " plugin");
  }
  BERTH_TRY(CheckExternal(name_path, set, profile, *plugin, reference.name));
  if (reference.weight < 0) {
    return InvalidValue(ChildPath(path, "weight"), reference.weight, "must not be negative");
  }
  return {};
}

// Disabling what does not run anyway is harmless; a name that nobody knows is a slip of the pen.
Result<void> CheckDisabled(const std::string& path, std::size_t set, const ProfileSpec& profile,
                           const std::string& name) {
  if (name == "*" || FindPlugin(profile, name) != nullptr || IsRemovedPlugin(name)) return {};
  return FieldError(ChildPath(path, "name"),
                    std::string(kPluginSets[set].type) + " " + Quoted(name) + " does not exist");
}

Result<void> CheckSet(const std::string& path, std::size_t set, const ProfileSpec& profile,
                      const FeatureGates& gates) {
  const PluginSet& plugins = profile.plugins[set];
  const std::string enabled = ChildPath(path, "enabled");
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < plugins.enabled.size(); ++i) {
    const PluginReference& reference = plugins.enabled[i];
    const std::string item = ItemPath(enabled, i);
    BERTH_TRY(CheckEnabled(item, set, profile, reference, gates));
    if (!seen.insert(reference.name).second) {
      return FieldError(ChildPath(item, "name"), "plugin " + Quoted(reference.name) +
                                                     " already registered as " +
                                                     Quoted(kPluginSets[set].type));
    }
  }
  const std::string disabled = ChildPath(path, "disabled");
  for (std::size_t i = 0; i < plugins.disabled.size(); ++i) {
    BERTH_TRY(CheckDisabled(ItemPath(disabled, i), set, profile, plugins.disabled[i]));
  }
  return {};
}

// ---- The other sections ----

Result<void> RequirePositive(const std::string& path, Duration duration) {
  if (duration > Duration::zero()) return {};
  return InvalidValue(path, FormatDuration(duration), "must be greater than zero");
}

Result<void> CheckDurations(const LeaderElection& election, const std::string& path) {
  const std::string lease = ChildPath(path, "leaseDuration");
  const std::string renew = ChildPath(path, "renewDeadline");
  BERTH_TRY(RequirePositive(lease, election.lease_duration));
  BERTH_TRY(RequirePositive(renew, election.renew_deadline));
  BERTH_TRY(RequirePositive(ChildPath(path, "retryPeriod"), election.retry_period));
  if (election.lease_duration <= election.renew_deadline) {
    return InvalidValue(lease, FormatDuration(election.lease_duration),
                        "must be greater than renewDeadline");
  }
  // The elector adds up to a fifth of jitter to the retry period.
  const auto jittered = static_cast<double>(election.retry_period.count()) * 1.2;
  if (static_cast<double>(election.renew_deadline.count()) <= jittered) {
    return InvalidValue(renew, FormatDuration(election.renew_deadline),
                        "must be greater than retryPeriod times 1.2");
  }
  return {};
}

Result<void> CheckLeaderElection(const LeaderElection& election) {
  if (!election.leader_elect) return {};
  const std::string path = "leaderElection";
  BERTH_TRY(CheckDurations(election, path));
  if (election.resource_lock != "leases") {
    return InvalidValue(ChildPath(path, "resourceLock"), election.resource_lock,
                        "resourceLock value must be \"leases\"");
  }
  return {};
}

Result<void> CheckPercentage(const std::string& path, const std::optional<std::int32_t>& percent) {
  if (!percent || (*percent >= 0 && *percent <= 100)) return {};
  return InvalidValue(ChildPath(path, "percentageOfNodesToScore"), *percent,
                      "not in valid range [0-100]");
}

Result<void> CheckPluginConfig(const std::string& path, const std::vector<PluginConfig>& configs) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const std::string item = ItemPath(path, i);
    if (!names.insert(configs[i].name).second) {
      return FieldError(ChildPath(item, "name"), "repeated config for plugin " + configs[i].name);
    }
    BERTH_TRY(ValidateArgs(ChildPath(item, "args"), configs[i].args));
  }
  return {};
}

Result<void> CheckProfiles(const std::vector<ProfileSpec>& profiles) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const ProfileSpec& profile = profiles[i];
    const std::string path = ItemPath("profiles", i);
    const std::string name_path = ChildPath(path, "schedulerName");
    if (profile.scheduler_name.empty()) return RequiredValue(name_path);
    if (!names.insert(profile.scheduler_name).second) {
      return DuplicateValue(name_path, profile.scheduler_name);
    }
    BERTH_TRY(CheckPercentage(path, profile.percentage_of_nodes_to_score));
    BERTH_TRY(CheckPluginConfig(ChildPath(path, "pluginConfig"), profile.plugin_config));
  }
  return {};
}

Result<void> CheckManagedResources(const std::string& path, const Extender& extender,
                                   std::set<std::string>& names) {
  for (std::size_t i = 0; i < extender.managed_resources.size(); ++i) {
    const std::string& name = extender.managed_resources[i].name;
    const std::string name_path = ChildPath(ItemPath(path, i), "name");
    if (!IsExtendedResourceName(name)) {
      return InvalidValue(name_path, name, "is an invalid extended resource name");
    }
    if (!names.insert(name).second) return DuplicateValue(name_path, name);
  }
  return {};
}

Result<void> CheckExtender(const std::string& path, const Extender& extender) {
  if (!extender.prioritize_verb.empty() && extender.weight <= 0) {
    return InvalidValue(ChildPath(path, "weight"), extender.weight,
                        "must have a positive weight applied to it");
  }
  if (extender.http_timeout < Duration::zero()) {
    return InvalidValue(ChildPath(path, "httpTimeout"), FormatDuration(extender.http_timeout),
                        "must not be negative");
  }
  return {};
}

Result<void> CheckExtenders(const std::vector<Extender>& extenders) {
  std::set<std::string> managed;
  std::int64_t binders = 0;
  for (std::size_t i = 0; i < extenders.size(); ++i) {
    const std::string path = ItemPath("extenders", i);
    BERTH_TRY(CheckExtender(path, extenders[i]));
    BERTH_TRY(CheckManagedResources(ChildPath(path, "managedResources"), extenders[i], managed));
    if (extenders[i].bind_verb.empty()) continue;
    if (++binders > 1) {
      return InvalidValue(ChildPath(path, "bindVerb"), extenders[i].bind_verb,
                          "only one extender can implement bind");
    }
  }
  return {};
}

Result<void> CheckBackoff(const Configuration& configuration) {
  const std::int64_t initial = configuration.pod_initial_backoff_seconds;
  const std::int64_t max = configuration.pod_max_backoff_seconds;
  if (initial <= 0) {
    return InvalidValue("podInitialBackoffSeconds", initial, "must be greater than 0");
  }
  if (max < initial) {
    return InvalidValue("podMaxBackoffSeconds", max,
                        "must be greater than or equal to PodInitialBackoffSeconds");
  }
  return {};
}

}  // namespace

Result<void> ValidatePluginNames(const Configuration& configuration) {
  for (std::size_t i = 0; i < configuration.profile_specs.size(); ++i) {
    const std::string path = ChildPath(ItemPath("profiles", i), "plugins");
    for (std::size_t set = 0; set < kPluginSetCount; ++set) {
      BERTH_TRY(CheckSet(ChildPath(path, kPluginSets[set].field), set,
                         configuration.profile_specs[i], configuration.gates));
    }
  }
  return {};
}

Result<void> Validate(const Configuration& configuration) {
  if (configuration.client_connection.burst < 0) {
    return InvalidValue("clientConnection.burst", configuration.client_connection.burst,
                        "must be non-negative");
  }
  BERTH_TRY(CheckLeaderElection(configuration.leader_election));
  if (configuration.parallelism <= 0) {
    return InvalidValue("parallelism", configuration.parallelism,
                        "should be an integer value greater than zero");
  }
  BERTH_TRY(CheckProfiles(configuration.profile_specs));
  BERTH_TRY(CheckExtenders(configuration.extenders));
  BERTH_TRY(CheckPercentage("", configuration.percentage_of_nodes_to_score));
  return CheckBackoff(configuration);
}

}  // namespace berth::config

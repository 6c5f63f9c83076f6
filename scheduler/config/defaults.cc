#include "scheduler/config/defaults.h"

#include <algorithm>
#include <set>

#include "scheduler/config/supported.h"

namespace berth::config {
namespace {

template <typename T>
void SetIfZero(T& value, const T& fallback) {
  if (value == T()) value = fallback;
}

void DefaultLeaderElection(LeaderElection& out) {
  const LeaderElection defaults;
  SetIfZero(out.lease_duration, defaults.lease_duration);
  SetIfZero(out.renew_deadline, defaults.renew_deadline);
  SetIfZero(out.retry_period, defaults.retry_period);
  SetIfZero(out.resource_lock, defaults.resource_lock);
  SetIfZero(out.resource_name, defaults.resource_name);
  SetIfZero(out.resource_namespace, defaults.resource_namespace);
}

void DefaultClientConnection(ClientConnection& out) {
  const ClientConnection defaults;
  SetIfZero(out.content_type, defaults.content_type);
  if (out.qps == 0.0f) out.qps = defaults.qps;
  SetIfZero(out.burst, defaults.burst);
}

// By name, as Kubernetes appends them: the printed file does not depend on the order of the lists.
std::set<std::string> EnabledNames(const ProfileSpec& profile) {
  std::set<std::string> names;
  for (const PluginSet& set : profile.plugins) {
    for (const PluginReference& plugin : set.enabled) names.insert(plugin.name);
  }
  return names;
}

void AppendDefaultArgs(ProfileSpec& profile) {
  for (const std::string& name : EnabledNames(profile)) {
    const PluginInfo* plugin = FindPlugin(name);
    if (plugin == nullptr || plugin->args == ArgsKind::kNone) continue;
    const auto own = std::ranges::find(profile.plugin_config, name, &PluginConfig::name);
    if (own != profile.plugin_config.end()) continue;
    profile.plugin_config.push_back({name, DefaultArgs(plugin->args)});
  }
}

void DefaultProfile(ProfileSpec& profile, const FeatureGates& gates) {
  PluginSet& multi_point = profile.plugins[kMultiPointSet];
  multi_point = MergePluginSet(DefaultMultiPoint(gates), multi_point);
  AppendDefaultArgs(profile);
}

}  // namespace

PluginSet DefaultMultiPoint(const FeatureGates& gates) {
  PluginSet set;
  for (const PluginInfo& plugin : KnownPlugins()) {
    if (!plugin.supported || !plugin.enabled_by_default) continue;
    if (plugin.gate && !gates[*plugin.gate]) continue;
    set.enabled.push_back({std::string(plugin.name), plugin.default_weight});
  }
  return set;
}

PluginSet MergePluginSet(const PluginSet& defaults, const PluginSet& custom) {
  PluginSet merged;
  merged.disabled = custom.disabled;
  std::vector<bool> placed(custom.enabled.size(), false);
  const bool all_disabled = std::ranges::find(custom.disabled, "*") != custom.disabled.end();
  for (const PluginReference& plugin : defaults.enabled) {
    if (all_disabled || std::ranges::find(custom.disabled, plugin.name) != custom.disabled.end()) {
      continue;
    }
    const auto own = std::ranges::find(custom.enabled, plugin.name, &PluginReference::name);
    if (own == custom.enabled.end()) {
      merged.enabled.push_back(plugin);
      continue;
    }
    merged.enabled.push_back(*own);
    placed[static_cast<std::size_t>(own - custom.enabled.begin())] = true;
  }
  for (std::size_t i = 0; i < custom.enabled.size(); ++i) {
    if (!placed[i]) merged.enabled.push_back(custom.enabled[i]);
  }
  return merged;
}

void ApplyDefaults(Configuration& configuration) {
  DefaultLeaderElection(configuration.leader_election);
  DefaultClientConnection(configuration.client_connection);
  if (!configuration.enable_contention_profiling) {
    configuration.enable_contention_profiling = configuration.enable_profiling;
  }
  if (configuration.profile_specs.empty()) configuration.profile_specs.emplace_back();
  if (configuration.profile_specs.size() == 1) {
    SetIfZero(configuration.profile_specs[0].scheduler_name, std::string("default-scheduler"));
  }
  for (ProfileSpec& profile : configuration.profile_specs)
    DefaultProfile(profile, configuration.gates);
  for (Extender& extender : configuration.extenders) {
    SetIfZero(extender.http_timeout, Extender().http_timeout);
  }
}

}  // namespace berth::config

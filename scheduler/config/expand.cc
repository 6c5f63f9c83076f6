#include "scheduler/config/expand.h"

#include <algorithm>

#include "scheduler/config/field_error.h"
#include "scheduler/config/reader.h"
#include "scheduler/config/supported.h"

namespace berth::config {
namespace {

using base::Result;

bool Names(const std::vector<PluginReference>& plugins, std::string_view name) {
  return std::ranges::find(plugins, name, &PluginReference::name) != plugins.end();
}

bool Disables(const PluginSet& set, std::string_view name) {
  return std::ranges::any_of(
      set.disabled, [name](const std::string& item) { return item == "*" || item == name; });
}

// The plugins of multiPoint that belong at this point and are not disabled there.
std::vector<PluginReference> FromMultiPoint(const ProfileSpec& spec, ExtensionPoint point) {
  const PluginSet& own = spec.plugins[static_cast<std::size_t>(point)];
  std::vector<PluginReference> plugins;
  for (const PluginReference& plugin : spec.plugins[kMultiPointSet].enabled) {
    const PluginInfo* info = FindPlugin(spec, plugin.name);
    if (info == nullptr || !info->supported || !info->Implements(point)) continue;
    // Being enabled here by name outweighs being disabled here for multiPoint; the caller then
    // takes it as one of the point's own.
    if (!Disables(own, plugin.name)) plugins.push_back(plugin);
  }
  return plugins;
}

std::vector<PluginReference> Order(const std::vector<PluginReference>& own,
                                   const std::vector<PluginReference>& multi_point) {
  std::vector<PluginReference> ordered;
  for (const PluginReference& plugin : own) {
    if (Names(multi_point, plugin.name)) ordered.push_back(plugin);
  }
  for (const PluginReference& plugin : multi_point) {
    if (!Names(own, plugin.name)) ordered.push_back(plugin);
  }
  for (const PluginReference& plugin : own) {
    if (!Names(multi_point, plugin.name)) ordered.push_back(plugin);
  }
  return ordered;
}

std::vector<EnabledPlugin> ExpandPoint(const ProfileSpec& spec, ExtensionPoint point) {
  const auto& own = spec.plugins[static_cast<std::size_t>(point)].enabled;
  std::vector<EnabledPlugin> plugins;
  for (const PluginReference& plugin : Order(own, FromMultiPoint(spec, point))) {
    // Weights are 32 bits wide and plugins few, so that the sum of weight * 100 always fits 64
    // bits.
    const std::int64_t weight = std::max<std::int64_t>(plugin.weight, 1);
    plugins.push_back({plugin.name, point == ExtensionPoint::kScore ? weight : 0});
  }
  return plugins;
}

bool RunsSomewhere(const Profile& profile, std::string_view name) {
  return std::ranges::any_of(profile.plugins, [name](const std::vector<EnabledPlugin>& plugins) {
    return std::ranges::find(plugins, name, &EnabledPlugin::name) != plugins.end();
  });
}

Result<void> CheckQueueSortAndBind(const std::string& path, const Profile& profile) {
  const std::size_t sorters = profile.At(ExtensionPoint::kQueueSort).size();
  if (sorters != 1) {
    return FieldError(path, "only one queue sort plugin required for profile with scheduler name " +
                                Quoted(profile.scheduler_name) + ", but got " +
                                std::to_string(sorters));
  }
  if (profile.At(ExtensionPoint::kBind).empty()) {
    return FieldError(path, "at least one bind plugin is needed for profile with scheduler name " +
                                Quoted(profile.scheduler_name));
  }
  return {};
}

// One queue serves all profiles, so they have to agree on its order.
Result<void> CheckCommonQueueSort(const std::vector<Profile>& profiles) {
  const std::string& first = profiles.front().At(ExtensionPoint::kQueueSort)[0].name;
  for (std::size_t i = 1; i < profiles.size(); ++i) {
    const std::string& name = profiles[i].At(ExtensionPoint::kQueueSort)[0].name;
    if (name == first) continue;
    return InvalidValue(ItemPath("profiles", i) + ".plugins.queueSort", name,
                        "all profiles need the same queue sort plugin");
  }
  return {};
}

std::vector<std::string> IgnoredByExtenders(const std::vector<Extender>& extenders) {
  std::vector<std::string> names;
  for (const Extender& extender : extenders) {
    for (const ManagedResource& resource : extender.managed_resources) {
      if (resource.ignored_by_scheduler) names.push_back(resource.name);
    }
  }
  return names;
}

void IgnoreResources(const std::vector<std::string>& names, Profile& profile) {
  for (auto& [plugin, args] : profile.args) {
    auto* fit = std::get_if<NodeResourcesFitArgs>(&args);
    if (fit == nullptr) continue;
    fit->ignored_resources.insert(fit->ignored_resources.end(), names.begin(), names.end());
  }
}

}  // namespace

const PluginInfo* FindPlugin(const ProfileSpec& profile, std::string_view name) {
  if (const PluginInfo* built_in = FindPlugin(name)) return built_in;
  const auto own = std::ranges::find(profile.plugin_config, name, &PluginConfig::name);
  if (own == profile.plugin_config.end() || ExternalKind(own->args).empty()) return nullptr;
  return &ExternalPlugin();
}

Result<Profile> Expand(const std::string& path, const ProfileSpec& spec) {
  Profile profile;
  profile.scheduler_name = spec.scheduler_name;
  profile.percentage_of_nodes_to_score = spec.percentage_of_nodes_to_score;
  for (std::size_t i = 0; i < kExtensionPointCount; ++i) {
    profile.plugins[i] = ExpandPoint(spec, static_cast<ExtensionPoint>(i));
  }
  for (const PluginConfig& config : spec.plugin_config) {
    const bool takes_any = !std::holds_alternative<std::monostate>(config.args);
    if (takes_any && RunsSomewhere(profile, config.name)) profile.args[config.name] = config.args;
  }
  BERTH_TRY(CheckQueueSortAndBind(path, profile));
  return profile;
}

Result<void> ExpandProfiles(Configuration& configuration) {
  const std::vector<std::string> ignored = IgnoredByExtenders(configuration.extenders);
  configuration.profiles.clear();
  for (std::size_t i = 0; i < configuration.profile_specs.size(); ++i) {
    BERTH_ASSIGN(Profile profile,
                 Expand(ItemPath("profiles", i) + ".plugins", configuration.profile_specs[i]));
    profile.gates = configuration.gates;
    IgnoreResources(ignored, profile);
    configuration.profiles.push_back(std::move(profile));
  }
  return CheckCommonQueueSort(configuration.profiles);
}

}  // namespace berth::config

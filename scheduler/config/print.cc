#include "scheduler/config/print.h"

#include "scheduler/config/duration.h"
#include "scheduler/config/print_args.h"
#include "scheduler/config/yaml_writer.h"

namespace berth::config {
namespace {

constexpr std::array<std::string_view, kPluginSetCount - kExtensionPointCount> kOtherSets = {
    "multiPoint", "placementGenerate", "placementScore"};

void PrintLeaderElection(const LeaderElection& election, YamlWriter& out) {
  out.Open("leaderElection");
  out.Set("leaderElect", election.leader_elect);
  out.Set("leaseDuration", FormatDuration(election.lease_duration));
  out.Set("renewDeadline", FormatDuration(election.renew_deadline));
  out.Set("retryPeriod", FormatDuration(election.retry_period));
  out.Set("resourceLock", election.resource_lock);
  out.Set("resourceName", election.resource_name);
  out.Set("resourceNamespace", election.resource_namespace);
  out.Close();
}

void PrintClientConnection(const ClientConnection& connection, YamlWriter& out) {
  out.Open("clientConnection");
  out.Set("kubeconfig", connection.kubeconfig);
  out.Set("acceptContentTypes", connection.accept_content_types);
  out.Set("contentType", connection.content_type);
  out.Set("qps", connection.qps);
  out.Set("burst", connection.burst);
  out.Close();
}

void PrintSet(std::string_view field, const PluginSet& set, YamlWriter& out) {
  if (set.enabled.empty() && set.disabled.empty()) return;
  out.Open(field);
  if (!set.enabled.empty()) out.Open("enabled");
  for (const PluginReference& plugin : set.enabled) {
    out.BeginItem();
    out.Set("name", plugin.name);
    if (plugin.weight != 0) out.Set("weight", plugin.weight);
    out.EndItem();
  }
  if (!set.enabled.empty()) out.Close();
  if (!set.disabled.empty()) out.Open("disabled");
  for (const std::string& name : set.disabled) {
    out.BeginItem();
    out.Set("name", name);
    out.EndItem();
  }
  if (!set.disabled.empty()) out.Close();
  out.Close();
}

void PrintPlugins(const ProfileSpec& spec, YamlWriter& out) {
  out.Open("plugins");
  PrintSet(kOtherSets[0], spec.plugins[kMultiPointSet], out);
  for (std::size_t i = 0; i < kExtensionPointCount; ++i) {
    PrintSet(FieldName(static_cast<ExtensionPoint>(i)), spec.plugins[i], out);
  }
  PrintSet(kOtherSets[1], spec.plugins[kPlacementGenerateSet], out);
  PrintSet(kOtherSets[2], spec.plugins[kPlacementScoreSet], out);
  out.Close();
}

void PrintPluginConfig(const std::vector<PluginConfig>& configs, YamlWriter& out) {
  if (configs.empty()) return;
  out.Open("pluginConfig");
  for (const PluginConfig& config : configs) {
    out.BeginItem();
    out.Set("name", config.name);
    PrintArgs(config.name, config.args, out);
    out.EndItem();
  }
  out.Close();
}

// "score: TaintToleration 3, NodeAffinity 2".
std::string Running(ExtensionPoint point, const std::vector<EnabledPlugin>& plugins) {
  std::string text = std::string(FieldName(point)) + ":";
  for (const EnabledPlugin& plugin : plugins) {
    if (&plugin != &plugins.front()) text += ",";
    text += " " + plugin.name;
    if (point == ExtensionPoint::kScore) text += " " + std::to_string(plugin.weight);
  }
  return text;
}

void PrintRunning(const Profile& profile, YamlWriter& out) {
  out.Comment("What runs:");
  for (std::size_t i = 0; i < kExtensionPointCount; ++i) {
    if (profile.plugins[i].empty()) continue;
    out.Comment("  " + Running(static_cast<ExtensionPoint>(i), profile.plugins[i]));
  }
}

void PrintProfiles(const Configuration& configuration, YamlWriter& out) {
  out.Open("profiles");
  for (std::size_t i = 0; i < configuration.profile_specs.size(); ++i) {
    const ProfileSpec& spec = configuration.profile_specs[i];
    out.BeginItem();
    out.Set("schedulerName", spec.scheduler_name);
    if (spec.percentage_of_nodes_to_score) {
      out.Set("percentageOfNodesToScore", *spec.percentage_of_nodes_to_score);
    }
    if (i < configuration.profiles.size()) PrintRunning(configuration.profiles[i], out);
    PrintPlugins(spec, out);
    PrintPluginConfig(spec.plugin_config, out);
    out.EndItem();
  }
  out.Close();
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits <<= 8;
      if (i + k < bytes.size()) bits |= static_cast<unsigned char>(bytes[i + k]);
    }
    const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t k = 0; k < 4; ++k) {
      out += k < digits ? kDigits[bits >> (18 - 6 * k) & 63u] : '=';
    }
  }
  return out;
}

void PrintTls(const ExtenderTls& tls, YamlWriter& out) {
  out.Open("tlsConfig");
  out.Set("insecure", tls.insecure);
  const std::array<std::pair<std::string_view, const std::string*>, 4> names = {
      {{"serverName", &tls.server_name},
       {"certFile", &tls.cert_file},
       {"keyFile", &tls.key_file},
       {"caFile", &tls.ca_file}}};
  for (const auto& [field, text] : names) {
    if (!text->empty()) out.Set(field, *text);
  }
  const std::array<std::pair<std::string_view, const std::string*>, 3> blobs = {
      {{"certData", &tls.cert_data}, {"keyData", &tls.key_data}, {"caData", &tls.ca_data}}};
  for (const auto& [field, bytes] : blobs) {
    if (!bytes->empty()) out.Set(field, Base64(*bytes));
  }
  out.Close();
}

void PrintVerbs(const Extender& extender, YamlWriter& out) {
  const std::array<std::pair<std::string_view, const std::string*>, 4> verbs = {
      {{"filterVerb", &extender.filter_verb},
       {"preemptVerb", &extender.preempt_verb},
       {"prioritizeVerb", &extender.prioritize_verb},
       {"bindVerb", &extender.bind_verb}}};
  for (const auto& [field, verb] : verbs) {
    if (!verb->empty()) out.Set(field, *verb);
  }
}

void PrintManagedResources(const std::vector<ManagedResource>& resources, YamlWriter& out) {
  if (resources.empty()) return;
  out.Open("managedResources");
  for (const ManagedResource& resource : resources) {
    out.BeginItem();
    out.Set("name", resource.name);
    out.Set("ignoredByScheduler", resource.ignored_by_scheduler);
    out.EndItem();
  }
  out.Close();
}

void PrintExtenders(const std::vector<Extender>& extenders, YamlWriter& out) {
  if (extenders.empty()) return;
  out.Open("extenders");
  for (const Extender& extender : extenders) {
    out.BeginItem();
    out.Set("urlPrefix", extender.url_prefix);
    PrintVerbs(extender, out);
    out.Set("weight", extender.weight);
    out.Set("enableHTTPS", extender.enable_https);
    if (extender.tls) PrintTls(*extender.tls, out);
    out.Set("httpTimeout", FormatDuration(extender.http_timeout));
    out.Set("nodeCacheCapable", extender.node_cache_capable);
    PrintManagedResources(extender.managed_resources, out);
    out.Set("ignorable", extender.ignorable);
    out.EndItem();
  }
  out.Close();
}

void PrintGates(const GateSettings& gates, YamlWriter& out) {
  if (gates.empty()) return;
  out.Open("featureGates");
  for (const auto& [name, on] : gates) out.Set(name, on);
  out.Close();
}

void PrintPercentage(const std::optional<std::int32_t>& percent, YamlWriter& out) {
  if (percent) {
    out.Set("percentageOfNodesToScore", *percent);
  } else {
    out.Comment("percentageOfNodesToScore is unset: every node is scored.");
  }
}

}  // namespace

std::string Print(const Configuration& configuration) {
  YamlWriter out;
  out.Set("apiVersion", kApiVersion);
  out.Set("kind", kKind);
  out.Set("parallelism", configuration.parallelism);
  PrintLeaderElection(configuration.leader_election, out);
  PrintClientConnection(configuration.client_connection, out);
  out.Set("enableProfiling", configuration.enable_profiling);
  out.Set("enableContentionProfiling",
          configuration.enable_contention_profiling.value_or(configuration.enable_profiling));
  PrintPercentage(configuration.percentage_of_nodes_to_score, out);
  out.Set("podInitialBackoffSeconds", configuration.pod_initial_backoff_seconds);
  out.Set("podMaxBackoffSeconds", configuration.pod_max_backoff_seconds);
  out.Set("delayCacheUntilActive", configuration.delay_cache_until_active);
  PrintGates(configuration.feature_gates, out);
  PrintProfiles(configuration, out);
  PrintExtenders(configuration.extenders, out);
  return out.text();
}

}  // namespace berth::config

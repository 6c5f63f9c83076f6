// KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) as plain values: what the file says
// after defaults, and the profiles that follow from it. Made by config/load.h; plain values, free
// to copy, safe to share as const.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/config/feature_gates.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/config/profile.h"
#include "scheduler/config/supported.h"

namespace berth::config {

inline constexpr std::string_view kApiVersion = "kubescheduler.config.k8s.io/v1";
inline constexpr std::string_view kKind = "KubeSchedulerConfiguration";

using Duration = std::chrono::nanoseconds;

struct LeaderElection {
  bool leader_elect = true;
  Duration lease_duration = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);
  Duration retry_period = std::chrono::seconds(2);
  std::string resource_lock = "leases";
  std::string resource_name = "kube-scheduler";
  std::string resource_namespace = "kube-system";
};

struct ClientConnection {
  std::string kubeconfig;  // empty: the service account of the pod that Berth runs in
  std::string accept_content_types;
  std::string content_type = "application/vnd.kubernetes.protobuf";
  float qps = 50;  // requests a second; negative: no limit
  std::int32_t burst = 100;
};

struct ManagedResource {
  std::string name;
  bool ignored_by_scheduler = false;
};

struct ExtenderTls {
  bool insecure = false;
  std::string server_name;
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
  std::string cert_data;  // bytes, no longer base64
  std::string key_data;
  std::string ca_data;
};

struct Extender {
  std::string url_prefix;
  std::string filter_verb;  // an empty verb: the extender does not take part
  std::string preempt_verb;
  std::string prioritize_verb;
  std::int64_t weight = 0;  // positive when prioritize_verb is set
  std::string bind_verb;
  bool enable_https = false;
  std::optional<ExtenderTls> tls;
  Duration http_timeout = std::chrono::seconds(5);
  bool node_cache_capable = false;
  std::vector<ManagedResource> managed_resources;
  bool ignorable = false;
};

// ---- A profile as written (after merging the defaults), the form that is printed ----

// The fields of `plugins`: the extension points, then those that only Kubernetes has.
inline constexpr std::size_t kMultiPointSet = kExtensionPointCount;
inline constexpr std::size_t kPlacementGenerateSet = kExtensionPointCount + 1;
inline constexpr std::size_t kPlacementScoreSet = kExtensionPointCount + 2;
inline constexpr std::size_t kPluginSetCount = kExtensionPointCount + 3;

struct PluginReference {
  std::string name;
  std::int32_t weight = 0;  // 0: unset
};

struct PluginSet {
  std::vector<PluginReference> enabled;
  std::vector<std::string> disabled;  // "*" stands for all
};

struct PluginConfig {
  std::string name;
  PluginArgs args;
};

struct ProfileSpec {
  std::string scheduler_name;
  std::optional<std::int32_t> percentage_of_nodes_to_score;
  std::array<PluginSet, kPluginSetCount> plugins;
  std::vector<PluginConfig> plugin_config;
};

// The plugin that a profile means by a name: one that is built in, or one that its pluginConfig
// makes an external one; nullptr for a name that nobody knows.
const PluginInfo* FindPlugin(const ProfileSpec& profile, std::string_view name);

// ---- The whole file ----

struct Configuration {
  std::int32_t parallelism = 16;
  LeaderElection leader_election;
  ClientConnection client_connection;
  bool enable_profiling = true;
  std::optional<bool> enable_contention_profiling;  // set by defaults
  // Unset: every node is looked at. 0: kube-scheduler's adaptive sample. 1..100: that many percent.
  // Unset differs from kube-scheduler, which samples adaptively then too.
  std::optional<std::int32_t> percentage_of_nodes_to_score;
  std::int64_t pod_initial_backoff_seconds = 1;
  std::int64_t pod_max_backoff_seconds = 10;
  std::vector<ProfileSpec> profile_specs;
  std::vector<Extender> extenders;
  bool delay_cache_until_active = false;
  GateSettings feature_gates;  // those that are set, in the file or by the flag
  FeatureGates gates;          // what they come to

  // What profile_specs come to, in the same order: the plugins that run. At least one profile.
  std::vector<Profile> profiles;
};

}  // namespace berth::config

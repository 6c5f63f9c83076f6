#include "scheduler/main/schedule_flags.h"

#include <utility>
#include <vector>

#include "scheduler/config/duration.h"
#include "scheduler/config/load.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/plugin_flags.h"

namespace berth::main {
namespace {

// A duration as Go writes it.
template <typename Out>
void AddDuration(CLI::App& command, const std::string& name, Out& out, const std::string& help) {
  const auto read = [name, &out](const std::string& text) {
    const auto duration = config::ParseDuration(text);
    if (!duration) throw CLI::ValidationError(name, duration.error().message());
    if constexpr (std::is_same_v<Out, std::chrono::milliseconds>) {
      out = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
    } else {
      out = *duration;
    }
  };
  command.add_option_function<std::string>(name, read, help)->type_name("DURATION");
}

void AddList(CLI::App& command, const std::string& name, std::vector<std::string>& out,
             const std::string& help) {
  command.add_option(name, out, help)->delimiter(',')->type_name("NAME,...");
}

void AddConfigFlags(CLI::App& command, ScheduleFlags& flags) {
  command
      .add_option("--config", flags.config_path,
                  "A KubeSchedulerConfiguration; without it the default one")
      ->type_name("FILE");
  command
      .add_option("--write-config-to", flags.write_config_to,
                  "Write the effective configuration there and end")
      ->type_name("FILE");
  command
      .add_option("--kubeconfig", flags.kubeconfig,
                  "How to reach the API server; goes before the configuration. Without either, the "
                  "service account of the pod that Berth runs in")
      ->type_name("FILE");
  command.add_option("--master", flags.master, "Goes before the server that the kubeconfig names")
      ->type_name("URL");
  command.add_option("--kube-api-qps", flags.qps, "Requests a second; negative: no limit")
      ->type_name("N");
  command.add_option("--kube-api-burst", flags.burst, "Requests at once beyond that")
      ->type_name("N");
  AddDuration(command, "--pod-max-in-unschedulable-pods-duration", flags.max_in_unschedulable,
              "After that long a pod that was turned away is tried again whatever happens");
  AddFeatureGates(command, flags.gates);
  AddPluginFlag(command, flags.plugin_paths);
}

void AddLeaderFlags(CLI::App& command, ScheduleFlags& flags) {
  // Not a flag to CLI11, which would set an optional that was not given.
  const auto read = [&flags](const std::string& text) {
    if (text != "true" && text != "false" && !text.empty()) {
      RefuseWord("--leader-elect", {"true", "false"}, text);
    }
    flags.leader_elect = text != "false";
  };
  command
      .add_option_function<std::string>("--leader-elect", read,
                                        "Schedule only while holding the lease")
      ->expected(0, 1)
      ->type_name("[=true|false]");
  AddDuration(command, "--leader-elect-lease-duration", flags.lease_duration,
              "After that long without renewal others take the lease");
  AddDuration(command, "--leader-elect-renew-deadline", flags.renew_deadline,
              "After that long without renewal the leader gives up");
  AddDuration(command, "--leader-elect-retry-period", flags.retry_period,
              "Between two tries to get or renew the lease");
  command.add_option("--leader-elect-resource-lock", flags.resource_lock, "Only leases")
      ->type_name("leases");
  command.add_option("--leader-elect-resource-name", flags.resource_name, "Of the lease")
      ->type_name("NAME");
  command.add_option("--leader-elect-resource-namespace", flags.resource_namespace, "Of the lease")
      ->type_name("NAME");
}

void AddServingFlags(CLI::App& command, live::ServingOptions& serving) {
  command.add_option("--bind-address", serving.bind_address, "Where to serve")->type_name("IP");
  AddPort(command, "--secure-port", serving.secure_port,
          "Where to serve health, metrics and debugging; 0: nowhere");
  command
      .add_option("--tls-cert-file", serving.tls_cert_file,
                  "Without it a certificate is made at the start")
      ->type_name("FILE");
  command.add_option("--tls-private-key-file", serving.tls_private_key_file, "Its key")
      ->type_name("FILE");
  command.add_option("--tls-min-version", serving.tls_min_version, "VersionTLS12 or VersionTLS13")
      ->type_name("VERSION");
  AddList(command, "--tls-cipher-suites", serving.tls_cipher_suites, "As Go names them");
  command.add_flag("--profiling", serving.profiling, "Serve /debug/flags/v");
}

void AddAuthenticationFlags(CLI::App& command, live::ServingOptions& serving) {
  command.add_option("--client-ca-file", serving.client_ca_file, "Who vouches for clients")
      ->type_name("FILE");
  command
      .add_option("--requestheader-client-ca-file", serving.requestheader_client_ca_file,
                  "Who vouches for a proxy that has authenticated its clients")
      ->type_name("FILE");
  AddList(command, "--requestheader-allowed-names", serving.requestheader_allowed_names,
          "Names that the proxy may have; none: any");
  AddList(command, "--requestheader-username-headers", serving.requestheader_username_headers,
          "Where it tells the user");
  AddList(command, "--requestheader-uid-headers", serving.requestheader_uid_headers,
          "Where it tells the uid");
  AddList(command, "--requestheader-group-headers", serving.requestheader_group_headers,
          "Where it tells the groups");
  AddList(command, "--requestheader-extra-headers-prefix",
          serving.requestheader_extra_headers_prefix, "Where it tells more");
  command.add_flag("--authentication-skip-lookup", serving.authentication_skip_lookup,
                   "Do not ask the cluster whom to believe");
  command.add_flag("--authentication-tolerate-lookup-failure",
                   serving.authentication_tolerate_lookup_failure,
                   "Go on where the cluster does not say");
  AddDuration(command, "--authentication-token-webhook-cache-ttl", serving.token_cache_ttl,
              "How long tokens are believed");
  AddList(command, "--authorization-always-allow-paths", serving.always_allow_paths,
          "Paths that everybody may ask for");
  AddDuration(command, "--authorization-webhook-cache-authorized-ttl", serving.authorized_cache_ttl,
              "How long a yes holds");
  AddDuration(command, "--authorization-webhook-cache-unauthorized-ttl",
              serving.unauthorized_cache_ttl, "How long a no holds");
}

void AddMetricsFlags(CLI::App& command, metrics::RegistryOptions& metrics) {
  const auto disable = [&metrics](const std::vector<std::string>& names) {
    metrics.disabled.insert(names.begin(), names.end());
  };
  command
      .add_option_function<std::vector<std::string>>("--disabled-metrics", disable,
                                                     "Metrics that are not shown")
      ->delimiter(',')
      ->type_name("NAME,...");
  const auto allow = [&metrics](const std::string& entry) {
    const auto allowed = metrics::AllowLabelValues(entry, metrics);
    if (!allowed) throw CLI::ValidationError("--allow-metric-labels", allowed.error().message());
  };
  command
      .add_option_function<std::string>("--allow-metric-labels", allow,
                                        "The values that a label may have; others are "
                                        "\"unexpected\"")
      ->type_name("METRIC,LABEL=VALUE,...");
}

template <typename T>
void Override(const std::optional<T>& flag, T& field) {
  if (flag) field = *flag;
}

base::Result<void> ApplyLeaderElection(const ScheduleFlags& flags,
                                       config::LeaderElection& election) {
  Override(flags.leader_elect, election.leader_elect);
  Override(flags.lease_duration, election.lease_duration);
  Override(flags.renew_deadline, election.renew_deadline);
  Override(flags.retry_period, election.retry_period);
  Override(flags.resource_lock, election.resource_lock);
  Override(flags.resource_name, election.resource_name);
  Override(flags.resource_namespace, election.resource_namespace);
  if (!election.leader_elect) return {};
  if (election.resource_lock != "leases") {
    return base::Fail("--leader-elect-resource-lock: resourceLock value must be \"leases\"");
  }
  if (election.lease_duration <= election.renew_deadline) {
    return base::Fail("--leader-elect-lease-duration: must be greater than the renew deadline");
  }
  constexpr double kJitter = 1.2;
  if (std::chrono::duration<double>(election.renew_deadline).count() <=
      kJitter * std::chrono::duration<double>(election.retry_period).count()) {
    return base::Fail(
        "--leader-elect-renew-deadline: must be greater than 1.2 times the retry period");
  }
  if (election.resource_name.empty() || election.resource_namespace.empty()) {
    return base::Fail("--leader-elect-resource-name: the lease needs a name and a namespace");
  }
  return {};
}

// What a configuration may say and this command does not do, rather than leave it out in silence.
base::Result<void> CheckServed(const config::Configuration& config) {
  if (config.gates[config::Gate::kGenericWorkload]) {
    return base::Fail("featureGates.GenericWorkload: not supported by berth schedule yet");
  }
  return {};
}

}  // namespace

void AddScheduleFlags(CLI::App& command, ScheduleFlags& flags) {
  AddConfigFlags(command, flags);
  AddLeaderFlags(command, flags);
  AddServingFlags(command, flags.serving);
  AddAuthenticationFlags(command, flags.serving);
  AddMetricsFlags(command, flags.metrics);
  AddLogFlags(command, flags.log);
}

base::Result<live::ServiceOptions> ServiceOptionsOf(const ScheduleFlags& flags,
                                                    const config::LoadedPlugins& loaded) {
  BERTH_ASSIGN(config::Configuration config,
               config::LoadFileOrDefault(flags.config_path, flags.gates, loaded));
  config::ClientConnection& connection = config.client_connection;
  if (!flags.kubeconfig.empty()) connection.kubeconfig = flags.kubeconfig;
  if (flags.qps) connection.qps = static_cast<float>(*flags.qps);
  Override(flags.burst, connection.burst);
  BERTH_TRY(ApplyLeaderElection(flags, config.leader_election));
  BERTH_TRY(CheckServed(config));
  return live::ServiceOptions{.config = std::move(config),
                              .master = flags.master,
                              .max_in_unschedulable = flags.max_in_unschedulable,
                              .serving = flags.serving,
                              .metrics = flags.metrics};
}

}  // namespace berth::main

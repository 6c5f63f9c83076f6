// berth extender.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/config/load.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/signals.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/webhook/service.h"

namespace berth::main {
namespace {

constexpr std::uint64_t kMaxWorkers = 1024;
constexpr std::uint64_t kMaxConnections = 1'000'000;
constexpr std::uint64_t kMaxBodyMegabytes = 4000;  // a reader of JSON counts in 32 bits

struct ExtenderFlags {
  std::string config_path;
  std::string kubeconfig;
  config::GateSettings gates;
  std::vector<std::string> plugin_paths;
  webhook::ServiceOptions service;
  base::log::Options log;
};

// The credentials for a view of the cluster: of the flag, the configuration, or the pod that this
// runs in. Nothing where there are none.
base::Result<std::optional<kube::ClientConfig>> ClusterOf(const ExtenderFlags& flags,
                                                          const config::Configuration& config) {
  const config::ClientConnection& connection = config.client_connection;
  const std::string& path = flags.kubeconfig.empty() ? connection.kubeconfig : flags.kubeconfig;
  if (path.empty() && !std::filesystem::exists(kube::kServiceAccountFolder)) return std::nullopt;
  BERTH_ASSIGN(kube::ClientConfig cluster,
               path.empty() ? kube::InClusterConfig() : kube::LoadKubeconfig(path));
  cluster.qps = connection.qps;
  cluster.burst = connection.burst;
  return cluster;
}

base::Result<webhook::ServiceOptions> OptionsOf(const ExtenderFlags& flags,
                                                const config::LoadedPlugins& loaded) {
  webhook::ServiceOptions options = flags.service;
  BERTH_ASSIGN(options.config, config::LoadFileOrDefault(flags.config_path, flags.gates, loaded));
  if (!options.config.extenders.empty()) {
    return base::Fail("extenders: an extender has none of its own");
  }
  BERTH_ASSIGN(options.cluster, ClusterOf(flags, options.config));
  return options;
}

int Extend(const ExtenderFlags& flags) {
  base::log::Configure(flags.log);
  auto plugins = LoadPlugins(flags.plugin_paths);
  if (!plugins) {
    PrintError(plugins.error().message());
    return kBadInput;
  }
  auto options = OptionsOf(flags, plugins->loaded);
  if (!options) {
    PrintError(options.error().message());
    return kBadInput;
  }
  const base::SystemClock clock;
  const live::ServiceSignals& signals = CatchServiceSignals();
  auto service = webhook::Service::Make(*std::move(options), plugins->registry, clock);
  if (!service) {
    PrintError(service.error().message());
    return kBadInput;
  }
  (*service)->Run(signals.stop);
  return kSuccess;
}

void AddClusterFlags(CLI::App& command, ExtenderFlags& flags) {
  command
      .add_option("--config", flags.config_path,
                  "A KubeSchedulerConfiguration whose profiles say which plugins answer; without "
                  "it the default one")
      ->type_name("FILE");
  command
      .add_option("--kubeconfig", flags.kubeconfig,
                  "How to reach the API server; goes before the configuration. Without either, the "
                  "service account of the pod that Berth runs in; without that, nodes come with "
                  "the requests only")
      ->type_name("FILE");
  AddFeatureGates(command, flags.gates);
  AddPluginFlag(command, flags.plugin_paths);
}

void AddVerbs(CLI::App& command, std::vector<webhook::Verb>& verbs) {
  static const std::vector<webhook::Verb> kAll = webhook::VerbOptions().served;
  const auto read = [&verbs](const std::vector<std::string>& given) {
    verbs.clear();
    for (const std::string& text : given) {
      const auto verb = std::ranges::find(kAll, text, webhook::Name);
      if (verb == kAll.end()) {
        RefuseWord("--verbs", {"filter", "prioritize", "preempt", "bind"}, text);
      }
      if (std::ranges::find(verbs, *verb) == verbs.end()) verbs.push_back(*verb);
    }
  };
  command
      .add_option_function<std::vector<std::string>>("--verbs", read,
                                                     "What is answered; all of them unless given")
      ->delimiter(',')
      ->type_name("filter,prioritize,preempt,bind");
}

void AddServingFlags(CLI::App& command, webhook::ServiceOptions& service) {
  command.add_option("--address", service.address, "Where to serve")
      ->type_name("IP")
      ->default_str(service.address);
  AddPort(command, "--port", service.port, "Where to serve; 0: any port that is free (8888)");
  command
      .add_option("--tls-cert-file", service.tls_cert_file,
                  "Serve HTTPS with it; without it, plain HTTP")
      ->type_name("FILE");
  command.add_option("--tls-private-key-file", service.tls_private_key_file, "Its key")
      ->type_name("FILE");
  command
      .add_option("--client-ca-file", service.client_ca_file,
                  "Who vouches for schedulers, which then have to show a certificate")
      ->type_name("FILE");
  AddNumber(
      command, "--workers", 1, kMaxWorkers,
      [&service](std::uint64_t workers) { service.workers = workers; },
      "Threads that answer; one a core unless given");
  AddNumber(
      command, "--max-connections", 1, kMaxConnections,
      [&service](std::uint64_t connections) { service.max_connections = connections; },
      "Beyond them a 503 (1024)");
  AddNumber(
      command, "--max-body-megabytes", 1, kMaxBodyMegabytes,
      [&service](std::uint64_t megabytes) { service.max_body_bytes = megabytes << 20; },
      "Larger requests get a 413 (256)");
}

}  // namespace

void AddExtenderCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "extender", "Filter, score, preempt and bind for a kube-scheduler that asks over HTTP");
  const auto flags = std::make_shared<ExtenderFlags>();
  AddClusterFlags(*command, *flags);
  AddVerbs(*command, flags->service.verbs);
  AddServingFlags(*command, flags->service);
  AddLogFlags(*command, flags->log);
  command->callback([flags, &action] { action = [flags] { return Extend(*flags); }; });
}

}  // namespace berth::main

// berth placement.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/config/load.h"
#include "scheduler/kube/kubeconfig.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/placement/cluster_follower.h"
#include "scheduler/placement/server.h"

namespace berth::main {
namespace {

constexpr std::uint64_t kMaxSnapshots = 10'000;
constexpr std::uint64_t kMaxMebibytes = 2047;  // what gRPC can count
constexpr std::uint64_t kMaxCalls = 1024;
constexpr std::uint16_t kDefaultPort = 10280;
constexpr std::chrono::milliseconds kLook{50};

struct Options {
  std::string config_path;
  config::GateSettings gates;
  std::vector<std::string> plugin_paths;
  std::string kubeconfig;
  bool in_cluster = false;
  placement::ServerOptions server = {.port = kDefaultPort};
};

// What runs, until the end of the process.
struct Running {
  base::SystemClock clock;
  AllPlugins plugins;
  std::unique_ptr<placement::ClusterFollower> follower;  // null where no cluster is followed
  std::unique_ptr<placement::Server> server;             // ends first: it asks the follower
};

base::Result<void> Follow(const Options& options, const config::Configuration& config,
                          Running& running) {
  if (options.kubeconfig.empty() && !options.in_cluster) return {};
  BERTH_ASSIGN(kube::ClientConfig cluster, options.in_cluster
                                               ? kube::InClusterConfig()
                                               : kube::LoadKubeconfig(options.kubeconfig));
  cluster.qps = config.client_connection.qps;
  cluster.burst = config.client_connection.burst;
  BERTH_ASSIGN(running.follower,
               placement::ClusterFollower::Start(std::move(cluster), config,
                                                 running.plugins.registry, running.clock));
  return {};
}

base::Result<void> Start(const Options& options, Running& running) {
  BERTH_ASSIGN(running.plugins, LoadPlugins(options.plugin_paths));
  BERTH_ASSIGN(auto config, config::LoadFileOrDefault(options.config_path, options.gates,
                                                      running.plugins.loaded));
  BERTH_TRY(Follow(options, config, running));
  BERTH_ASSIGN(auto engine, placement::Engine::Make(std::move(config), running.plugins.registry));
  placement::LiveObjects live;
  if (running.follower != nullptr) {
    live = [&follower = *running.follower] { return follower.Now(); };
  }
  BERTH_ASSIGN(running.server, placement::Server::Start(options.server, std::move(engine), live));
  return {};
}

int Serve(const Options& options) {
  const std::atomic<bool>& interrupted = CatchInterrupt();
  Running running;
  if (const auto started = Start(options, running); !started) {
    PrintError(started.error().message());
    return kBadInput;
  }
  base::log::Info(0, "Serving berth.placement.v1",
                  {{"address", options.server.address},
                   {"port", running.server->port()},
                   {"follows", running.follower != nullptr ? "a cluster" : "none"}});
  while (!interrupted) std::this_thread::sleep_for(kLook);
  base::log::Info(0, "Stopping");
  running.server->Stop();
  return kSuccess;
}

void AddClusterFlags(CLI::App& command, Options& options) {
  CLI::Option* kubeconfig =
      command
          .add_option(
              "--kubeconfig", options.kubeconfig,
              "Follow the cluster of this file: a snapshot \"live\" that is always as it is")
          ->type_name("FILE");
  command
      .add_flag("--in-cluster", options.in_cluster,
                "The same with the service account of the pod that Berth runs in")
      ->excludes(kubeconfig);
}

void AddTlsFlags(CLI::App& command, placement::ServerTls& tls) {
  command
      .add_option("--tls-cert-file", tls.cert_file,
                  "Without it, plain text is served, on loopback only")
      ->type_name("FILE");
  command.add_option("--tls-private-key-file", tls.key_file, "Its key")->type_name("FILE");
  command
      .add_option("--client-ca-file", tls.client_ca_file,
                  "Only clients with a certificate of it are served")
      ->type_name("FILE");
}

void AddLimitFlags(CLI::App& command, placement::ServerLimits& limits) {
  AddNumber(
      command, "--max-snapshots", 1, kMaxSnapshots,
      [&limits](std::uint64_t count) { limits.snapshots = count; },
      "How many snapshots are kept at once")
      ->default_str(std::to_string(limits.snapshots));
  AddNumber(
      command, "--max-snapshot-mebibytes", 1, kMaxMebibytes,
      [&limits](std::uint64_t count) { limits.snapshot_bytes = count << 20; },
      "Of the files of one snapshot")
      ->default_str(std::to_string(limits.snapshot_bytes >> 20));
  AddNumber(
      command, "--max-calls", 1, kMaxCalls,
      [&limits](std::uint64_t count) { limits.calls = count; }, "How many calls may work at once")
      ->default_str(std::to_string(limits.calls));
}

}  // namespace

void AddPlacementCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "placement", "Serve placements over gRPC: where would these pods go, and why");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--config", options->config_path,
                   "A KubeSchedulerConfiguration; without it the default one")
      ->type_name("FILE");
  AddFeatureGates(*command, options->gates);
  AddPluginFlag(*command, options->plugin_paths);
  AddClusterFlags(*command, *options);
  command->add_option("--address", options->server.address, "Where to serve")
      ->type_name("IP")
      ->capture_default_str();
  AddPort(*command, "--port", options->server.port, "Where to serve; 0: any that is free")
      ->default_str(std::to_string(kDefaultPort));
  AddTlsFlags(*command, options->server.tls);
  AddLimitFlags(*command, options->server.limits);
  command->callback([options, &action] { action = [options] { return Serve(*options); }; });
}

}  // namespace berth::main

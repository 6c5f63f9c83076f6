// berth placement.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/config/load.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/placement/server.h"

namespace berth::main {
namespace {

constexpr std::uint64_t kMaxPort = 65535;
constexpr std::uint64_t kMaxSnapshots = 10'000;
constexpr std::uint64_t kMaxMebibytes = 2047;  // what gRPC can count
constexpr std::uint64_t kMaxCalls = 1024;
constexpr std::uint16_t kDefaultPort = 10280;
constexpr std::chrono::milliseconds kLook{50};

struct Options {
  std::string config_path;
  config::GateSettings gates;
  std::vector<std::string> plugin_paths;
  placement::ServerOptions server = {.port = kDefaultPort};
};

int Serve(const Options& options) {
  const std::atomic<bool>& interrupted = CatchInterrupt();
  auto plugins = LoadPlugins(options.plugin_paths);
  if (!plugins) {
    PrintError(plugins.error().message());
    return kBadInput;
  }
  auto config = config::LoadFileOrDefault(options.config_path, options.gates, plugins->loaded);
  if (!config) {
    PrintError(config.error().message());
    return kBadInput;
  }
  auto engine = placement::Engine::Make(*std::move(config), std::move(plugins->registry));
  if (!engine) {
    PrintError(engine.error().message());
    return kBadInput;
  }
  const auto server = placement::Server::Start(options.server, *std::move(engine));
  if (!server) {
    PrintError(server.error().message());
    return kBadInput;
  }
  base::log::Info(0, "Serving berth.placement.v1",
                  {{"address", options.server.address}, {"port", (*server)->port()}});
  while (!interrupted) std::this_thread::sleep_for(kLook);
  base::log::Info(0, "Stopping");
  (*server)->Stop();
  return kSuccess;
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
  command->add_option("--address", options->server.address, "Where to serve")
      ->type_name("IP")
      ->capture_default_str();
  AddNumber(
      *command, "--port", 0, kMaxPort,
      [options](std::uint64_t port) { options->server.port = static_cast<std::uint16_t>(port); },
      "Where to serve; 0: any that is free")
      ->default_str(std::to_string(kDefaultPort));
  AddTlsFlags(*command, options->server.tls);
  AddLimitFlags(*command, options->server.limits);
  command->callback([options, &action] { action = [options] { return Serve(*options); }; });
}

}  // namespace berth::main

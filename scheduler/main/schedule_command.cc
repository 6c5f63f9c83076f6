// berth schedule.
#include <chrono>
#include <memory>
#include <string>

#include "plugins/registry.h"
#include "scheduler/base/log.h"
#include "scheduler/config/duration.h"
#include "scheduler/config/load.h"
#include "scheduler/live/service.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

struct Flags {
  std::string config_path;
  std::string kubeconfig;
  std::string master;
  config::GateSettings gates;
  base::log::Options log;
};

int Schedule(const Flags& flags) {
  base::log::Configure(flags.log);
  auto config = config::LoadFileOrDefault(flags.config_path, flags.gates);
  if (!config) {
    PrintError(config.error().message());
    return kBadInput;
  }
  live::ServiceOptions options{.config = *std::move(config), .master = flags.master};
  if (!flags.kubeconfig.empty()) options.config.client_connection.kubeconfig = flags.kubeconfig;
  const base::SystemClock clock;
  const std::atomic<bool>& stop = CatchInterrupt();
  auto service = live::Service::Make(std::move(options), plugins::MakeRegistry(), clock);
  if (!service) {
    PrintError(service.error().message());
    return kBadInput;
  }
  return (*service)->Run(stop) == live::ServiceEnd::kStopped ? kSuccess : kFailure;
}

}  // namespace

void AddScheduleCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("schedule", "Place the pods of a cluster");
  const auto flags = std::make_shared<Flags>();
  command->add_option("--config", flags->config_path, "A KubeSchedulerConfiguration")
      ->type_name("FILE");
  command->add_option("--kubeconfig", flags->kubeconfig, "How to reach the API server")
      ->type_name("FILE");
  command->add_option("--master", flags->master, "Goes before the server of the kubeconfig")
      ->type_name("URL");
  AddFeatureGates(*command, flags->gates);
  AddNumber(
      *command, "-v,--v", 0, 10,
      [flags](std::uint64_t v) { flags->log.verbosity = static_cast<int>(v); }, "How much to log");
  AddChoice(*command, "--logging-format",
            {{"text", base::log::Format::kText}, {"json", base::log::Format::kJson}},
            flags->log.format, "The form of the log");
  command->callback([flags, &action] { action = [flags] { return Schedule(*flags); }; });
}

}  // namespace berth::main

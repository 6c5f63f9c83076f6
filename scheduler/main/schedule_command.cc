// berth schedule.
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "scheduler/config/print.h"
#include "scheduler/live/service.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/schedule_flags.h"
#include "scheduler/main/signals.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

int WriteConfiguration(const config::Configuration& config, const std::string& path) {
  std::ofstream file(path, std::ios::trunc);
  file << config::Print(config);
  file.close();
  if (file) return kSuccess;
  PrintError(path + ": cannot be written");
  return kFailure;
}

int Schedule(const ScheduleFlags& flags) {
  base::log::Configure(flags.log);
  auto plugins = LoadPlugins(flags.plugin_paths);
  if (!plugins) {
    PrintError(plugins.error().message());
    return kBadInput;
  }
  auto options = ServiceOptionsOf(flags, plugins->loaded);
  if (!options) {
    PrintError(options.error().message());
    return kBadInput;
  }
  if (!flags.write_config_to.empty()) {
    return WriteConfiguration(options->config, flags.write_config_to);
  }
  const base::SystemClock clock;
  const live::ServiceSignals& signals = CatchServiceSignals();
  auto service = live::Service::Make(*std::move(options), plugins->registry, clock);
  if (!service) {
    PrintError(service.error().message());
    return kBadInput;
  }
  return (*service)->Run(signals) == live::ServiceEnd::kStopped ? kSuccess : kFailure;
}

// Every flag that was given, for /flagz.
std::map<std::string, std::string> GivenFlags(const CLI::App& command) {
  std::map<std::string, std::string> given;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    std::string& value = given[option->get_lnames().front()];
    for (const std::string& one : option->results()) value += (value.empty() ? "" : ",") + one;
  }
  return given;
}

}  // namespace

void AddScheduleCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "schedule", "Place the pods of a cluster, beside kube-scheduler or in its place");
  const auto flags = std::make_shared<ScheduleFlags>();
  AddScheduleFlags(*command, *flags);
  command->callback([command, flags, &action] {
    flags->serving.flags = GivenFlags(*command);
    action = [flags] { return Schedule(*flags); };
  });
}

}  // namespace berth::main

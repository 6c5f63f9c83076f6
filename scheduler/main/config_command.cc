// berth config print, berth config validate.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/config/load.h"
#include "scheduler/config/print.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

// What to look at.
struct Target {
  std::string path;
  config::GateSettings gates;
  std::vector<std::string> plugin_paths;
};

void AddTargetFlags(CLI::App& command, Target& target) {
  AddFeatureGates(command, target.gates);
  AddPluginFlag(command, target.plugin_paths);
}

using Loader = base::Result<config::Configuration> (&)(const std::string&,
                                                       const config::GateSettings&,
                                                       const config::LoadedPlugins&);

base::Result<config::Configuration> Load(const Target& target, Loader loader) {
  BERTH_ASSIGN(const AllPlugins plugins, LoadPlugins(target.plugin_paths));
  return loader(target.path, target.gates, plugins.loaded);
}

int PrintConfiguration(const Target& target) {
  const auto configuration = Load(target, config::LoadFileOrDefault);
  if (!configuration) {
    PrintError(configuration.error().message());
    return kBadInput;
  }
  return WriteOut(config::Print(*configuration)) ? kSuccess : kFailure;
}

int ValidateConfiguration(const Target& target) {
  const auto configuration = Load(target, config::LoadFile);
  if (!configuration) {
    PrintError(configuration.error().message());
    return kBadInput;
  }
  return WriteOut(target.path + ": valid\n") ? kSuccess : kFailure;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Action& action) {
  CLI::App* config = app.add_subcommand("config", "Print or check a scheduler configuration");
  config->require_subcommand(1);

  const auto target = std::make_shared<Target>();
  CLI::App* print =
      config->add_subcommand("print", "Print the effective configuration after defaults, as YAML");
  print
      ->add_option("--config", target->path,
                   "A KubeSchedulerConfiguration; without it the default one")
      ->type_name("FILE");
  AddTargetFlags(*print, *target);
  print->callback([target, &action] { action = [target] { return PrintConfiguration(*target); }; });

  CLI::App* validate =
      config->add_subcommand("validate", "Check a configuration; exit status 2 if it is not valid");
  validate->add_option("FILE", target->path, "A KubeSchedulerConfiguration; - is standard input")
      ->required();
  AddTargetFlags(*validate, *target);
  validate->callback(
      [target, &action] { action = [target] { return ValidateConfiguration(*target); }; });
}

}  // namespace berth::main

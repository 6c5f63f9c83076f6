// berth config print, berth config validate.
#include <CLI/CLI.hpp>
#include <memory>

#include "scheduler/config/load.h"
#include "scheduler/config/print.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

// What to look at.
struct Target {
  std::string path;
  config::GateSettings gates;
};

int PrintConfiguration(const Target& target) {
  const auto configuration = config::LoadFileOrDefault(target.path, target.gates);
  if (!configuration) {
    PrintError(configuration.error().message());
    return kBadInput;
  }
  return WriteOut(config::Print(*configuration)) ? kSuccess : kFailure;
}

int ValidateConfiguration(const Target& target) {
  const auto configuration = config::LoadFile(target.path, target.gates);
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
  AddFeatureGates(*print, target->gates);
  print->callback([target, &action] { action = [target] { return PrintConfiguration(*target); }; });

  CLI::App* validate =
      config->add_subcommand("validate", "Check a configuration; exit status 2 if it is not valid");
  validate->add_option("FILE", target->path, "A KubeSchedulerConfiguration; - is standard input")
      ->required();
  AddFeatureGates(*validate, target->gates);
  validate->callback(
      [target, &action] { action = [target] { return ValidateConfiguration(*target); }; });
}

}  // namespace berth::main

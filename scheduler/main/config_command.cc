// berth config print, berth config validate.
#include <CLI/CLI.hpp>
#include <memory>

#include "scheduler/config/load.h"
#include "scheduler/config/print.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

using base::Result;

int PrintConfiguration(const std::string& path) {
  const Result<config::Configuration> configuration =
      path.empty() ? config::DefaultConfiguration() : config::LoadFile(path);
  if (!configuration) {
    PrintError(configuration.error().message());
    return kBadInput;
  }
  return WriteOut(config::Print(*configuration)) ? kSuccess : kFailure;
}

int ValidateConfiguration(const std::string& path) {
  const auto configuration = config::LoadFile(path);
  if (!configuration) {
    PrintError(configuration.error().message());
    return kBadInput;
  }
  return WriteOut(path + ": valid\n") ? kSuccess : kFailure;
}

}  // namespace

void AddConfigCommand(CLI::App& app, Action& action) {
  CLI::App* config = app.add_subcommand("config", "Print or check a scheduler configuration");
  config->require_subcommand(1);

  const auto path = std::make_shared<std::string>();
  CLI::App* print =
      config->add_subcommand("print", "Print the effective configuration after defaults, as YAML");
  print->add_option("--config", *path, "A KubeSchedulerConfiguration; without it the default one")
      ->type_name("FILE");
  print->callback([path, &action] { action = [path] { return PrintConfiguration(*path); }; });

  CLI::App* validate =
      config->add_subcommand("validate", "Check a configuration; exit status 2 if it is not valid");
  validate->add_option("FILE", *path, "A KubeSchedulerConfiguration; - is standard input")
      ->required();
  validate->callback([path, &action] { action = [path] { return ValidateConfiguration(*path); }; });
}

}  // namespace berth::main

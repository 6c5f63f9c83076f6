// berth compare.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/compare/comparison.h"
#include "scheduler/compare/simulated_side.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/input_flags.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

struct CompareFlags {
  std::vector<std::string> folders;
  std::vector<std::string> configs;
  simulate::Options options;  // of both simulations, but for the configuration
};

int Write(const compare::Side& a, const compare::Side& b, simulate::OutputFormat format) {
  const compare::Comparison comparison = compare::Compare(a, b);
  const bool json = format == simulate::OutputFormat::kJson;
  return WriteOut(json ? compare::JsonText(comparison) : compare::TableText(comparison)) ? kSuccess
                                                                                         : kFailure;
}

int Refuse(const base::Error& error) {
  PrintError(error.message());
  return kBadInput;
}

int CompareFolders(const CompareFlags& flags) {
  const auto a = compare::ReadFolder(flags.folders[0]);
  if (!a) return Refuse(a.error());
  const auto b = compare::ReadFolder(flags.folders[1]);
  if (!b) return Refuse(b.error());
  return Write(*a, *b, flags.options.output);
}

int CompareConfigurations(CompareFlags flags) {
  auto plugins = LoadPlugins(flags.options.plugin_paths);
  if (!plugins) return Refuse(plugins.error());
  flags.options.loaded_plugins = std::move(plugins->loaded);
  const auto& interrupted = CatchInterrupt();
  std::vector<compare::Side> sides;
  for (const std::string& config : flags.configs) {
    flags.options.config_path = config;
    auto side = compare::SimulateSide(flags.options, plugins->registry, interrupted);
    if (!side) return Refuse(side.error());
    if (!*side) return kInterrupted;
    sides.push_back(**std::move(side));
  }
  return Write(sides[0], sides[1], flags.options.output);
}

void AddFlags(CLI::App& command, CompareFlags& flags) {
  command
      .add_option("FOLDERS", flags.folders,
                  "Two folders of results, of simulate --report or of sweep")
      ->type_name("");
  AddInputFlags(command, flags.options);
  command.get_option("--filename")->required(false);
  command
      .add_option("--config", flags.configs,
                  "Twice, with -f: the configurations to simulate the same input with")
      ->type_name("FILE");
  AddPluginFlag(command, flags.options.plugin_paths);
  AddThreadsFlag(command, flags.options.threads);
  using enum simulate::OutputFormat;
  AddChoice(command, "--output", {{"table", kTable}, {"json", kJson}}, flags.options.output,
            "The form of the comparison on standard output");
  command.add_flag("--quiet", flags.options.quiet, "No progress on standard error");
}

void CheckTogether(const CompareFlags& flags) {
  const bool folders = !flags.folders.empty();
  const bool simulations = !flags.options.inputs.empty() || !flags.configs.empty();
  const bool good = folders ? !simulations && flags.folders.size() == 2
                            : !flags.options.inputs.empty() && flags.configs.size() == 2;
  if (good) return;
  throw CLI::ValidationError(
      "compare", "needs two folders, or an input (-f) and two configurations (--config)");
}

}  // namespace

void AddCompareCommand(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("compare", "Set two results, or two configurations, side by side");
  const auto flags = std::make_shared<CompareFlags>();
  AddFlags(*command, *flags);
  command->callback([flags, &action] {
    CheckTogether(*flags);
    action = [flags] {
      return flags->folders.empty() ? CompareConfigurations(*flags) : CompareFolders(*flags);
    };
  });
}

}  // namespace berth::main

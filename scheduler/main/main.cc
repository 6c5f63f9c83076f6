// The command line of berth. Exit statuses: exit_status.h.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/standard_output.h"

namespace berth::main {
namespace {

constexpr const char* kDescription =
    "Berth: a Kubernetes-compatible scheduler with a high-performance scoring engine";

// "berth simulate" while that command's flags are being read.
std::string CommandPath(const CLI::App& app) {
  const CLI::App* command = &app;
  std::string path = "berth";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    path += " " + command->get_name();
  }
  return path;
}

// One line that says what is wrong and one that says where to read on.
int Refuse(const CLI::App& app, const CLI::ParseError& error) {
  PrintError(error.what());
  std::fprintf(stderr, "Try '%s --help'.\n", CommandPath(app).c_str());
  return kBadInput;
}

int Run(int argc, char** argv) {
  CLI::App app(kDescription, "berth");
  app.require_subcommand(1);
  app.set_version_flag("--version", "berth " BERTH_VERSION " (Kubernetes 1.36)");
  Action action;
  AddConfigCommand(app, action);
  AddScheduleCommand(app, action);
  AddSimulateCommand(app, action);
  AddExplainCommand(app, action);
  AddSweepCommand(app, action);
  AddCompareCommand(app, action);
  AddRecordCommand(app, action);
  AddAnonymizeCommand(app, action);
  AddExtenderCommand(app, action);
  AddPlacementCommand(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return WriteOut(app.help()) ? kSuccess : kFailure;
  } catch (const CLI::CallForVersion& version) {
    return WriteOut(std::string(version.what()) + "\n") ? kSuccess : kFailure;
  } catch (const CLI::ParseError& error) {
    return Refuse(app, error);
  }
  return action();
}

}  // namespace
}  // namespace berth::main

int main(int argc, char** argv) {
  // Libraries may throw; whatever comes this far is a failure that nobody foresaw.
  try {
    return berth::main::Run(argc, argv);
  } catch (const std::exception& error) {
    berth::main::PrintError(error.what());
    return berth::main::kFailure;
  }
}

// The commands of `berth`: one file each, and here the one list of them.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace berth::main {

// What the command line comes to; run after parsing, gives the exit status.
using Action = std::function<int()>;

// Each adds its command with its flags to `app` and, when the command is chosen, sets `action`.
// Both must outlive the parsing.
void AddAnonymizeCommand(CLI::App& app, Action& action);
void AddCompareCommand(CLI::App& app, Action& action);
void AddConfigCommand(CLI::App& app, Action& action);
void AddExplainCommand(CLI::App& app, Action& action);
void AddExtenderCommand(CLI::App& app, Action& action);
void AddPlacementCommand(CLI::App& app, Action& action);
void AddRecordCommand(CLI::App& app, Action& action);
void AddScheduleCommand(CLI::App& app, Action& action);
void AddSimulateCommand(CLI::App& app, Action& action);
void AddSweepCommand(CLI::App& app, Action& action);

}  // namespace berth::main

// berth simulate.
#include <memory>
#include <utility>

#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/input_flags.h"
#include "scheduler/main/interrupt.h"
#include "scheduler/main/plugin_flags.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/report/simulation_page.h"
#include "scheduler/simulate/options.h"
#include "scheduler/simulate/run.h"

namespace berth::main {
namespace {

using simulate::Options;

int Simulate(Options options) {
  auto plugins = LoadPlugins(options.plugin_paths);
  if (!plugins) {
    PrintError(plugins.error().message());
    return kBadInput;
  }
  options.loaded_plugins = std::move(plugins->loaded);
  const auto end = simulate::Run(options, {.registry = plugins->registry,
                                           .interrupted = CatchInterrupt(),
                                           .write_output = WriteOut,
                                           .make_page = report::SimulationPage});
  if (!end) {
    PrintError(end.error().error.message());
    return end.error().kind == simulate::RunFailure::Kind::kInput ? kBadInput : kFailure;
  }
  return *end == simulate::RunEnd::kInterrupted ? kInterrupted : kSuccess;
}

void AddDecisionFlags(CLI::App& command, Options& options) {
  AddAlgorithmFlags(command, options);
  using enum simulate::PreemptionMode;
  AddChoice(command, "--preemption", {{"apply", kApply}, {"report", kReport}, {"off", kOff}},
            options.preemption, "Which pods leave, or would have to, for a pod that fits nowhere");
  command.add_flag(
      "--requeue-evicted", options.requeue_evicted,
      "With --preemption apply: evicted pods wait for a node again, behind all others");
  AddThreadsFlag(command, options.threads);
}

void AddTimeFlags(CLI::App& command, Options& options) {
  using enum simulate::Arrivals;
  AddChoice(command, "--arrivals", {{"at-once", kAtOnce}, {"time", kTime}}, options.arrivals,
            "Whether all pods wait from the beginning, or come and go in virtual time");
  using enum simulate::Departures;
  AddChoice(command, "--departures", {{"duration", kDuration}, {"recorded", kRecorded}},
            options.departures,
            "With --arrivals time: pods leave so long after they started as they ran in the input, "
            "or when they left there");
}

void AddOutputFlags(CLI::App& command, Options& options) {
  command
      .add_option("--decisions", options.decisions_path,
                  "Write every decision as a line of JSON; - is standard output")
      ->type_name("FILE|-");
  command.add_flag("--detail", options.detail, "Add every node to the decisions");
  command
      .add_option("--report", options.report_directory,
                  "Write CSV and JSON files there, and report.html")
      ->type_name("DIR");
  command.add_flag("--overwrite", options.overwrite, "Let --report replace an older report");
  using enum simulate::OutputFormat;
  AddChoice(command, "--output", {{"table", kTable}, {"json", kJson}}, options.output,
            "The form of the summary on standard output");
  command.add_flag("--quiet", options.quiet, "No progress on standard error");
}

// What only makes sense together.
void CheckTogether(const Options& options) {
  if (options.requeue_evicted && options.preemption != simulate::PreemptionMode::kApply) {
    throw CLI::ValidationError("--requeue-evicted", "needs --preemption apply");
  }
  if (options.departures != simulate::Departures::kDuration &&
      options.arrivals != simulate::Arrivals::kTime) {
    throw CLI::ValidationError("--departures", "needs --arrivals time");
  }
}

}  // namespace

void AddSimulateCommand(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("simulate", "Place pods on nodes from files and report what came out");
  const auto options = std::make_shared<Options>();
  AddInputFlags(*command, *options);
  AddDecisionFlags(*command, *options);
  AddTimeFlags(*command, *options);
  AddOutputFlags(*command, *options);
  command->callback([options, &action] {
    CheckTogether(*options);
    action = [options] { return Simulate(*options); };
  });
}

}  // namespace berth::main

#include "scheduler/simulate/run.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/decision_file.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/json_output.h"
#include "scheduler/simulate/progress.h"
#include "scheduler/simulate/report_files.h"
#include "scheduler/simulate/simulation.h"
#include "scheduler/simulate/table_output.h"

namespace berth::simulate {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

base::Result<config::Configuration> LoadConfiguration(const Options& options) {
  auto config = options.config_path.empty()
                    ? base::Result<config::Configuration>(config::DefaultConfiguration())
                    : config::LoadFile(options.config_path);
  if (!config || !options.percentage_of_nodes_to_score) return config;
  config->percentage_of_nodes_to_score = options.percentage_of_nodes_to_score;
  for (auto& profile : config->profiles) profile.percentage_of_nodes_to_score.reset();
  return config;
}

cycle::TieBreak ToCycle(TieBreak rule) {
  switch (rule) {
    case TieBreak::kKube:
      return cycle::TieBreak::kKube;
    case TieBreak::kFirst:
      return cycle::TieBreak::kFirst;
    case TieBreak::kRoundRobin:
      return cycle::TieBreak::kRoundRobin;
    case TieBreak::kRandom:
      return cycle::TieBreak::kRandom;
  }
  return cycle::TieBreak::kKube;
}

// Decides pods until all are done or somebody interrupts. True if all are done.
bool DecideAll(Simulation& simulation, const Options& options,
               const std::atomic<bool>& interrupted) {
  Progress progress(ProgressModeForStandardError(options.quiet), "pods",
                    simulation.pending_count());
  while (simulation.done() < simulation.pending_count() && !interrupted) {
    simulation.Step();
    progress.Update(simulation.done());
  }
  progress.Finish();
  return simulation.done() == simulation.pending_count();
}

}  // namespace

base::Result<RunEnd> Run(const Options& options, const RunEnvironment& environment) {
  if (!options.report_directory.empty()) {
    BERTH_TRY(CheckReportDirectory(options.report_directory, options.overwrite));
  }
  const auto load_begin = Clock::now();
  BERTH_ASSIGN(const config::Configuration config, LoadConfiguration(options));
  const auto executor = base::MakeExecutor(options.threads);
  BERTH_ASSIGN(auto objects, ReadInput(options.inputs, options.format, *executor));

  DecisionFile decisions(options.decisions_path, environment.write_output);
  SimulationOptions simulation_options;
  simulation_options.algorithm = {config.percentage_of_nodes_to_score, ToCycle(options.tie_break),
                                  options.seed};
  simulation_options.detail = options.detail;
  if (!options.decisions_path.empty()) {
    BERTH_TRY(decisions.Open());
    simulation_options.write_decision = [&](std::string_view line) { decisions.Write(line); };
  }
  BERTH_ASSIGN(const auto simulation,
               Simulation::Make(std::move(objects), config, environment.registry,
                                std::move(simulation_options)));
  const double load_seconds = SecondsSince(load_begin);
  const auto decide_begin = Clock::now();
  const bool complete = DecideAll(*simulation, options, environment.interrupted);
  Summary summary = simulation->TakeSummary(!complete);
  summary.timings.load_seconds = load_seconds;
  summary.timings.schedule_seconds = SecondsSince(decide_begin);
  BERTH_TRY(decisions.Close());
  if (!options.report_directory.empty()) {
    BERTH_TRY(WriteReport(summary, options.report_directory, options.overwrite));
  }
  const bool written = environment.write_output(
      options.output == OutputFormat::kJson ? JsonOutput(summary) : TableOutput(summary));
  if (!written) return base::Fail("standard output cannot be written");
  return complete ? RunEnd::kComplete : RunEnd::kInterrupted;
}

}  // namespace berth::simulate

#include "scheduler/simulate/run.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/decision_file.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/json_output.h"
#include "scheduler/simulate/load.h"
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

bool MakesPage(const Options& options, const RunEnvironment& environment) {
  return !options.report_directory.empty() && environment.make_page;
}

// Reads everything that is given; `seconds` is how long that took.
base::Result<std::unique_ptr<Simulation>> Load(const Options& options,
                                               const RunEnvironment& environment,
                                               DecisionFile& decisions, double& seconds) {
  const auto begin = Clock::now();
  BERTH_ASSIGN(const config::Configuration config, LoadConfiguration(options));
  const auto executor = base::MakeExecutor(options.threads);
  BERTH_ASSIGN(auto objects,
               ReadInput(options.inputs, options.format, *executor, !config.extenders.empty()));
  SimulationOptions simulation_options;
  simulation_options.algorithm = AlgorithmOptionsOf(options, config);
  simulation_options.detail = options.detail;
  simulation_options.insight = MakesPage(options, environment);
  simulation_options.preemption = options.preemption;
  simulation_options.requeue_evicted = options.requeue_evicted;
  if (!options.decisions_path.empty()) {
    simulation_options.write_decision = [&](std::string_view line) { decisions.Write(line); };
  }
  auto simulation = Simulation::Make(std::move(objects), config, environment.registry,
                                     std::move(simulation_options));
  seconds = SecondsSince(begin);
  return simulation;
}

base::Result<void> WriteResults(Simulation& simulation, const Summary& summary,
                                const Options& options, const RunEnvironment& environment,
                                DecisionFile& decisions) {
  BERTH_TRY(decisions.Close());
  if (!options.report_directory.empty()) {
    std::string page;
    if (MakesPage(options, environment)) {
      BERTH_ASSIGN(page, environment.make_page(summary, simulation.TakeInsight(summary)));
    }
    BERTH_TRY(WriteReport(summary, options.report_directory, options.overwrite, page));
  }
  const bool written = environment.write_output(
      options.output == OutputFormat::kJson ? JsonOutput(summary) : TableOutput(summary));
  if (!written) return base::Fail("standard output cannot be written");
  return {};
}

std::unexpected<RunFailure> Failed(RunFailure::Kind kind, base::Error error) {
  return std::unexpected(RunFailure{kind, std::move(error)});
}

}  // namespace

std::expected<RunEnd, RunFailure> Run(const Options& options, const RunEnvironment& environment) {
  using enum RunFailure::Kind;
  // What cannot be written is found out before the work, not after it.
  if (!options.report_directory.empty()) {
    auto usable = CheckReportDirectory(options.report_directory, options.overwrite);
    if (!usable) return Failed(kInput, std::move(usable).error());
  }
  DecisionFile decisions(options.decisions_path, environment.write_output);
  if (auto opened = decisions.Open(); !opened) return Failed(kOutput, std::move(opened).error());

  double load_seconds = 0;
  auto simulation = Load(options, environment, decisions, load_seconds);
  if (!simulation) return Failed(kInput, std::move(simulation).error());
  const auto begin = Clock::now();
  const bool complete = DecideAll(**simulation, options, environment.interrupted);
  const double decided_seconds = SecondsSince(begin);
  Summary summary = (*simulation)->TakeSummary(!complete);
  summary.timings.load_seconds = load_seconds;
  summary.timings.schedule_seconds = decided_seconds - (*simulation)->insight_seconds();
  auto written = WriteResults(**simulation, summary, options, environment, decisions);
  if (!written) return Failed(kOutput, std::move(written).error());
  return complete ? RunEnd::kComplete : RunEnd::kInterrupted;
}

}  // namespace berth::simulate

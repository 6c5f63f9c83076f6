#include "scheduler/simulate/run.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/decision_file.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/json_output.h"
#include "scheduler/simulate/lifetimes.h"
#include "scheduler/simulate/load.h"
#include "scheduler/simulate/progress.h"
#include "scheduler/simulate/report_files.h"
#include "scheduler/simulate/simulation.h"
#include "scheduler/simulate/table_output.h"
#include "scheduler/simulate/time_driver.h"

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

// The same in virtual time.
bool DecideAll(TimeDriver& driver, const Options& options, const std::atomic<bool>& interrupted) {
  Progress progress(ProgressModeForStandardError(options.quiet), "pods", driver.pod_count());
  bool more = true;
  while (!interrupted && (more = driver.Step())) progress.Update(driver.arrived());
  progress.Finish();
  return !more;
}

base::Result<void> CheckForTime(const config::Configuration& config) {
  if (!config.gates[config::Gate::kGenericWorkload]) return {};
  return base::Fail("featureGates.GenericWorkload: pods arrive one by one in virtual time");
}

// What a run in virtual time needs beside the simulation.
struct TimePlan {
  Lifetimes lifetimes;
  TimeOptions options;
};

base::Result<TimePlan> PlanOf(const api::ClusterObjects& objects,
                              const config::Configuration& config, const Options& options) {
  BERTH_TRY(CheckForTime(config));
  TimePlan plan;
  BERTH_ASSIGN(plan.lifetimes, ReadLifetimes(objects));
  plan.options.departures = options.departures;
  plan.options.queue.initial_backoff = std::chrono::seconds(config.pod_initial_backoff_seconds);
  plan.options.queue.max_backoff = std::chrono::seconds(config.pod_max_backoff_seconds);
  return plan;
}

// Decides everything, in virtual time if there is a plan, and takes what has come out.
base::Result<Summary> Decide(Simulation& simulation, const std::optional<TimePlan>& plan,
                             const Options& options, const std::atomic<bool>& interrupted) {
  if (!plan) {
    const bool complete = DecideAll(simulation, options, interrupted);
    return simulation.TakeSummary(!complete);
  }
  BERTH_ASSIGN(const auto driver, TimeDriver::Make(simulation, plan->lifetimes, plan->options));
  const bool complete = DecideAll(*driver, options, interrupted);
  return driver->TakeSummary(!complete);
}

// Reads everything that is given; `seconds` is how long that took. `plan` is set where pods come
// and go in virtual time.
base::Result<std::unique_ptr<Simulation>> Load(const Options& options,
                                               const RunEnvironment& environment,
                                               DecisionFile& decisions, double& seconds,
                                               std::optional<TimePlan>& plan) {
  const auto begin = Clock::now();
  BERTH_ASSIGN(const config::Configuration config, LoadConfiguration(options));
  const auto executor = base::MakeExecutor(options.threads);
  BERTH_ASSIGN(auto objects,
               ReadInput(options.inputs, options.format, *executor, !config.extenders.empty()));
  if (options.arrivals == Arrivals::kTime) {
    BERTH_ASSIGN(plan, PlanOf(objects, config, options));
  }
  SimulationOptions simulation_options;
  simulation_options.pods_come_later = plan.has_value();
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
  std::optional<TimePlan> plan;
  auto simulation = Load(options, environment, decisions, load_seconds, plan);
  if (!simulation) return Failed(kInput, std::move(simulation).error());
  const auto begin = Clock::now();
  auto decided = Decide(**simulation, plan, options, environment.interrupted);
  const double decided_seconds = SecondsSince(begin);
  if (!decided) return Failed(kInput, std::move(decided).error());
  Summary summary = *std::move(decided);
  const bool complete = !summary.interrupted;
  summary.timings.load_seconds = load_seconds;
  summary.timings.schedule_seconds = decided_seconds - (*simulation)->insight_seconds();
  auto written = WriteResults(**simulation, summary, options, environment, decisions);
  if (!written) return Failed(kOutput, std::move(written).error());
  return complete ? RunEnd::kComplete : RunEnd::kInterrupted;
}

}  // namespace berth::simulate

#include "scheduler/compare/simulated_side.h"

#include <memory>
#include <utility>

#include "scheduler/base/executor.h"
#include "scheduler/simulate/input.h"
#include "scheduler/simulate/load.h"
#include "scheduler/simulate/progress.h"
#include "scheduler/simulate/simulation.h"

namespace berth::compare {

base::Result<std::optional<Side>> SimulateSide(const simulate::Options& options,
                                               const framework::Registry& registry,
                                               const std::atomic<bool>& interrupted) {
  BERTH_ASSIGN(const config::Configuration config, simulate::LoadConfiguration(options));
  const auto executor = base::MakeExecutor(options.threads);
  BERTH_ASSIGN(auto objects, simulate::ReadInput(options.inputs, options.format, *executor,
                                                 !config.extenders.empty()));
  simulate::SimulationOptions simulation_options;
  simulation_options.algorithm = simulate::AlgorithmOptionsOf(options, config);
  BERTH_ASSIGN(const auto simulation,
               simulate::Simulation::Make(std::move(objects), config, registry,
                                          std::move(simulation_options)));
  simulate::Progress progress(simulate::ProgressModeForStandardError(options.quiet), "pods",
                              simulation->pending_count());
  while (simulation->done() < simulation->pending_count() && !interrupted) {
    simulation->Step();
    progress.Update(simulation->done());
  }
  progress.Finish();
  if (simulation->done() < simulation->pending_count()) return std::optional<Side>();
  return std::optional(SideOf(options.config_path, simulation->TakeSummary(false)));
}

}  // namespace berth::compare

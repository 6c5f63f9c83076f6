// What a command line says of configuration and algorithm, as the engine takes it.
#pragma once

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/simulate/options.h"

namespace berth::simulate {

// The configuration of the file, or the default one, with what flags override.
base::Result<config::Configuration> LoadConfiguration(const Options& options);

cycle::AlgorithmOptions AlgorithmOptionsOf(const Options& options,
                                           const config::Configuration& config);

}  // namespace berth::simulate

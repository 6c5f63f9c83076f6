// The flags that commands which read a cluster have in common.
#pragma once

#include <CLI/CLI.hpp>

#include "scheduler/simulate/options.h"

namespace berth::main {

// -f and --format.
void AddInputFlags(CLI::App& command, simulate::Options& options);
// --config, --plugin, --percentage-of-nodes-to-score, --tie-break, --seed.
void AddAlgorithmFlags(CLI::App& command, simulate::Options& options);
void AddThreadsFlag(CLI::App& command, std::size_t& out);

}  // namespace berth::main

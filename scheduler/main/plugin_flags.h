// Plugins that are not built in: --plugin, and the registry that has them and those over gRPC.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/config/supported.h"
#include "scheduler/framework/registry.h"

namespace berth::main {

// --plugin, which may be given more than once.
void AddPluginFlag(CLI::App& command, std::vector<std::string>& paths);

// Every plugin that there is, and which of them a configuration may name since they were loaded.
struct AllPlugins {
  framework::Registry registry;
  config::LoadedPlugins loaded;
};

// The plugins that are built in, those of the files, and whatever a configuration says how to
// reach. Fails where a file cannot be used.
base::Result<AllPlugins> LoadPlugins(const std::vector<std::string>& paths);

}  // namespace berth::main

// What Kubernetes refuses in a configuration that is well formed, with the path of the field. Each
// function reports its first finding, in the order of Kubernetes' own checks.
#pragma once

#include <string>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/config/supported.h"

namespace berth::config {

// The names in the plugin lists as they were written: they exist, Berth has them, they implement
// the extension point, none comes twice. Before defaults, so that an index is one of the file.
base::Result<void> ValidatePluginNames(const Configuration& configuration);

// Everything else, after defaults.
base::Result<void> Validate(const Configuration& configuration);

// One plugin's arguments; `path` is where they stand ("profiles[0].pluginConfig[1].args").
base::Result<void> ValidateArgs(const std::string& path, const PluginArgs& args);

}  // namespace berth::config

// The effective configuration as YAML.
#pragma once

#include <string>

#include "scheduler/config/configuration.h"

namespace berth::config {

// A KubeSchedulerConfiguration document with every default written out: LoadText reads it back to
// the same configuration, and printing that gives the same text. Comments name, by extension point,
// the plugins that run and, for scores, their weights.
std::string Print(const Configuration& configuration);

}  // namespace berth::config

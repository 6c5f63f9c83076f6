// The way in: a configuration that is read, completed, checked and expanded.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"

namespace berth::config {

// What runs without a file: one profile, default-scheduler, with the default plugins.
Configuration DefaultConfiguration();

// The same with feature gates set.
base::Result<Configuration> DefaultConfiguration(const GateSettings& gates);

// In all that follow, `gates` go before those that the document sets, and the document may name
// plugins that are `loaded`. Files that a plugin's arguments name are relative to the document's
// folder, or to the current one if it comes from no file; they come out as absolute paths.

// From YAML or JSON text. The error begins with `where`, usually the file's name, and the path of
// the field: "sched.yaml: profiles[0].schedulerName: Required value".
base::Result<Configuration> LoadText(std::string_view text, const std::string& where,
                                     const GateSettings& gates = {},
                                     const LoadedPlugins& loaded = {});

// From a file; "-" is standard input. Fails like LoadText, or when the file cannot be read.
base::Result<Configuration> LoadFile(const std::string& path, const GateSettings& gates = {},
                                     const LoadedPlugins& loaded = {});

// From a file, or what runs without one if `path` is empty.
base::Result<Configuration> LoadFileOrDefault(const std::string& path,
                                              const GateSettings& gates = {},
                                              const LoadedPlugins& loaded = {});

}  // namespace berth::config

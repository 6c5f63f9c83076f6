// The way in: a configuration that is read, completed, checked and expanded.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"

namespace berth::config {

// What runs without a file: one profile, default-scheduler, with the default plugins.
Configuration DefaultConfiguration();

// From YAML or JSON text. The error begins with `where`, usually the file's name, and the path of
// the field: "sched.yaml: profiles[0].schedulerName: Required value".
base::Result<Configuration> LoadText(std::string_view text, const std::string& where);

// From a file; "-" is standard input. Fails like LoadText, or when the file cannot be read.
base::Result<Configuration> LoadFile(const std::string& path);

}  // namespace berth::config

// The text of a KubeSchedulerConfiguration into values, strictly: unknown and repeated fields,
// wrong types and words that a field does not know are errors with the field's path. What is not
// written keeps the initial value of its struct; defaults.h and validate.h come after.
#pragma once

#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"

namespace berth::config {

// YAML or JSON; plugins that are `loaded` may be configured too. Fails on the first error in the
// order of the document.
base::Result<Configuration> Decode(std::string_view text, const LoadedPlugins& loaded = {});

}  // namespace berth::config

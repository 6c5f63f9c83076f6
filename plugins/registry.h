// The one list of the plugins that are built in.
#pragma once

#include "scheduler/framework/registry.h"

namespace berth::plugins {

// Every plugin of this folder by its Kubernetes name. Embedders add theirs to the copy.
framework::Registry MakeRegistry();

}  // namespace berth::plugins

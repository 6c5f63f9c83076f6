// Names to plugins.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "scheduler/base/result.h"
#include "scheduler/config/feature_gates.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::framework {

// Makes a plugin from its validated arguments (std::monostate: all defaults), as the gates stand.
using PluginFactory = std::function<base::Result<std::unique_ptr<Plugin>>(
    const config::PluginArgs&, const config::FeatureGates&)>;

// The plugins of plugins/registry.cc, and whatever an embedder adds by name. Plugins that are not
// built in are made by the factory of their kind of arguments (config::ExternalKind).
using Registry = std::map<std::string, PluginFactory, std::less<>>;

}  // namespace berth::framework

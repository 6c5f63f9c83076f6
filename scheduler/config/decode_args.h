// pluginConfig[].args: the fields of each plugin's arguments.
#pragma once

#include <string>

#include "scheduler/base/result.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/config/reader.h"
#include "scheduler/config/supported.h"

namespace berth::config {

// Reads over `out`, which holds the plugin's default arguments. `apiVersion` and `kind` may be left
// out; when written they must be kubescheduler.config.k8s.io/v1 (of Berth's own plugins
// berth/v1alpha1) and the plugin's name with "Args".
base::Result<void> DecodeArgs(const Field& field, const PluginInfo& plugin, PluginArgs& out);

// The same for a plugin that is not built in, by name (`loaded`) or by the kind of its `args`
// (null: none are written). False, and nothing read, where it is neither. `path` is that of the
// entry.
base::Result<bool> DecodeExternalArgs(const std::string& path, const Value* args,
                                      const std::string& name, const LoadedPlugins& loaded,
                                      PluginArgs& out);

}  // namespace berth::config

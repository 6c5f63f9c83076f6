// pluginConfig[].args as YAML.
#pragma once

#include <string_view>

#include "scheduler/config/plugin_args.h"
#include "scheduler/config/yaml_writer.h"

namespace berth::config {

// Writes the key `args` and below it every field of the plugin's arguments; nothing for a plugin
// that takes none.
void PrintArgs(std::string_view plugin, const PluginArgs& args, YamlWriter& out);

}  // namespace berth::config

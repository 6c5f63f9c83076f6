// What a profile comes to after defaults, merging and multiPoint expansion: which plugins run at
// which extension point, in which order, with which weights and arguments.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/string_map.h"
#include "scheduler/config/feature_gates.h"
#include "scheduler/config/plugin_args.h"

namespace berth::config {

// The extension points of the scheduling framework, in the order of KubeSchedulerConfiguration.
enum class ExtensionPoint : std::uint8_t {
  kPreEnqueue,
  kQueueSort,
  kPreFilter,
  kFilter,
  kPostFilter,
  kPreScore,
  kScore,
  kReserve,
  kPermit,
  kPreBind,
  kBind,
  kPostBind,
};
inline constexpr std::size_t kExtensionPointCount = 12;

// "preEnqueue", "queueSort", ...: the field's name in the configuration file.
std::string_view FieldName(ExtensionPoint point);

struct EnabledPlugin {
  std::string name;
  std::int64_t weight = 0;  // of kScore only; at least 1 there
};

struct Profile {
  std::string scheduler_name = "default-scheduler";
  // Unset: the global percentageOfNodesToScore counts.
  std::optional<std::int32_t> percentage_of_nodes_to_score;
  std::array<std::vector<EnabledPlugin>, kExtensionPointCount> plugins;
  // Arguments by plugin name, for every plugin that takes any and is enabled somewhere.
  api::SmallMap<PluginArgs> args;
  FeatureGates gates;

  const std::vector<EnabledPlugin>& At(ExtensionPoint point) const {
    return plugins[static_cast<std::size_t>(point)];
  }
};

}  // namespace berth::config

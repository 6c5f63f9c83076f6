// The one list of plugins that a configuration may name: those that Berth has, and those of
// Kubernetes 1.36 that it does not have yet. A new plugin is one line in supported.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "scheduler/config/feature_gates.h"
#include "scheduler/config/plugin_args.h"
#include "scheduler/config/profile.h"

namespace berth::config {

// Which alternative of PluginArgs a plugin takes.
enum class ArgsKind : std::uint8_t {
  kNone,
  kNodeResourcesFit,
  kNodeResourcesBalancedAllocation,
  kNodeAffinity,
  kInterPodAffinity,
  kPodTopologySpread,
  kVolumeBinding,
  kDefaultPreemption,
  kDynamicResources,
  kGpuShare,
  kFragmentationGradientDescent,
  kRandom,
};

// Of the arguments of plugins that Kubernetes does not have.
inline constexpr std::string_view kOwnApiVersion = "berth/v1alpha1";

struct PluginInfo {
  std::string_view name;
  std::uint32_t points = 0;         // a bit for each ExtensionPoint that it implements
  std::int32_t default_weight = 0;  // in the default multiPoint list; 0: unset
  ArgsKind args = ArgsKind::kNone;
  bool supported = true;  // false: Kubernetes has it, Berth not yet
  // Set for a plugin that runs only while the gate is on.
  std::optional<Gate> gate = {};
  bool enabled_by_default = true;
  bool own = false;  // of Berth: Kubernetes does not know it

  bool Implements(ExtensionPoint point) const {
    return (points >> static_cast<std::uint32_t>(point) & 1u) != 0;
  }
};

// In the order of Kubernetes' default multiPoint list; plugins behind feature gates come last, and
// behind them Berth's own.
std::span<const PluginInfo> KnownPlugins();

// nullptr when neither Berth nor Kubernetes 1.36 has the plugin.
const PluginInfo* FindPlugin(std::string_view name);

// True for plugins of older versions that kubescheduler.config.k8s.io/v1 refuses by name.
bool IsRemovedPlugin(std::string_view name);
inline constexpr std::string_view kRemovedPluginText =
    "was removed; NodeVolumeLimits does its work since";

// The apiVersion of the plugin's arguments.
std::string_view ArgsApiVersion(const PluginInfo& plugin);

// ---- Plugins that are not built in ----

inline constexpr std::string_view kExternalApiVersion = kOwnApiVersion;
inline constexpr std::string_view kSharedObjectKind = "SharedObjectArgs";
inline constexpr std::string_view kGrpcPluginKind = "GrpcPluginArgs";

// Names of plugins that the command line has loaded: a configuration may use them as it uses those
// that are built in.
using LoadedPlugins = std::set<std::string, std::less<>>;

// The kind that makes a plugin one that is not built in; empty for the arguments of built-in ones.
// It is also the name under which a registry has the factory of all plugins of that kind.
std::string_view ExternalKind(const PluginArgs& args);

// What every plugin is taken for that is not built in: it may have a say wherever such plugins can.
const PluginInfo& ExternalPlugin();

// The arguments of a plugin that is configured nowhere.
PluginArgs DefaultArgs(ArgsKind kind);

}  // namespace berth::config

#include "scheduler/config/supported.h"

#include <algorithm>
#include <array>
#include <variant>

#include "scheduler/config/configuration.h"

namespace berth::config {
namespace {

constexpr std::uint32_t Bit(ExtensionPoint point) {
  return std::uint32_t{1} << static_cast<std::uint32_t>(point);
}

constexpr auto kPreEnqueue = Bit(ExtensionPoint::kPreEnqueue);
constexpr auto kQueueSort = Bit(ExtensionPoint::kQueueSort);
constexpr auto kPreFilter = Bit(ExtensionPoint::kPreFilter);
constexpr auto kFilter = Bit(ExtensionPoint::kFilter);
constexpr auto kPreScore = Bit(ExtensionPoint::kPreScore);
constexpr auto kScore = Bit(ExtensionPoint::kScore);
constexpr auto kPostFilter = Bit(ExtensionPoint::kPostFilter);
constexpr auto kReserve = Bit(ExtensionPoint::kReserve);
constexpr auto kPermit = Bit(ExtensionPoint::kPermit);
constexpr auto kPreBind = Bit(ExtensionPoint::kPreBind);
constexpr auto kBind = Bit(ExtensionPoint::kBind);

constexpr std::uint32_t kFilters = kPreFilter | kFilter;
constexpr std::uint32_t kScores = kPreScore | kScore;

constexpr PluginInfo NotYet(std::string_view name) { return {.name = name, .supported = false}; }
// Behind a feature gate that is off in Kubernetes 1.36.
constexpr PluginInfo NotYetGated(std::string_view name) {
  return {.name = name, .supported = false, .enabled_by_default = false};
}
// One that only Berth has, and nobody gets who does not ask for it.
constexpr PluginInfo OwnScore(std::string_view name, ArgsKind args = ArgsKind::kNone) {
  return {.name = name,
          .points = kScore,
          .default_weight = 1,
          .args = args,
          .enabled_by_default = false,
          .own = true};
}

constexpr std::array kPlugins = {
    PluginInfo{.name = "SchedulingGates", .points = kPreEnqueue},
    PluginInfo{.name = "PrioritySort", .points = kQueueSort},
    PluginInfo{.name = "NodeUnschedulable", .points = kFilter},
    PluginInfo{.name = "NodeName", .points = kFilter},
    PluginInfo{.name = "TaintToleration", .points = kFilter | kScores, .default_weight = 3},
    PluginInfo{.name = "NodeAffinity",
               .points = kFilters | kScores,
               .default_weight = 2,
               .args = ArgsKind::kNodeAffinity},
    PluginInfo{.name = "NodePorts", .points = kFilters},
    PluginInfo{.name = "NodeResourcesFit",
               .points = kFilters | kScores,
               .default_weight = 1,
               .args = ArgsKind::kNodeResourcesFit},
    PluginInfo{.name = "VolumeRestrictions", .points = kFilters},
    PluginInfo{.name = "NodeVolumeLimits", .points = kFilters},
    // Its score is behind a feature gate that is off: the weight is left unset, as there.
    PluginInfo{.name = "VolumeBinding",
               .points = kFilters | kScores | kReserve | kPreBind,
               .args = ArgsKind::kVolumeBinding},
    PluginInfo{.name = "VolumeZone", .points = kFilters},
    PluginInfo{.name = "PodTopologySpread",
               .points = kFilters | kScores,
               .default_weight = 2,
               .args = ArgsKind::kPodTopologySpread},
    PluginInfo{.name = "InterPodAffinity",
               .points = kFilters | kScores,
               .default_weight = 2,
               .args = ArgsKind::kInterPodAffinity},
    PluginInfo{.name = "DynamicResources",
               .points = kPreEnqueue | kFilters | kPostFilter | kScore | kReserve | kPreBind,
               .default_weight = 2,
               .args = ArgsKind::kDynamicResources},
    PluginInfo{.name = "DefaultPreemption",
               .points = kPreEnqueue | kPostFilter,
               .args = ArgsKind::kDefaultPreemption},
    PluginInfo{.name = "NodeResourcesBalancedAllocation",
               .points = kScores,
               .default_weight = 1,
               .args = ArgsKind::kNodeResourcesBalancedAllocation},
    PluginInfo{.name = "ImageLocality", .points = kScore, .default_weight = 1},
    PluginInfo{.name = "DefaultBinder", .points = kBind},
    PluginInfo{
        .name = "NodeDeclaredFeatures", .points = kFilters, .gate = Gate::kNodeDeclaredFeatures},
    PluginInfo{
        .name = "GangScheduling", .points = kPreEnqueue | kPermit, .gate = Gate::kGangScheduling},
    NotYetGated("TopologyPlacementGenerator"),
    NotYetGated("PodGroupPodsCount"),
    PluginInfo{.name = "GpuShare",
               .points = kFilters | kReserve | kPreBind,
               .args = ArgsKind::kGpuShare,
               .enabled_by_default = false,
               .own = true},
    OwnScore("FragmentationGradientDescent", ArgsKind::kFragmentationGradientDescent),
    OwnScore("BestFit"),
    OwnScore("DotProduct"),
    OwnScore("GpuPacking"),
    OwnScore("GpuClustering"),
    OwnScore("Random", ArgsKind::kRandom),
};

constexpr std::array<std::string_view, 4> kRemovedPlugins = {"AzureDiskLimits", "CinderLimits",
                                                             "EBSLimits", "GCEPDLimits"};

}  // namespace

std::span<const PluginInfo> KnownPlugins() { return kPlugins; }

const PluginInfo* FindPlugin(std::string_view name) {
  const auto it = std::ranges::find(kPlugins, name, &PluginInfo::name);
  return it == kPlugins.end() ? nullptr : &*it;
}

std::string_view ExternalKind(const PluginArgs& args) {
  if (std::holds_alternative<SharedObjectArgs>(args)) return kSharedObjectKind;
  return std::holds_alternative<GrpcPluginArgs>(args) ? kGrpcPluginKind : std::string_view();
}

const PluginInfo& ExternalPlugin() {
  static constexpr PluginInfo kExternal = {.name = "", .points = kFilters | kScores | kReserve};
  return kExternal;
}

bool IsRemovedPlugin(std::string_view name) {
  return std::ranges::find(kRemovedPlugins, name) != kRemovedPlugins.end();
}

std::string_view ArgsApiVersion(const PluginInfo& plugin) {
  return plugin.own ? kOwnApiVersion : kApiVersion;
}

PluginArgs DefaultArgs(ArgsKind kind) {
  switch (kind) {
    case ArgsKind::kNone:
      break;
    case ArgsKind::kNodeResourcesFit:
      return NodeResourcesFitArgs();
    case ArgsKind::kNodeResourcesBalancedAllocation:
      return NodeResourcesBalancedAllocationArgs();
    case ArgsKind::kNodeAffinity:
      return NodeAffinityArgs();
    case ArgsKind::kInterPodAffinity:
      return InterPodAffinityArgs();
    case ArgsKind::kPodTopologySpread:
      return PodTopologySpreadArgs();
    case ArgsKind::kVolumeBinding:
      return VolumeBindingArgs();
    case ArgsKind::kDefaultPreemption:
      return DefaultPreemptionArgs();
    case ArgsKind::kDynamicResources:
      return DynamicResourcesArgs();
    case ArgsKind::kGpuShare:
      return GpuShareArgs();
    case ArgsKind::kFragmentationGradientDescent:
      return FragmentationGradientDescentArgs();
    case ArgsKind::kRandom:
      return RandomArgs();
  }
  return std::monostate();
}

}  // namespace berth::config

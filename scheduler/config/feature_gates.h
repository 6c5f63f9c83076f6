// The feature gates of kube-scheduler 1.36 that concern scheduling: which there are, how they stand
// without being set, and what Berth makes of them. Set by `--feature-gates` and, as an extension of
// KubeSchedulerConfiguration in the way of other component configurations, by a map `featureGates`
// at its top level; the flag wins. Plain values, safe to share.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "scheduler/api/string_map.h"
#include "scheduler/base/result.h"

namespace berth::config {

// The gates that change what Berth does.
enum class Gate : std::uint8_t {
  kGangScheduling,
  kGenericWorkload,
  kInPlacePodLevelResourcesVerticalScaling,
  kMatchLabelKeysInPodTopologySpread,
  kNodeDeclaredFeatures,
  kPodLevelResources,
  kTaintTolerationComparisonOperators,
  kVolumeLimitScaling,
};
inline constexpr std::size_t kGateCount = 8;

enum class GateStage : std::uint8_t { kAlpha, kBeta, kStable };

enum class GateEffect : std::uint8_t {
  kActs,           // in Berth as in kube-scheduler
  kNoMeaning,      // about the API server, leases, endpoints or when something is written: no
                   // decision depends on it, so it may be set either way
  kOnlyByDefault,  // Berth has what the default state means and not the other: setting it is
                   // refused
};

struct GateInfo {
  std::string_view name;
  bool on_by_default;
  GateStage stage;
  bool locked;  // to the default
  GateEffect effect;
};

// By name.
std::span<const GateInfo> KnownGates();

// Gates as somebody has set them: by name, AllAlpha and AllBeta among them.
using GateSettings = api::SmallMap<bool>;

// "Name=true,Other=false"; the last counts where a name comes twice. Fails on a value that Go's
// strconv.ParseBool does not take, and as CheckGates does.
base::Result<GateSettings> ParseGates(std::string_view text);

// Fails on an unknown name, and on a locked gate that is set to what it is not locked to.
base::Result<void> CheckGates(const GateSettings& settings);

// How every gate stands.
class FeatureGates {
 public:
  // Without settings.
  FeatureGates();

  // AllAlpha and AllBeta set what is not set by name. Fails as CheckGates does, on a state that
  // Berth does not have, and on a gate that is on without one that it needs.
  static base::Result<FeatureGates> Make(const GateSettings& settings);

  bool operator[](Gate gate) const { return on_[static_cast<std::size_t>(gate)]; }
  // For embedders and tests.
  void Set(Gate gate, bool on) { on_[static_cast<std::size_t>(gate)] = on; }

 private:
  std::array<bool, kGateCount> on_{};
};

// "GangScheduling".
std::string_view NameOf(Gate gate);

}  // namespace berth::config

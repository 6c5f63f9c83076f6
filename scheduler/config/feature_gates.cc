#include "scheduler/config/feature_gates.h"

#include <algorithm>
#include <optional>

namespace berth::config {
namespace {

using base::Fail;
using base::Result;
using enum GateStage;
using enum GateEffect;

constexpr bool kOn = true;
constexpr bool kOff = false;
constexpr bool kLocked = true;
constexpr bool kFree = false;

constexpr std::string_view kAllAlpha = "AllAlpha";
constexpr std::string_view kAllBeta = "AllBeta";

// As in kube-scheduler 1.36. Sorted by name.
constexpr GateInfo kGates[] = {
    {"ClearingNominatedNodeNameAfterBinding", kOn, kBeta, kFree, kNoMeaning},
    {"ComponentFlagz", kOn, kBeta, kFree, kNoMeaning},
    {"ComponentStatusz", kOn, kBeta, kFree, kNoMeaning},
    {"CoordinatedLeaderElection", kOff, kBeta, kFree, kNoMeaning},
    {"DRAAdminAccess", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRAConsumableCapacity", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRADeviceBindingConditions", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRADeviceTaintRules", kOff, kAlpha, kFree, kOnlyByDefault},
    {"DRADeviceTaints", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRAExtendedResource", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRAListTypeAttributes", kOff, kAlpha, kFree, kOnlyByDefault},
    {"DRANodeAllocatableResources", kOff, kAlpha, kFree, kOnlyByDefault},
    {"DRAPartitionableDevices", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRAPrioritizedList", kOn, kBeta, kFree, kOnlyByDefault},
    {"DRAResourceClaimDeviceStatus", kOn, kBeta, kFree, kNoMeaning},
    // Decisions are not cut short by the clock here.
    {"DRASchedulerFilterTimeout", kOn, kBeta, kFree, kNoMeaning},
    {"DRAWorkloadResourceClaims", kOff, kAlpha, kFree, kOnlyByDefault},
    {"DynamicResourceAllocation", kOn, kStable, kLocked, kActs},
    {"GangScheduling", kOff, kAlpha, kFree, kActs},
    {"GenericWorkload", kOff, kAlpha, kFree, kActs},
    {"InPlacePodLevelResourcesVerticalScaling", kOn, kBeta, kFree, kActs},
    {"InPlacePodVerticalScaling", kOn, kStable, kLocked, kActs},
    {"MatchLabelKeysInPodAffinity", kOn, kStable, kLocked, kActs},
    {"MatchLabelKeysInPodTopologySpread", kOn, kBeta, kFree, kActs},
    // Merges on creation what the plugin would take into account anyway.
    {"MatchLabelKeysInPodTopologySpreadSelectorMerge", kOn, kBeta, kFree, kNoMeaning},
    {"NodeDeclaredFeatures", kOn, kBeta, kFree, kActs},
    {"NodeInclusionPolicyInPodTopologySpread", kOn, kStable, kLocked, kActs},
    {"NominatedNodeNameForExpectation", kOn, kBeta, kFree, kNoMeaning},
    // Every pod is scored anew here, as batching does without where spreading has defaults.
    {"OpportunisticBatching", kOn, kBeta, kFree, kNoMeaning},
    {"PodLevelResources", kOn, kBeta, kFree, kActs},
    {"SchedulerAsyncAPICalls", kOff, kBeta, kFree, kNoMeaning},
    {"SchedulerAsyncPreemption", kOn, kBeta, kFree, kNoMeaning},
    {"SchedulerPopFromBackoffQ", kOn, kBeta, kFree, kNoMeaning},
    {"SchedulerQueueingHints", kOn, kStable, kLocked, kActs},
    {"SidecarContainers", kOn, kStable, kLocked, kActs},
    {"StorageCapacityScoring", kOff, kAlpha, kFree, kOnlyByDefault},
    {"TaintTolerationComparisonOperators", kOff, kAlpha, kFree, kActs},
    {"TopologyAwareWorkloadScheduling", kOff, kAlpha, kFree, kOnlyByDefault},
    {"VolumeLimitScaling", kOff, kAlpha, kFree, kActs},
    {"WatchListClient", kOn, kBeta, kFree, kNoMeaning},
    {"WorkloadAwarePreemption", kOff, kAlpha, kFree, kOnlyByDefault},
    {"WorkloadWithJob", kOff, kAlpha, kFree, kOnlyByDefault},
};
static_assert(std::ranges::is_sorted(kGates, {}, &GateInfo::name));

// By Gate.
constexpr std::string_view kActing[] = {
    "GangScheduling",
    "GenericWorkload",
    "InPlacePodLevelResourcesVerticalScaling",
    "MatchLabelKeysInPodTopologySpread",
    "NodeDeclaredFeatures",
    "PodLevelResources",
    "TaintTolerationComparisonOperators",
    "VolumeLimitScaling",
};
static_assert(std::size(kActing) == kGateCount);

struct Need {
  Gate gate;
  Gate needs;
};
constexpr Need kNeeds[] = {{Gate::kGangScheduling, Gate::kGenericWorkload}};

const GateInfo* Find(std::string_view name) {
  const auto* found = std::ranges::lower_bound(kGates, name, {}, &GateInfo::name);
  return found == std::end(kGates) || found->name != name ? nullptr : found;
}

std::string TrimmedOf(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// As Go's strconv.ParseBool.
std::optional<bool> ParseBool(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const auto no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::string TextOf(bool on) { return on ? "true" : "false"; }

Result<void> CheckGate(const std::string& name, bool on) {
  if (name == kAllAlpha || name == kAllBeta) return {};
  const GateInfo* gate = Find(name);
  if (gate == nullptr) return Fail("unrecognized feature gate: " + name);
  if (gate->locked && on != gate->on_by_default) {
    return Fail("cannot set feature gate " + name + " to " + TextOf(on) +
                ", feature is locked to " + TextOf(gate->on_by_default));
  }
  return {};
}

bool StateOf(const GateInfo& gate, const GateSettings& settings) {
  if (const bool* set = settings.Find(gate.name)) return *set;
  const bool* all = nullptr;
  if (gate.stage == kAlpha) all = settings.Find(kAllAlpha);
  if (gate.stage == kBeta) all = settings.Find(kAllBeta);
  return all == nullptr || gate.locked ? gate.on_by_default : *all;
}

Result<void> CheckSupported(const GateInfo& gate, bool on) {
  if (gate.effect != kOnlyByDefault || on == gate.on_by_default) return {};
  return Fail("feature gate " + std::string(gate.name) + "=" + TextOf(on) +
              " is not supported: Berth has it " + (gate.on_by_default ? "on" : "off") + " only");
}

}  // namespace

std::span<const GateInfo> KnownGates() { return kGates; }

std::string_view NameOf(Gate gate) { return kActing[static_cast<std::size_t>(gate)]; }

Result<GateSettings> ParseGates(std::string_view text) {
  GateSettings settings;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    const auto equals = item.find('=');
    const std::string name = TrimmedOf(item.substr(0, equals));
    if (equals == std::string_view::npos) return Fail("missing bool value for " + name);
    const std::string value = TrimmedOf(item.substr(equals + 1));
    const auto on = ParseBool(value);
    if (!on) {
      return Fail("invalid value of " + name + "=" + value +
                  ", err: strconv.ParseBool: parsing \"" + value + "\": invalid syntax");
    }
    settings[name] = *on;
  }
  BERTH_TRY(CheckGates(settings));
  return settings;
}

Result<void> CheckGates(const GateSettings& settings) {
  for (const auto& [name, on] : settings) BERTH_TRY(CheckGate(name, on));
  return {};
}

FeatureGates::FeatureGates() {
  for (std::size_t i = 0; i < kGateCount; ++i) on_[i] = Find(kActing[i])->on_by_default;
}

Result<FeatureGates> FeatureGates::Make(const GateSettings& settings) {
  BERTH_TRY(CheckGates(settings));
  FeatureGates gates;
  for (const GateInfo& gate : kGates) {
    const bool on = StateOf(gate, settings);
    BERTH_TRY(CheckSupported(gate, on));
    const auto* acting = std::ranges::find(kActing, gate.name);
    if (acting != std::end(kActing)) gates.on_[static_cast<std::size_t>(acting - kActing)] = on;
  }
  for (const auto& [gate, needs] : kNeeds) {
    if (!gates[gate] || gates[needs]) continue;
    return Fail("feature gate " + std::string(NameOf(gate)) + " needs " +
                std::string(NameOf(needs)) + ", which is off");
  }
  return gates;
}

}  // namespace berth::config

// Labels of volumes and nodes that name a zone or a region.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cluster {

inline constexpr std::string_view kBetaZoneLabel = "failure-domain.beta.kubernetes.io/zone";
inline constexpr std::string_view kBetaRegionLabel = "failure-domain.beta.kubernetes.io/region";
inline constexpr std::string_view kZoneLabel = "topology.kubernetes.io/zone";
inline constexpr std::string_view kRegionLabel = "topology.kubernetes.io/region";

// All of them, in the order in which kube-scheduler looks at them.
inline constexpr std::array<std::string_view, 4> kTopologyLabels = {
    kBetaZoneLabel, kBetaRegionLabel, kZoneLabel, kRegionLabel};

// "a__b" on a volume that is in two zones: a and b, without the blanks around them. Empty where an
// element is empty: then the label says nothing.
inline std::vector<std::string> SplitZones(std::string_view value) {
  constexpr std::string_view kSeparator = "__";
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string> zones;
  while (true) {
    const auto end = value.find(kSeparator);
    std::string_view zone = value.substr(0, end);
    const auto first = zone.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    zone = zone.substr(first, zone.find_last_not_of(kBlanks) - first + 1);
    zones.emplace_back(zone);
    if (end == std::string_view::npos) return zones;
    value.remove_prefix(end + kSeparator.size());
  }
}

}  // namespace berth::cluster

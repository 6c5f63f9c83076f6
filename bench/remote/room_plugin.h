// A plugin with a rule of few words, built in: what the same one as a server is held against.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/framework/node_by_node.h"

namespace berth::bench {

inline constexpr const char* kRoomName = "Room";
inline constexpr const char* kRoomLabel = "disktype";
inline constexpr const char* kNoRoom = "node(s) had no room for the cpu";
inline constexpr const char* kOtherDisk = "node(s) had another disk";

// 0..100: the share of the cpu that nobody has asked for.
inline std::int64_t RoomScore(std::int64_t allocatable, std::int64_t requested) {
  constexpr std::int64_t kHighest = 100;
  if (allocatable <= 0 || requested >= allocatable) return 0;
  return (allocatable - requested) * kHighest / allocatable;
}

// Nodes with room for the pod's cpu and with the disk that the pod names in its own label, if it
// does; the emptiest are best.
class RoomPlugin final : public framework::NodeByNodePlugin {
 public:
  std::string_view Name() const override { return kRoomName; }
  framework::Dependencies DependsOn() const override {
    return {cluster::kClusterWide, cluster::kClusterWide};
  }

 protected:
  framework::NodeStatus FilterNode(const framework::PodContext& context,
                                   const framework::PluginState& state,
                                   framework::NodeIndex node) const override;
  std::int64_t ScoreNode(const framework::PodContext& context, const framework::PluginState& state,
                         framework::NodeIndex node) const override;
};

}  // namespace berth::bench

#include "bench/remote/room_plugin.h"

namespace berth::bench {

using framework::Code;
using framework::NodeIndex;
using framework::PodContext;

namespace {

std::string_view DiskOf(const PodContext& context) {
  const cluster::Cluster& cluster = context.cluster;
  for (const cluster::Label& label : cluster.LabelsOf(context.pod)) {
    if (cluster.symbols.Text(label.key) == kRoomLabel) return cluster.symbols.Text(label.value);
  }
  return "";
}

}  // namespace

framework::NodeStatus RoomPlugin::FilterNode(const PodContext& context,
                                             const framework::PluginState&, NodeIndex node) const {
  const std::string_view wanted = DiskOf(context);
  const std::string* disk = context.nodes().node(node).meta.labels.Find(kRoomLabel);
  if (!wanted.empty() && (disk == nullptr || *disk != wanted)) {
    return {Code::kUnschedulableAndUnresolvable, {kOtherDisk}};
  }
  const std::int64_t room = context.nodes().allocatable(cluster::kCpu)[node] -
                            context.nodes().requested(cluster::kCpu)[node];
  if (context.pod.requests[cluster::kCpu] > room) return {Code::kUnschedulable, {kNoRoom}};
  return {};
}

std::int64_t RoomPlugin::ScoreNode(const PodContext& context, const framework::PluginState&,
                                   NodeIndex node) const {
  return RoomScore(context.nodes().allocatable(cluster::kCpu)[node],
                   context.nodes().requested(cluster::kCpu)[node]);
}

}  // namespace berth::bench

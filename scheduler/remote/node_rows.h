// Nodes as a server is told of them. Internal to the folder.
#pragma once

#include <span>

#include "scheduler/cluster/cluster.h"
#include "scheduler/remote/description.h"

namespace berth::plugin::v1 {
class NodeRows;
class Pod;
}  // namespace berth::plugin::v1

namespace berth::remote {

// Everything that is wanted of `rows`, those that hold no node as removed.
void FillRows(cluster::Cluster& cluster, const Description& wanted,
              std::span<const cluster::NodeIndex> rows, plugin::v1::NodeRows& out);

void FillPod(const cluster::Cluster& cluster, const cluster::PodClass& pod, plugin::v1::Pod& out);

}  // namespace berth::remote

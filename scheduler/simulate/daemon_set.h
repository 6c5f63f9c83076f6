// What the DaemonSet controller decides.
#pragma once

#include "scheduler/api/objects.h"

namespace berth::simulate {

// Adds the tolerations that every daemon pod gets: nodes that are not ready, unreachable, under
// pressure or cordoned do not keep daemons away; without a pod network those on the host's network.
void AddDaemonTolerations(api::PodSpec& spec);

// Whether a pod of the template (with the tolerations above) belongs on the node: its nodeName,
// nodeSelector and required node affinity, and NoSchedule and NoExecute taints. Room does not
// count.
bool DaemonRunsOn(const api::PodSpec& spec, const std::string& node_name, const api::Node& node);

// Ties a pod to a node: the required node affinity, whatever it was, becomes the node's name.
void BindDaemonTo(const std::string& node, api::PodSpec& spec);

}  // namespace berth::simulate

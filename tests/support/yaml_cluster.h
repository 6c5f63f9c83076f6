// A cluster written as Kubernetes manifests, for tests whose objects are easier read than built.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/cluster.h"

namespace berth::support {

// Pending pods by name.
using PendingPods = std::map<std::string, std::shared_ptr<const api::Pod>>;

// Reads YAML documents, applies the defaults of an API server, and puts nodes, storage and pods
// with a nodeName into the cluster. Ends the process on text that cannot be read.
PendingPods FillFromYaml(const std::string& yaml, cluster::Cluster& cluster);

}  // namespace berth::support

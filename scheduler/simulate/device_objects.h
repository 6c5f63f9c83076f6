// Slices, classes and claims on their way into the virtual cluster.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/cluster/devices.h"

namespace berth::simulate {

// Takes the objects of resource.k8s.io over. Claims are made, as the controller for them would,
// for pending pods that name a template of the input and have no claim of it yet; such pods get the
// entry in their status.
void FillDevices(api::ClusterObjects& objects, cluster::Devices& devices);

}  // namespace berth::simulate

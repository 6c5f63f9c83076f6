// What an API server would not have stored.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/config/feature_gates.h"

namespace berth::simulate {

// Drops the fields of pods whose feature gates are off: pod-level resources (PodLevelResources),
// and what a resize of them in place has granted (InPlacePodLevelResourcesVerticalScaling).
void DropDisabledFields(const config::FeatureGates& gates, api::ClusterObjects& objects);

}  // namespace berth::simulate

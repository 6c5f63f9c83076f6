// What an API server would have filled in before a scheduler sees an object. For manifests that
// never met one; on objects that did, nothing changes, and applying it twice is applying it once.
//
//   every object   namespace "default" where the kind has one and none is given; an empty uid
//   becomes
//                  "namespace/name" (or the name)
//   Namespace      label kubernetes.io/metadata.name
//   Node           allocatable from capacity when there is no allocatable at all; amounts rounded
//   up to
//                  thousandths
//   Pod            a name from generateName: generateName, five characters made from what stands
//   before
//                  it in the input, unique; schedulerName; requests from limits; pod-level requests
//                  from the requests of the containers and the pod's limits; amounts rounded up to
//                  thousandths; priority and preemptionPolicy from the PriorityClass; overhead,
//                  nodeSelector and tolerations from the RuntimeClass; matchLabelKeys and
//                  mismatchLabelKeys of (anti-)affinity terms merged into their labelSelector;
//                  protocol TCP; hostPort of hostNetwork pods
//   storage        see storage_objects.h
//   Workload       its template's labels and namespace are left alone: its pods get the above
//
// Left out on purpose: the tolerations for not-ready and unreachable nodes that the admission
// plugin DefaultTolerationSeconds adds (recorded pods have them; clusters can run without), and
// matchLabelKeys of topologySpreadConstraints (the plugin adds them, whether merged or not).
#pragma once

#include <memory>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/result.h"

namespace berth::api {

// Fails, naming file and object, on a PriorityClass or RuntimeClass that is neither in the input
// nor built in, and on one that contradicts the pod. A pod with a creationTimestamp was admitted by
// an API server: its RuntimeClass has left its traces and need not be in the input. Changed
// specifications are interned in `specs`.
base::Result<void> ApplyDefaults(ClusterObjects& objects, PodSpecTable& specs);

}  // namespace berth::api

// Pods that controllers would make of workload objects.
//
//   Deployment             a ReplicaSet NAME-HASH and its pods NAME-HASH-xxxxx, label
//   pod-template-hash ReplicaSet, ReplicationController  NAME-xxxxx StatefulSet            NAME-0,
//   NAME-1 ... with the labels of name and index; claims of its
//                          volumeClaimTemplates as volumes, and made where they are not there
//   DaemonSet              NAME-xxxxx for each node of the input that its nodeSelector, node
//   affinity
//                          and tolerations admit; bound to the node by required node affinity, with
//                          the tolerations that the controller adds
//   Job                    NAME-xxxxx (NAME-INDEX-xxxxx when indexed), as many as would run now
//   CronJob                the pods of one Job NAME-1
//
// xxxxx are names that ApplyDefaults makes from generateName; hashes depend on namespace and name.
//
// A recording of a live cluster holds workloads and their pods: what controls some object of the
// input already is not expanded. Nothing comes of what is suspended, complete or scaled to zero.
#pragma once

#include "scheduler/api/cluster_objects.h"
#include "scheduler/api/pod_spec_table.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

// Expansion beyond this is refused: a slip of the keyboard in `replicas`.
inline constexpr std::size_t kMaxExpandedPods = 5'000'000;

// Adds the pods at the place of their workload in the order of the input, and the ReplicaSets that
// Deployments stand for. Call it before ApplyDefaults, and while pods that have ended are still
// there: they too show that a controller has been at work. Fails, naming file and object, on a
// selector that does not match its template.
base::Result<void> ExpandWorkloads(api::ClusterObjects& objects, api::PodSpecTable& specs);

}  // namespace berth::simulate

#include "scheduler/simulate/surroundings.h"

namespace berth::simulate {

void FillSurroundings(const api::ClusterObjects& objects, cluster::Cluster& cluster) {
  for (const auto& object : objects.namespaces) cluster.SetNamespace(object);
  for (const auto& object : objects.services) cluster.owners.SetService(object);
  for (const auto& object : objects.replication_controllers) {
    cluster.owners.SetReplicationController(object);
  }
  for (const auto& object : objects.replica_sets) cluster.owners.SetReplicaSet(object);
  for (const auto& object : objects.stateful_sets) cluster.owners.SetStatefulSet(object);
  cluster.disruption_budgets = objects.pod_disruption_budgets;
  cluster.storage.Set(objects.storage);
}

}  // namespace berth::simulate

// Everything that was read from the files of one run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/device_objects.h"
#include "scheduler/api/objects.h"
#include "scheduler/api/storage_objects.h"

namespace berth::api {

// Where an object came from, for error messages and for the order of the input.
struct Origin {
  std::uint32_t source = 0;    // index into ClusterObjects::sources
  std::uint32_t sequence = 0;  // counts all objects of the run in the order of the files
};

// Plain values in the order of the input. node_origins, pod_origins and workload_origins run
// parallel to nodes, pods and workloads.
struct ClusterObjects {
  std::vector<std::string> sources;  // file names as the user gave or would give them

  std::vector<Node> nodes;
  std::vector<Pod> pods;
  std::vector<Namespace> namespaces;
  std::vector<Service> services;
  std::vector<ReplicationController> replication_controllers;
  std::vector<LabelSelectorOwner> replica_sets;
  std::vector<LabelSelectorOwner> stateful_sets;
  std::vector<PriorityClass> priority_classes;
  std::vector<RuntimeClass> runtime_classes;
  std::vector<PodDisruptionBudget> pod_disruption_budgets;
  std::vector<PodGroup> pod_groups;
  std::vector<ResourceSlice> resource_slices;
  std::vector<DeviceClass> device_classes;
  std::vector<ResourceClaim> resource_claims;
  std::vector<ResourceClaimTemplate> resource_claim_templates;
  std::vector<Workload> workloads;
  StorageObjects storage;

  std::vector<Origin> node_origins;
  std::vector<Origin> pod_origins;
  std::vector<Origin> workload_origins;

  // The JSON of the nodes and pods that were read, by the sequence of their origin, which grows.
  // Empty unless the reader was told to keep it.
  std::vector<std::pair<std::uint32_t, std::string>> texts;

  // Objects of other kinds, by kind: read over and counted.
  std::map<std::string, std::uint64_t> ignored;

  const std::string& SourceOf(const Origin& origin) const { return sources[origin.source]; }
};

}  // namespace berth::api

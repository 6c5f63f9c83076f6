// The cluster as scheduling sees it: nodes, pods on them, and everything counted about them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/affinity_terms.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/devices.h"
#include "scheduler/cluster/gpu_devices.h"
#include "scheduler/cluster/gpu_fragmentation.h"
#include "scheduler/cluster/host_ports.h"
#include "scheduler/cluster/node_cells.h"
#include "scheduler/cluster/node_images.h"
#include "scheduler/cluster/node_order.h"
#include "scheduler/cluster/node_sets.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/nominated_pods.h"
#include "scheduler/cluster/pod_class.h"
#include "scheduler/cluster/pod_counters.h"
#include "scheduler/cluster/pod_groups.h"
#include "scheduler/cluster/pod_index.h"
#include "scheduler/cluster/selector_owners.h"
#include "scheduler/cluster/storage.h"

namespace berth::cluster {

// The mutable state, with one writer. Every change keeps the columns, the counters and the change
// log in step, so that a cycle starts from what is already known. Not thread-safe.
//
// The parts are public for reading (plugins take what they need); they are changed only through the
// member functions here.
class Cluster {
 public:
  Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  NodeIndex AddNode(std::shared_ptr<const api::Node> node);
  void UpdateNode(NodeIndex row, std::shared_ptr<const api::Node> node);
  // Takes the pods that are left on it away as well.
  void RemoveNode(NodeIndex row);

  // The pod's own nodeName is not looked at: it is on `row` from now on.
  PodIndex AddPod(std::shared_ptr<const api::Pod> pod, NodeIndex row);
  // The same for a pod whose class as a placed pod is known.
  PodIndex AddPod(std::shared_ptr<const api::Pod> pod, const PodClass& pod_class, NodeIndex row);
  void RemovePod(PodIndex index);
  // What its node and the counters would be without the pod, for a moment: it keeps its index and
  // its place in PodsOn, but nothing counts it until Resume. Nothing else may happen to it.
  void Suspend(PodIndex index);
  void Resume(PodIndex index);

  // Adds, or replaces the one of that name.
  void SetNamespace(const api::Namespace& object);
  void RemoveNamespace(const std::string& name);

  // To be called before each scheduling cycle: takes over what kube-scheduler would take over into
  // its snapshot (the order of the nodes, on how many nodes images are), and looks whether it is
  // time to learn which pods with GPUs are typical.
  void BeginCycle();

  std::span<const Label> LabelsOf(const PodClass& pod) const { return label_sets.Get(pod.labels); }

  const api::Pod& pod(PodIndex index) const { return *pods_[index].pod; }
  std::shared_ptr<const api::Pod> SharedPod(PodIndex index) const { return pods_[index].pod; }
  const PodClass& ClassOf(PodIndex index) const { return *pods_[index].pod_class; }
  NodeIndex NodeOf(PodIndex index) const { return pods_[index].node; }
  const std::vector<PodIndex>& PodsOn(NodeIndex row) const { return pods_on_[row]; }
  // Grows when a pod comes to the node or leaves it.
  std::uint64_t PodsVersion(NodeIndex row) const { return pods_versions_[row]; }
  // What the pod takes of its node. Valid until a pod comes or goes.
  const NodeUsage& UsageOf(PodIndex index) const;
  std::size_t pod_count() const { return pod_count_; }

  // Names of the namespaces, in the order in which they came.
  const std::vector<Symbol>& namespaces() const { return namespaces_; }
  // Grows when a namespace comes or changes its labels.
  std::uint64_t namespace_version() const { return namespace_version_; }

  base::Interner symbols;
  ResourceNames resources;
  LabelSets label_sets{symbols};
  ChangeLog log;
  NodeTable nodes{resources, label_sets, log};
  NodeOrder order;
  NodeImages images{symbols};
  HostPorts host_ports{symbols};
  PodCounters counters{symbols, label_sets};
  AffinityTerms terms{symbols, label_sets, nodes};
  Storage storage{symbols, nodes, log};
  PodClasses classes{symbols, resources, label_sets, terms, storage};
  NodeSets node_sets{symbols, nodes};
  NodeCellSets node_cells{nodes};
  SelectorOwners owners{symbols};
  Devices devices{nodes, symbols, log};
  GpuDevices gpus{symbols, log};
  TypicalGpuPods typical_gpu_pods;
  NominatedPods nominated;
  PodGroups groups;
  std::vector<api::PodDisruptionBudget> disruption_budgets;

 private:
  struct PodRecord {
    std::shared_ptr<const api::Pod> pod;
    const PodClass* pod_class = nullptr;
    NodeIndex node = 0;
    std::uint32_t position = 0;  // in pods_on_[node]
    PodKindId kind = 0;
  };

  void RecountImages();
  void ChangeGpus(NodeIndex row, const api::Node& node);
  PodIndex TakeIndex();
  PodKindId KindOf(const PodClass& pod_class, bool terminating);

  std::vector<PodRecord> pods_;
  std::vector<PodIndex> free_pods_;
  std::size_t pod_count_ = 0;
  std::vector<std::vector<PodIndex>> pods_on_;   // by row
  std::vector<std::uint64_t> pods_versions_;     // by row
  std::vector<std::optional<PodKindId>> kinds_;  // by class, of pods that do not terminate
  // Pods whose status says that they take something else than their class does.
  boost::unordered_flat_map<PodIndex, NodeUsage> own_usage_;
  std::vector<Symbol> namespaces_;
  std::uint64_t namespace_version_ = 0;
  ChangeLog::Position cycle_start_ = 0;
  std::size_t node_count_at_cycle_start_ = 0;
};

}  // namespace berth::cluster

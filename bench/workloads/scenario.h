// A workload in memory: its objects decoded as every other input is, and one run over them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/workloads/expand.h"
#include "scheduler/api/cluster_objects.h"
#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/framework/profile_runtime.h"

namespace berth::bench {

// Shared by any number of runs, which change nothing in it.
struct Scenario {
  api::ClusterObjects objects;  // without nodes and pods
  std::vector<std::shared_ptr<const api::Node>> nodes;
  std::vector<std::shared_ptr<const api::Pod>> running;   // with their node_name
  std::vector<std::shared_ptr<const api::Pod>> arrivals;  // in the order in which they are decided
  std::vector<std::shared_ptr<const api::Node>> added_nodes;  // in the order of their operations
  std::vector<Operation> operations;
};

// Decodes what a workload was expanded to; fails where its objects are not valid, naming the
// workload, the object and the field.
base::Result<Scenario> MakeScenario(const Workload& workload, const ExpandOptions& options);

// The same for objects that were read from somewhere else: pods without a node arrive.
Scenario MakeScenario(api::ClusterObjects objects);

struct RunOptions {
  framework::ColumnCaching caching = framework::ColumnCaching::kOn;
  cycle::AlgorithmOptions algorithm = {};
};

// One pod that was decided, before it is placed.
struct Decided {
  const api::Pod& pod;
  const cycle::Decision& decision;
  const std::string& node;     // its name, where there is one
  const std::string& message;  // why there is none
};

// Decides the arrivals one after another with the default profile, each placed pod seen by the
// next. A pod that fits nowhere is diagnosed, and stays away. Not thread-safe.
class ScenarioRun {
 public:
  // The scenario outlives the run.
  ScenarioRun(const Scenario& scenario, const RunOptions& options);

  std::size_t done() const { return next_; }
  bool finished() const { return next_ == scenario_.arrivals.size(); }

  using Visit = std::function<void(const Decided&)>;
  // The operations that are due, and the next pod.
  void Step(const Visit& visit = nullptr);
  void Finish(const Visit& visit = nullptr);

  const cluster::Cluster& cluster() const { return *cluster_; }
  // Of each decision, with the diagnosis of a pod that fits nowhere, without placing it.
  const std::vector<std::int64_t>& latencies_nanoseconds() const { return latencies_; }
  std::int64_t placed() const { return placed_; }
  // Nodes that were scored, summed over the decisions: none where at most one was feasible.
  std::int64_t scored_nodes() const { return scored_nodes_; }

 private:
  void Place(const std::shared_ptr<const api::Pod>& pod, const cluster::PodClass& pod_class,
             cluster::NodeIndex row);
  void Operate(const Operation& operation);
  void RemoveNode(const std::string& name);
  void DeletePod(const std::string& key);

  const Scenario& scenario_;
  std::unique_ptr<cluster::Cluster> cluster_;
  std::unique_ptr<framework::ProfileRuntime> profile_;
  std::unique_ptr<cycle::SchedulingAlgorithm> algorithm_;
  std::vector<const cluster::PodClass*> arrival_classes_;
  std::size_t next_ = 0;
  std::size_t next_operation_ = 0;
  std::size_t next_added_node_ = 0;
  // Kept where operations may ask for them.
  std::unordered_map<std::string, cluster::PodIndex> pods_;
  std::vector<std::int64_t> latencies_;
  std::int64_t placed_ = 0;
  std::int64_t scored_nodes_ = 0;
};

// The value below which that share of the latencies lies (nearest rank); 0 if there are none.
std::int64_t Percentile(std::vector<std::int64_t> latencies, double share);

}  // namespace berth::bench

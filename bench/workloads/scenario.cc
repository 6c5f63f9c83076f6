#include "bench/workloads/scenario.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "plugins/registry.h"
#include "scheduler/api/defaults.h"
#include "scheduler/api/reader.h"
#include "scheduler/base/check.h"
#include "scheduler/base/executor.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/workloads.h"

namespace berth::bench {
namespace {

using base::Result;

// What `berth simulate` does with a file, without the file.
Result<api::ClusterObjects> Decode(const std::string& text, const std::string& source) {
  const auto executor = base::MakeExecutor(1);
  api::Reader reader(*executor);
  BERTH_TRY(reader.ReadJson(api::PaddedText(text), source));
  api::ClusterObjects objects = reader.Take();
  BERTH_TRY(simulate::ExpandWorkloads(objects, reader.specs()));
  BERTH_TRY(api::ApplyDefaults(objects, reader.specs()));
  return objects;
}

template <typename T>
std::vector<std::shared_ptr<const T>> Share(std::vector<T> objects) {
  std::vector<std::shared_ptr<const T>> shared;
  shared.reserve(objects.size());
  for (auto& object : objects) shared.push_back(std::make_shared<const T>(std::move(object)));
  return shared;
}

std::unique_ptr<cluster::Cluster> FilledCluster(const Scenario& scenario) {
  auto cluster = std::make_unique<cluster::Cluster>();
  const api::ClusterObjects& objects = scenario.objects;
  for (const auto& object : objects.namespaces) cluster->SetNamespace(object);
  for (const auto& object : objects.services) cluster->owners.SetService(object);
  for (const auto& object : objects.replication_controllers) {
    cluster->owners.SetReplicationController(object);
  }
  for (const auto& object : objects.replica_sets) cluster->owners.SetReplicaSet(object);
  for (const auto& object : objects.stateful_sets) cluster->owners.SetStatefulSet(object);
  for (const auto& node : scenario.nodes) cluster->AddNode(node);
  return cluster;
}

std::unique_ptr<framework::ProfileRuntime> DefaultProfile(framework::ColumnCaching caching) {
  auto profile = framework::ProfileRuntime::Make(config::DefaultConfiguration().profiles.front(),
                                                 plugins::MakeRegistry(), caching);
  BERTH_CHECK(profile.has_value());  // made of what is built in
  return *std::move(profile);
}

}  // namespace

Scenario MakeScenario(api::ClusterObjects objects) {
  Scenario scenario;
  scenario.nodes = Share(std::move(objects.nodes));
  for (auto& pod : Share(std::move(objects.pods))) {
    (pod->node_name.empty() ? scenario.arrivals : scenario.running).push_back(std::move(pod));
  }
  objects.nodes.clear();
  objects.pods.clear();
  scenario.objects = std::move(objects);
  return scenario;
}

Result<Scenario> MakeScenario(const Workload& workload, const ExpandOptions& options) {
  const Expansion expansion = Expand(workload, options);
  BERTH_ASSIGN(auto objects, Decode(expansion.cluster, workload.name));
  BERTH_ASSIGN(auto added, Decode(expansion.added_nodes, workload.name));
  Scenario scenario = MakeScenario(std::move(objects));
  scenario.added_nodes = Share(std::move(added.nodes));
  scenario.operations = expansion.operations;
  return scenario;
}

ScenarioRun::ScenarioRun(const Scenario& scenario, const RunOptions& options)
    : scenario_(scenario),
      cluster_(FilledCluster(scenario)),
      profile_(DefaultProfile(options.caching)),
      algorithm_(std::make_unique<cycle::SchedulingAlgorithm>(*cluster_, options.algorithm)) {
  for (const auto& pod : scenario.running) {
    const auto row = cluster_->nodes.Find(pod->node_name);
    BERTH_CHECK(row.has_value());
    Place(pod, cluster_->classes.ClassOfPlaced(*pod), *row);
  }
  // As a queue knows the pods that wait in it.
  for (const auto& pod : scenario.arrivals) {
    arrival_classes_.push_back(&cluster_->classes.ClassOfPending(*pod));
  }
  latencies_.reserve(scenario.arrivals.size());
}

void ScenarioRun::Place(const std::shared_ptr<const api::Pod>& pod,
                        const cluster::PodClass& pod_class, cluster::NodeIndex row) {
  const auto index = cluster_->AddPod(pod, pod_class, row);
  if (!scenario_.operations.empty()) pods_[pod->Key()] = index;
}

void ScenarioRun::Step(const Visit& visit) {
  while (next_operation_ < scenario_.operations.size() &&
         scenario_.operations[next_operation_].before_arrival <= static_cast<std::int64_t>(next_)) {
    Operate(scenario_.operations[next_operation_++]);
  }
  const auto& pod = scenario_.arrivals[next_];
  const cluster::PodClass& pod_class = *arrival_classes_[next_++];
  std::string message;
  const auto begin = std::chrono::steady_clock::now();
  const cycle::Decision decision = algorithm_->Schedule(*profile_, pod_class);
  const bool chosen = decision.outcome == cycle::Outcome::kChosen;
  if (!chosen) message = algorithm_->Diagnose(*profile_, pod_class).Message();
  latencies_.push_back((std::chrono::steady_clock::now() - begin).count());

  if (decision.feasible > 1) scored_nodes_ += static_cast<std::int64_t>(decision.feasible);
  if (visit) {
    const std::string node = chosen ? cluster_->nodes.Name(decision.node) : std::string();
    visit({*pod, decision, node, message});
  }
  if (!chosen) return;
  ++placed_;
  Place(pod, pod_class, decision.node);
}

void ScenarioRun::Finish(const Visit& visit) {
  while (!finished()) Step(visit);
}

void ScenarioRun::Operate(const Operation& operation) {
  switch (operation.kind) {
    case OperationRule::Kind::kAddNode:
      cluster_->AddNode(scenario_.added_nodes[next_added_node_++]);
      return;
    case OperationRule::Kind::kRemoveNode:
      return RemoveNode(operation.name);
    case OperationRule::Kind::kDeletePod:
      return DeletePod(operation.name);
  }
}

void ScenarioRun::RemoveNode(const std::string& name) {
  const auto row = cluster_->nodes.Find(name);
  BERTH_CHECK(row.has_value());  // nodes come and go by operations only
  for (const auto index : cluster_->PodsOn(*row)) pods_.erase(cluster_->pod(index).Key());
  cluster_->RemoveNode(*row);
}

// Nothing, where the pod has found no node or has gone with it.
void ScenarioRun::DeletePod(const std::string& key) {
  const auto it = pods_.find(key);
  if (it == pods_.end()) return;
  cluster_->RemovePod(it->second);
  pods_.erase(it);
}

std::int64_t Percentile(std::vector<std::int64_t> latencies, double share) {
  if (latencies.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(latencies.size()));
  const auto position = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  std::ranges::nth_element(latencies, latencies.begin() + static_cast<std::ptrdiff_t>(position));
  return latencies[position];
}

}  // namespace berth::bench

#include "scheduler/sweep/inputs.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "scheduler/cluster/pod_requests.h"
#include "scheduler/cluster/resources.h"
#include "scheduler/config/load.h"
#include "scheduler/simulate/disabled_fields.h"
#include "scheduler/simulate/input.h"

namespace berth::sweep {
namespace {

using base::Result;

// ---- Profiles ----

Result<config::Configuration> ReadConfiguration(const std::string& path,
                                                const config::LoadedPlugins& loaded) {
  BERTH_ASSIGN(config::Configuration config, config::LoadFile(path, {}, loaded));
  if (config.profiles.size() != 1) {
    return base::Fail(path + ": profiles: a sweep needs exactly one, which serves all pods");
  }
  if (!config.extenders.empty()) {
    return base::Fail(path + ": extenders: a sweep asks nobody else");
  }
  if (config.gates[config::Gate::kGenericWorkload]) {
    return base::Fail(path + ": featureGates.GenericWorkload: pods arrive one by one in a sweep");
  }
  return config;
}

// Gates decide what is read of the pods, which are read once for all.
Result<void> CheckSameGates(const config::FeatureGates& gates, const config::FeatureGates& first,
                            const std::string& path, const std::string& first_path) {
  for (std::size_t i = 0; i < config::kGateCount; ++i) {
    const auto gate = static_cast<config::Gate>(i);
    if (gates[gate] == first[gate]) continue;
    return base::Fail(path + ": featureGates." + std::string(config::NameOf(gate)) +
                      ": must be as in " + first_path);
  }
  return {};
}

Result<config::FeatureGates> ReadProfiles(const SweepFile& file,
                                          const config::LoadedPlugins& loaded, Inputs& inputs) {
  config::FeatureGates gates;
  const std::string& first = file.profiles.front().paths.front();
  for (const NamedPaths& profile : file.profiles) {
    const std::string& path = profile.paths.front();
    BERTH_ASSIGN(config::Configuration config, ReadConfiguration(path, loaded));
    if (inputs.profiles.empty()) gates = config.gates;
    BERTH_TRY(CheckSameGates(config.gates, gates, path, first));
    inputs.backoffs.push_back({config.pod_initial_backoff_seconds, config.pod_max_backoff_seconds});
    inputs.profiles.push_back(std::move(config.profiles.front()));
    auto& percentage = inputs.profiles.back().percentage_of_nodes_to_score;
    if (!percentage) percentage = config.percentage_of_nodes_to_score;
  }
  return gates;
}

// ---- Workloads ----

Result<void> CheckSupported(const api::ClusterObjects& objects) {
  if (!objects.pod_groups.empty()) {
    return base::Fail("PodGroup " + objects.pod_groups.front().meta.name +
                      ": pods arrive one by one in a sweep");
  }
  const bool devices =
      !objects.resource_claims.empty() || !objects.resource_claim_templates.empty();
  if (devices) return base::Fail("claims for devices (resource.k8s.io) have no place in a sweep");
  return {};
}

Workload TakeApart(api::ClusterObjects objects) {
  Workload workload;
  for (auto& node : objects.nodes) {
    workload.nodes.push_back(std::make_shared<const api::Node>(std::move(node)));
  }
  for (auto& pod : objects.pods) {
    auto& list = pod.node_name.empty() ? workload.pending : workload.running;
    list.push_back(std::make_shared<const api::Pod>(std::move(pod)));
  }
  objects.nodes.clear();
  objects.pods.clear();
  workload.surroundings = std::move(objects);
  return workload;
}

// With the nodes, since running pods and daemon sets refer to them.
Result<Workload> ReadWorkload(const SweepFile& file, const NamedPaths& named,
                              const config::FeatureGates& gates, base::Executor& executor) {
  std::vector<std::string> paths = file.nodes;
  paths.insert(paths.end(), named.paths.begin(), named.paths.end());
  BERTH_ASSIGN(api::ClusterObjects objects, simulate::ReadInput(paths, file.format, executor));
  BERTH_TRY(CheckSupported(objects));
  simulate::DropDisabledFields(gates, objects);
  simulate::Lifetimes lifetimes;
  if (file.order == simulate::ArrivalOrder::kTime) {
    BERTH_ASSIGN(lifetimes, simulate::ReadLifetimes(objects));
  }
  Workload workload = TakeApart(std::move(objects));
  workload.lifetimes = std::move(lifetimes);
  if (workload.nodes.empty()) return base::Fail("no nodes");
  if (workload.pending.empty()) return base::Fail("no pod waits for a node");
  return workload;
}

Result<void> CheckSameNodes(const Workload& workload, const Workload& first) {
  const auto same = [](const simulate::SharedNode& a, const simulate::SharedNode& b) {
    return a->meta.name == b->meta.name;
  };
  if (std::ranges::equal(workload.nodes, first.nodes, same)) return {};
  return base::Fail("has nodes of its own; they belong under nodes");
}

Result<void> ReadWorkloads(const SweepFile& file, const config::FeatureGates& gates,
                           base::Executor& executor, Inputs& inputs) {
  for (const NamedPaths& named : file.workloads) {
    const std::string where = file.path + ": workloads." + named.name;
    auto workload = ReadWorkload(file, named, gates, executor);
    if (!workload) return std::unexpected(workload.error().Within(where));
    inputs.workloads.push_back(*std::move(workload));
    const auto same = CheckSameNodes(inputs.workloads.back(), inputs.workloads.front());
    if (!same) return std::unexpected(same.error().Within(where));
  }
  return {};
}

// ---- Resources ----

void AddAsked(const api::Pod& pod, std::set<std::string>& asked) {
  cluster::ResourceNames names;
  for (const auto& [resource, amount] :
       cluster::ToVector(cluster::PodRequests(*pod.spec, nullptr, {}), names)) {
    if (amount > 0) asked.emplace(names.Name(resource));
  }
  if (simulate::AmountOf(pod, simulate::kAllGpus) > 0) asked.emplace(simulate::kAllGpus);
}

std::vector<std::string> FollowedResources(const std::vector<Workload>& workloads) {
  std::set<std::string> asked;
  for (const Workload& workload : workloads) {
    for (const auto& pod : workload.pending) AddAsked(*pod, asked);
  }
  std::vector<std::string> resources = {"cpu", "memory"};
  for (const std::string& resource : asked) {
    if (std::ranges::find(resources, resource) == resources.end()) resources.push_back(resource);
  }
  std::erase_if(resources, [&](const std::string& resource) {
    return simulate::CapacityOf(workloads.front().nodes, resource) <= 0;
  });
  return resources;
}

Result<void> CheckGoal(const SweepFile& file, const Inputs& inputs) {
  if (!file.repeat_until) return {};
  const std::string& resource = file.repeat_until->resource;
  if (std::ranges::find(inputs.resources, resource) != inputs.resources.end()) return {};
  return base::Fail(file.path + ": arrivals.repeatUntil.resource: no node has any " + resource +
                    " that some pod asks for");
}

}  // namespace

Result<Inputs> ReadInputs(const SweepFile& file, const config::LoadedPlugins& loaded,
                          base::Executor& executor) {
  Inputs inputs;
  BERTH_ASSIGN(const config::FeatureGates gates, ReadProfiles(file, loaded, inputs));
  BERTH_TRY(ReadWorkloads(file, gates, executor, inputs));
  inputs.resources = FollowedResources(inputs.workloads);
  inputs.has_gpus = simulate::CapacityOf(inputs.workloads.front().nodes, simulate::kAllGpus) > 0;
  BERTH_TRY(CheckGoal(file, inputs));
  return inputs;
}

}  // namespace berth::sweep

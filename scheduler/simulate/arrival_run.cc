#include "scheduler/simulate/arrival_run.h"

#include <chrono>
#include <utility>
#include <variant>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/simulate/fragmentation_meter.h"

namespace berth::simulate {
namespace {

config::Profile Seeded(config::Profile profile, std::uint64_t seed) {
  const auto own = static_cast<std::int64_t>(seed);
  for (auto& [plugin, args] : profile.args) {
    if (auto* random = std::get_if<config::RandomArgs>(&args)) random->seed += own;
    if (auto* share = std::get_if<config::GpuShareArgs>(&args)) share->seed += own;
  }
  return profile;
}

// Rank and row are the same, so that the lowest rank is the first row.
void AddRanked(std::span<const SharedNode> nodes, std::uint64_t seed, cluster::Cluster& cluster) {
  for (const std::size_t position : ShuffledPositions(nodes.size(), seed)) {
    cluster.AddNode(nodes[position]);
  }
}

std::vector<const cluster::PodClass*> ClassesOf(std::span<const SharedPod> pods,
                                                cluster::Cluster& cluster) {
  std::vector<const cluster::PodClass*> classes;
  for (const SharedPod& pod : pods) classes.push_back(&cluster.classes.ClassOfPending(*pod));
  return classes;
}

bool Place(cluster::Cluster& cluster, framework::ProfileRuntime& profile,
           const cluster::PodClass& pod_class, const SharedPod& pod,
           const cycle::Decision& decision) {
  if (decision.outcome != cycle::Outcome::kChosen) return false;
  if (!cycle::Reserve(cluster, profile, pod_class, *pod, decision.node).ok()) return false;
  cluster.AddPod(pod, pod_class, decision.node);
  return true;
}

}  // namespace

std::int64_t GpuMilliOf(const api::Pod& pod) {
  const auto request = cluster::GpuRequestOf(pod.meta.annotations);
  return request ? request->total() : 0;
}

std::int64_t GpuMilliOf(std::span<const SharedNode> nodes) {
  cluster::Cluster cluster;
  std::int64_t sum = 0;
  for (const SharedNode& node : nodes) {
    sum += cluster.gpus.total_free()[cluster.AddNode(node)];
  }
  return sum;
}

base::Result<ArrivalOutcome> RunArrivals(const ArrivalRun& run,
                                         const framework::Registry& registry) {
  const std::int64_t capacity = GpuMilliOf(run.nodes);
  if (capacity == 0) return base::Fail("no node has a GPU");
  BERTH_ASSIGN(const auto profile, framework::ProfileRuntime::Make(Seeded(run.profile, run.seed),
                                                                   registry, run.caching));
  cluster::Cluster cluster;
  AddRanked(run.nodes, run.seed, cluster);
  // All are known before the first is decided: typical pods are those of the whole run.
  const auto classes = ClassesOf(run.arrivals, cluster);
  cycle::AlgorithmOptions options;
  options.tie_break = cycle::TieBreak::kFirst;
  cycle::SchedulingAlgorithm algorithm(cluster, options);
  FragmentationMeter fragmentation(cluster);

  ArrivalOutcome outcome{AllocationCurve(capacity), AllocationCurve(capacity), 0, 0, {}};
  std::int64_t arrived = 0;
  std::int64_t used = 0;
  for (std::size_t i = 0; i < run.arrivals.size(); ++i) {
    const SharedPod& pod = run.arrivals[i];
    const auto begin = std::chrono::steady_clock::now();
    const cycle::Decision decision = algorithm.Schedule(*profile, *classes[i], pod.get());
    const bool placed = Place(cluster, *profile, *classes[i], pod, decision);
    outcome.decision_nanoseconds.push_back((std::chrono::steady_clock::now() - begin).count());
    ++(placed ? outcome.placed : outcome.not_placed);
    const std::int64_t asked = classes[i]->gpu.total();
    arrived += asked;
    used += placed ? asked : 0;
    outcome.gpu_allocation.Add(arrived, static_cast<double>(used));
    outcome.gpu_fragmentation.Add(arrived, fragmentation.Milli());
  }
  return outcome;
}

}  // namespace berth::simulate

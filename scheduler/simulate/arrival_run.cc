#include "scheduler/simulate/arrival_run.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "scheduler/cluster/cluster.h"
#include "scheduler/cluster/pod_requests.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/simulate/fragmentation_meter.h"
#include "scheduler/simulate/surroundings.h"

namespace berth::simulate {
namespace {

using base::Result;
using cluster::PodClass;

// Rank and row are the same, so that the lowest rank is the first row.
void AddRanked(std::span<const SharedNode> nodes, std::uint64_t seed, cluster::Cluster& cluster) {
  for (const std::size_t position : ShuffledPositions(nodes.size(), seed)) {
    cluster.AddNode(nodes[position]);
  }
}

// One resource that is followed.
struct Followed {
  FollowedResource resource;
  AllocationCurve curve;
  std::int64_t arrived = 0;
  std::int64_t used = 0;

  std::int64_t AskedBy(const PodClass& pod) const { return resource.AskedBy(pod); }
};

// A run under way.
class Arrivals {
 public:
  Arrivals(const ArrivalRun& run, framework::ProfileRuntime& profile)
      : run_(run), profile_(profile) {}

  Result<void> Fill() {
    if (run_.surroundings != nullptr) FillSurroundings(*run_.surroundings, cluster_);
    AddRanked(run_.nodes, run_.seed, cluster_);
    for (const std::string& name : run_.resources) {
      BERTH_ASSIGN(FollowedResource resource, Follow(cluster_, name));
      const std::int64_t capacity = resource.capacity;
      followed_.push_back({std::move(resource), AllocationCurve(capacity)});
    }
    const std::int64_t gpus = FollowedIn(cluster_, kAllGpus).capacity;
    if (gpus > 0) outcome_.gpu_fragmentation.emplace(gpus);
    for (const SharedPod& pod : run_.running) BERTH_TRY(AddRunning(pod));
    // All are known before the first is decided: typical pods are those of the whole run.
    for (const SharedPod& pod : run_.arrivals) {
      classes_.push_back(&cluster_.classes.ClassOfPending(*pod));
    }
    return {};
  }

  ArrivalOutcome Decide() {
    cycle::AlgorithmOptions options;
    options.tie_break = cycle::TieBreak::kFirst;
    cycle::SchedulingAlgorithm algorithm(cluster_, options);
    FragmentationMeter fragmentation(cluster_);
    for (std::size_t i = 0; i < run_.arrivals.size(); ++i) {
      if (run_.interrupted != nullptr && *run_.interrupted) {
        outcome_.complete = false;
        break;
      }
      Arrive(run_.arrivals[i], *classes_[i], algorithm);
      if (outcome_.gpu_fragmentation) AddFragmentation(fragmentation);
    }
    return TakeOutcome();
  }

 private:
  Result<void> AddRunning(const SharedPod& pod) {
    const auto row = cluster_.nodes.Find(pod->node_name);
    if (!row) return base::Fail("pod " + pod->Key() + " runs on a node that is not there");
    const PodClass& pod_class = cluster_.ClassOf(cluster_.AddPod(pod, *row));
    for (Followed& followed : followed_) {
      followed.arrived += followed.AskedBy(pod_class);
      followed.used += followed.AskedBy(pod_class);
    }
    gpu_arrived_ += pod_class.gpu.total();
    return {};
  }

  bool IsHeldBack(const api::Pod& pod) const {
    if (pod.meta.deletion_timestamp) return true;
    const auto& gates = profile_.At(config::ExtensionPoint::kPreEnqueue);
    return std::ranges::any_of(gates, [&](const framework::ActivePlugin& gate) {
      return !gate.plugin->PreEnqueueIn(cluster_, pod).ok();
    });
  }

  bool Place(const SharedPod& pod, const PodClass& pod_class,
             cycle::SchedulingAlgorithm& algorithm) {
    const cycle::Decision decision = algorithm.Schedule(profile_, pod_class, pod.get());
    if (decision.outcome != cycle::Outcome::kChosen) return false;
    if (!cycle::Reserve(cluster_, profile_, pod_class, *pod, decision.node).ok()) return false;
    cluster_.AddPod(pod, pod_class, decision.node);
    return true;
  }

  void Arrive(const SharedPod& pod, const PodClass& pod_class,
              cycle::SchedulingAlgorithm& algorithm) {
    bool placed = false;
    if (!IsHeldBack(*pod)) {
      const auto begin = std::chrono::steady_clock::now();
      placed = Place(pod, pod_class, algorithm);
      outcome_.decision_nanoseconds.push_back((std::chrono::steady_clock::now() - begin).count());
    }
    ++(placed ? outcome_.placed : outcome_.not_placed);
    for (Followed& followed : followed_) {
      const std::int64_t asked = followed.AskedBy(pod_class);
      followed.arrived += asked;
      followed.used += placed ? asked : 0;
      followed.curve.Add(followed.arrived, static_cast<double>(followed.used));
    }
    gpu_arrived_ += pod_class.gpu.total();
  }

  void AddFragmentation(FragmentationMeter& fragmentation) {
    outcome_.gpu_fragmentation->Add(gpu_arrived_, fragmentation.Milli());
  }

  ArrivalOutcome TakeOutcome() {
    for (Followed& followed : followed_) outcome_.allocation.push_back(std::move(followed.curve));
    cluster_.nodes.alive().ForEach([&](cluster::NodeIndex row) {
      if (cluster_.nodes.pod_count()[row] > 0) ++outcome_.nodes_used;
    });
    return std::move(outcome_);
  }

  const ArrivalRun& run_;
  framework::ProfileRuntime& profile_;
  cluster::Cluster cluster_;
  std::vector<const PodClass*> classes_;  // of the arrivals
  std::vector<Followed> followed_;
  std::int64_t gpu_arrived_ = 0;
  ArrivalOutcome outcome_;
};

}  // namespace

config::Profile Seeded(config::Profile profile, std::uint64_t seed) {
  const auto own = static_cast<std::int64_t>(seed);
  for (auto& [plugin, args] : profile.args) {
    if (auto* random = std::get_if<config::RandomArgs>(&args)) random->seed += own;
    if (auto* share = std::get_if<config::GpuShareArgs>(&args)) share->seed += own;
  }
  return profile;
}

std::int64_t AmountOf(const api::Pod& pod, std::string_view resource) {
  const bool is_gpu = resource == kAllGpus;
  if (is_gpu) {
    const auto request = cluster::GpuRequestOf(pod.meta.annotations);
    if (request) return request->total();
  }
  cluster::ResourceNames names;
  const auto requests = cluster::ToVector(cluster::PodRequests(*pod.spec, nullptr, {}), names);
  if (is_gpu) return cluster::GpuRequestOf(requests, names).total();
  const auto id = names.Intern(resource);
  return id == cluster::ResourceNames::kNoResource ? 0 : requests[id];
}

std::int64_t CapacityOf(std::span<const SharedNode> nodes, std::string_view resource) {
  cluster::Cluster cluster;
  for (const SharedNode& node : nodes) cluster.AddNode(node);
  return FollowedIn(cluster, resource).capacity;
}

Result<ArrivalOutcome> RunArrivals(const ArrivalRun& run, const framework::Registry& registry) {
  BERTH_ASSIGN(const auto profile, framework::ProfileRuntime::Make(Seeded(run.profile, run.seed),
                                                                   registry, run.caching));
  Arrivals arrivals(run, *profile);
  BERTH_TRY(arrivals.Fill());
  return arrivals.Decide();
}

}  // namespace berth::simulate

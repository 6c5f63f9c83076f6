#include "scheduler/simulate/simulation.h"

#include <algorithm>
#include <chrono>

#include "scheduler/base/check.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/extender/http_extender.h"
#include "scheduler/simulate/decision_writer.h"
#include "scheduler/simulate/device_objects.h"
#include "scheduler/simulate/disabled_fields.h"
#include "scheduler/simulate/insight_collector.h"
#include "scheduler/simulate/kept_texts.h"
#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/surroundings.h"

namespace berth::simulate {

using config::ExtensionPoint;
using cycle::Outcome;
using framework::ProfileRuntime;

Simulation::Simulation(SimulationOptions options) : options_(std::move(options)) {}

Simulation::~Simulation() = default;

base::Result<std::unique_ptr<Simulation>> Simulation::Make(api::ClusterObjects objects,
                                                           const config::Configuration& config,
                                                           const framework::Registry& registry,
                                                           SimulationOptions options) {
  std::unique_ptr<Simulation> simulation(new Simulation(std::move(options)));
  simulation->gates_ = config.gates;
  DropDisabledFields(config.gates, objects);
  BERTH_TRY(simulation->CheckPodGroups(objects.pod_groups));
  BERTH_TRY(simulation->MakeProfiles(config, registry));
  BERTH_TRY(simulation->MakeExtenders(config, objects));
  simulation->FillCluster(objects);
  simulation->algorithm_ = std::make_unique<cycle::SchedulingAlgorithm>(
      *simulation->cluster_, simulation->options_.algorithm);
  if (simulation->options_.insight) {
    simulation->insight_ = std::make_unique<InsightCollector>(simulation->queue_.size());
  }
  return simulation;
}

base::Result<void> Simulation::MakeProfiles(const config::Configuration& config,
                                            const framework::Registry& registry) {
  for (const config::Profile& profile : config.profiles) {
    BERTH_ASSIGN(auto runtime, ProfileRuntime::Make(profile, registry, options_.caching));
    if (first_profile_ == nullptr) first_profile_ = runtime.get();
    profiles_.emplace(profile.scheduler_name, std::move(runtime));
  }
  return {};
}

base::Result<void> Simulation::MakeExtenders(const config::Configuration& config,
                                             const api::ClusterObjects& objects) {
  if (config.extenders.empty()) return {};
  texts_ = std::make_unique<extender::ObjectTexts>(extender::WantedBy(config.extenders));
  KeepTexts(objects, *texts_);
  BERTH_ASSIGN(extenders_, extender::MakeExtenders(config.extenders, *texts_, clock_));
  options_.algorithm.extenders = &extenders_;
  return {};
}

ProfileRuntime* Simulation::ProfileOf(const api::Pod& pod) const {
  const auto it = profiles_.find(pod.spec->scheduler_name);
  return it == profiles_.end() ? nullptr : it->second.get();
}

std::shared_ptr<const api::Pod> Simulation::FindPending(std::string_view key) const {
  const auto it =
      std::ranges::find(queue_, key, [](const QueuedPod& queued) { return queued.pod->Key(); });
  return it == queue_.end() ? nullptr : it->pod;
}

void Simulation::FillCluster(api::ClusterObjects& objects) {
  cluster_ = std::make_unique<cluster::Cluster>();
  FillSurroundings(objects, *cluster_);
  if (gates_[config::Gate::kGenericWorkload]) {
    for (auto& group : objects.pod_groups) cluster_->groups.Set(std::move(group));
  }
  FillDevices(objects, cluster_->devices);
  for (auto& node : objects.nodes) {
    cluster_->AddNode(std::make_shared<const api::Node>(std::move(node)));
  }
  std::vector<std::shared_ptr<const api::Pod>> pending;
  for (auto& pod : objects.pods) {
    auto shared = std::make_shared<const api::Pod>(std::move(pod));
    if (shared->node_name.empty()) {
      pending.push_back(std::move(shared));
      continue;
    }
    const auto row = cluster_->nodes.Find(shared->node_name);
    BERTH_CHECK(row.has_value());  // the reader refuses pods on unknown nodes
    cluster_->AddPod(std::move(shared), *row);
  }
  FillQueue(std::move(pending));
  FillNominated();
}

// Nominations that pods in the queue have come with; one that is held back has no claim. A pod that
// names no scheduler has met no API server: kube-scheduler's queue would not have it, so that
// others leave no room for it.
void Simulation::FillNominated() {
  for (const QueuedPod& queued : queue_) {
    const api::Pod& pod = *queued.pod;
    if (pod.status.nominated_node_name.empty() || pod.meta.deletion_timestamp) continue;
    const auto& gates = queued.profile->At(ExtensionPoint::kPreEnqueue);
    const bool enters = std::ranges::all_of(gates, [&](const framework::ActivePlugin& gate) {
      return gate.plugin->PreEnqueueIn(*cluster_, pod).ok();
    });
    if (!enters) continue;
    cluster_->nominated.Set({queued.pod, queued.pod_class, !pod.spec->scheduler_by_default},
                            pod.status.nominated_node_name);
  }
}

void Simulation::FillQueue(std::vector<std::shared_ptr<const api::Pod>> pending) {
  struct Waiting {
    std::shared_ptr<const api::Pod> pod;
    std::int64_t position;
  };
  std::vector<Waiting> waiting;
  for (auto& pod : pending) {
    if (ProfileOf(*pod) == nullptr) {
      ++summary_.counts.other_scheduler;
      continue;
    }
    waiting.push_back({std::move(pod), static_cast<std::int64_t>(waiting.size())});
  }
  const auto& sorters = first_profile_->At(ExtensionPoint::kQueueSort);
  if (!sorters.empty()) {
    const framework::Plugin& sorter = *sorters.front().plugin;
    std::ranges::stable_sort(waiting, [&](const Waiting& a, const Waiting& b) {
      return sorter.Less({a.pod.get(), a.position}, {b.pod.get(), b.position});
    });
  }
  for (auto& entry : waiting) {
    const cluster::PodClass& pod_class = cluster_->classes.ClassOfPending(*entry.pod);
    framework::ProfileRuntime* profile = ProfileOf(*entry.pod);
    Enqueue({std::move(entry.pod), &pod_class, profile});
  }
}

void Simulation::Write(const std::string& line) const {
  if (options_.write_decision) options_.write_decision(line);
}

void Simulation::Fail(const api::Pod& pod, Verdict verdict, std::string message) {
  switch (verdict) {
    case Verdict::kUnschedulable:
      ++summary_.counts.unschedulable;
      break;
    case Verdict::kGated:
      ++summary_.counts.gated;
      break;
  }
  summary_.failures.push_back(
      {pod.meta.namespace_name, pod.meta.name, verdict, std::move(message)});
}

bool Simulation::HoldBack(const api::Pod& pod, ProfileRuntime& profile) {
  if (pod.meta.deletion_timestamp) {
    const std::string message = "skip schedule deleting pod: " + pod.Key();
    Write(HeldBackLine(pod, "", "Unschedulable", message));
    Fail(pod, Verdict::kUnschedulable, message);
    return true;
  }
  for (const auto& gate : profile.At(ExtensionPoint::kPreEnqueue)) {
    const framework::Status status = gate.plugin->PreEnqueueIn(*cluster_, pod);
    if (status.ok()) continue;
    Write(HeldBackLine(pod, gate.plugin->Name(), framework::Name(status.code), status.Message()));
    Fail(pod, Verdict::kGated, status.Message());
    return true;
  }
  return false;
}

void Simulation::RecordPlacement(const api::Pod& pod, const cycle::Decision& decision) {
  ++summary_.counts.placed;
  summary_.placements.push_back({pod.meta.namespace_name, pod.meta.name,
                                 cluster_->nodes.Name(decision.node), decision.total,
                                 static_cast<std::int64_t>(decision.feasible)});
}

void Simulation::Place(const std::shared_ptr<const api::Pod>& pod, ProfileRuntime& profile,
                       const cluster::PodClass& pod_class, const cycle::Decision& decision) {
  const framework::Status reserved =
      cycle::Reserve(*cluster_, profile, pod_class, *pod, decision.node);
  if (!reserved.ok()) return Fail(*pod, Verdict::kUnschedulable, reserved.Message());
  RecordPlacement(*pod, decision);
  // What is reserved is as good as written: there is no API server to wait for.
  cluster_->devices.Commit();
  cluster_->nominated.Remove(*pod);
  cluster_->AddPod(pod, pod_class, decision.node);
}

std::optional<cycle::PostFilterResult> Simulation::PostFilter(const QueuedPod& queued,
                                                              const cycle::Decision& decision,
                                                              const cycle::Diagnosis* diagnosis) {
  if (options_.preemption == PreemptionMode::kOff || diagnosis == nullptr) return std::nullopt;
  if (decision.outcome != Outcome::kUnschedulable || diagnosis->all_nodes == 0) return std::nullopt;
  return algorithm_->PostFilter(*queued.profile, *queued.pod_class, *queued.pod, *diagnosis,
                                options_.preemption == PreemptionMode::kApply);
}

bool Simulation::Try(const QueuedPod& queued) {
  const auto& pod = queued.pod;
  const cluster::PodClass& pod_class = *queued.pod_class;
  ProfileRuntime& profile = *queued.profile;
  const auto begin = std::chrono::steady_clock::now();
  const cycle::Decision decision = algorithm_->Schedule(profile, pod_class, pod.get());
  std::optional<cycle::Diagnosis> diagnosis;
  if (decision.outcome == Outcome::kUnschedulable || options_.detail) {
    diagnosis = algorithm_->Diagnose(profile, pod_class, pod.get());
  }
  const auto post_filter = PostFilter(queued, decision, diagnosis ? &*diagnosis : nullptr);
  latencies_nanoseconds_.push_back((std::chrono::steady_clock::now() - begin).count());
  if (insight_) insight_->Look(*cluster_, *algorithm_, profile, pod_class, *pod, decision);

  if (options_.write_decision) {
    std::optional<cycle::Scores> scores;
    if (options_.detail) scores = algorithm_->ExplainScores(profile, pod_class, pod.get());
    Write(DecisionLine({pod.get(), &decision, diagnosis ? &*diagnosis : nullptr,
                        scores ? &*scores : nullptr, post_filter ? &*post_filter : nullptr},
                       *cluster_));
  }
  switch (decision.outcome) {
    case Outcome::kChosen:
      Place(pod, profile, pod_class, decision);
      break;
    case Outcome::kUnschedulable:
      if (post_filter && options_.preemption == PreemptionMode::kApply &&
          Apply(*post_filter, queued)) {
        return true;
      }
      failure_counts_.Add(*diagnosis);
      Fail(*pod, Verdict::kUnschedulable, diagnosis->Message());
      break;
    case Outcome::kError:
      Fail(*pod, Verdict::kUnschedulable, decision.error);
      break;
  }
  return false;
}

void Simulation::Step() {
  DecideNext();
  if (insight_) insight_->EndStep(*cluster_, next_, summary_.counts.placed);
}

void Simulation::DecideNext() {
  const QueuedPod queued = queue_[next_++];  // a copy: the queue may grow
  if (queued.taken) {
    --taken_ahead_;
    return;
  }
  if (IsGroupMember(*queued.pod)) return StepGroup(*queued.pod);
  if (HoldBack(*queued.pod, *queued.profile)) return;
  while (Try(queued)) {
  }
}

namespace {

// cpu, memory and ephemeral-storage first, then what else any node has, by name.
std::vector<cluster::ResourceId> ShownResources(const cluster::Cluster& cluster) {
  std::vector<cluster::ResourceId> shown;
  for (cluster::ResourceId id = 0; id < cluster.nodes.resource_count(); ++id) {
    const auto& allocatable = cluster.nodes.allocatable(id);
    bool any = false;
    cluster.nodes.alive().ForEach([&](scoring::NodeIndex row) { any |= allocatable[row] != 0; });
    if (any || id == cluster::kCpu || id == cluster::kMemory) shown.push_back(id);
  }
  std::ranges::sort(shown, [&](cluster::ResourceId a, cluster::ResourceId b) {
    const bool a_scalar = a >= cluster::kFirstScalar;
    const bool b_scalar = b >= cluster::kFirstScalar;
    if (a_scalar != b_scalar) return b_scalar;
    return a_scalar ? cluster.resources.Name(a) < cluster.resources.Name(b) : a < b;
  });
  return shown;
}

void AddNodeRows(const cluster::Cluster& cluster, Summary& summary) {
  const auto shown = ShownResources(cluster);
  for (const auto id : shown) summary.resources.emplace_back(cluster.resources.Name(id));
  cluster.nodes.alive().ForEach([&](scoring::NodeIndex row) {
    NodeRow& node = summary.nodes.emplace_back();
    node.name = cluster.nodes.Name(row);
    node.pods = cluster.nodes.pod_count()[row];
    for (const auto id : shown) {
      node.resources.push_back(
          {cluster.nodes.requested(id)[row], cluster.nodes.allocatable(id)[row]});
    }
  });
}

}  // namespace

Summary Simulation::TakeSummary(bool interrupted) {
  Summary summary = std::move(summary_);
  summary.interrupted = interrupted;
  summary.counts.not_tried = static_cast<std::int64_t>(queue_.size() - next_ - taken_ahead_);
  summary.failure_counts = failure_counts_.Take();
  summary.timings.decisions = static_cast<std::int64_t>(latencies_nanoseconds_.size());
  // TakeInsight wants them too.
  summary.timings.latency =
      LatencyOf(insight_ ? latencies_nanoseconds_ : std::move(latencies_nanoseconds_));
  AddNodeRows(*cluster_, summary);
  return summary;
}

double Simulation::insight_seconds() const { return insight_ ? insight_->seconds() : 0; }

Insight Simulation::TakeInsight(const Summary& summary) {
  if (!insight_) return {};
  Insight insight = insight_->Take(*cluster_, summary);
  insight.latencies_nanoseconds = std::move(latencies_nanoseconds_);
  return insight;
}

}  // namespace berth::simulate

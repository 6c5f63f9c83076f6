#include "scheduler/simulate/simulation.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "scheduler/base/check.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/extender/events.h"
#include "scheduler/extender/http_extender.h"
#include "scheduler/simulate/decision_writer.h"
#include "scheduler/simulate/device_objects.h"
#include "scheduler/simulate/disabled_fields.h"
#include "scheduler/simulate/followed_resource.h"
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
  simulation->summary_.placements.reserve(simulation->queue_.size());
  simulation->latencies_nanoseconds_.reserve(simulation->queue_.size());
  simulation->algorithm_ = std::make_unique<cycle::SchedulingAlgorithm>(
      *simulation->cluster_, simulation->options_.algorithm);
  if (simulation->options_.insight) {
    simulation->insight_ = std::make_unique<InsightCollector>(simulation->queue_.size());
  }
  return simulation;
}

base::Result<void> Simulation::MakeProfiles(const config::Configuration& config,
                                            const framework::Registry& registry) {
  cluster_ = std::make_unique<cluster::Cluster>();
  BERTH_ASSIGN(profiles_,
               queue::Profiles::Make(config, registry, *cluster_,
                                     {.caching = options_.caching,
                                      .extender_events = extender::EventsOfExtenders(config),
                                      .first_serves_all = options_.first_profile_serves_all}));
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

ProfileRuntime* Simulation::ProfileOf(const api::Pod& pod) const { return profiles_->Of(pod); }

std::shared_ptr<const api::Pod> Simulation::FindPending(std::string_view key) const {
  const auto it =
      std::ranges::find(queue_, key, [](const PendingPod& pending) { return pending.pod->Key(); });
  return it == queue_.end() ? nullptr : it->pod;
}

void Simulation::FillCluster(api::ClusterObjects& objects) {
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
  if (!options_.pods_come_later) FillNominated();
}

// Nominations that pods in the queue have come with; one that is held back has no claim. A pod that
// names no scheduler has met no API server: kube-scheduler's queue would not have it, so that
// others leave no room for it.
void Simulation::FillNominated() {
  for (const PendingPod& pending : queue_) {
    const api::Pod& pod = *pending.pod;
    if (pod.status.nominated_node_name.empty() || pod.meta.deletion_timestamp) continue;
    const auto& gates = pending.profile->At(ExtensionPoint::kPreEnqueue);
    const bool enters = std::ranges::all_of(gates, [&](const framework::ActivePlugin& gate) {
      return gate.plugin->PreEnqueueIn(*cluster_, pod).ok();
    });
    if (!enters) continue;
    cluster_->nominated.Set({pending.pod, pending.pod_class, !pod.spec->scheduler_by_default},
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
  const auto& sorters = profiles_->first().At(ExtensionPoint::kQueueSort);
  if (!sorters.empty() && !options_.pods_come_later) {
    const framework::Plugin& sorter = *sorters.front().plugin;
    std::ranges::stable_sort(waiting, [&](const Waiting& a, const Waiting& b) {
      return sorter.Less({a.pod.get(), a.position}, {b.pod.get(), b.position});
    });
  }
  for (auto& entry : waiting) {
    Enqueue(Pending(std::move(entry.pod)));
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

bool Simulation::HoldBack(const PendingPod& pending) {
  const api::Pod& pod = *pending.pod;
  if (pod.meta.deletion_timestamp) {
    const std::string message = "skip schedule deleting pod: " + pod.Key();
    Write(HeldBackLine(pod, {"", "Unschedulable", message}, time_));
    Fail(pod, Verdict::kUnschedulable, message);
    return true;
  }
  for (const auto& gate : pending.profile->At(ExtensionPoint::kPreEnqueue)) {
    const framework::Status status = gate.plugin->PreEnqueueIn(*cluster_, pod);
    if (status.ok()) continue;
    Write(HeldBackLine(pod, {gate.plugin->Name(), framework::Name(status.code), status.Message()},
                       time_));
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

AttemptOutcome Simulation::Place(const PendingPod& pending, const cycle::Decision& decision) {
  const auto& [pod, pod_class, profile, taken] = pending;
  const framework::Status reserved =
      cycle::Reserve(*cluster_, *profile, *pod_class, *pod, decision.node);
  if (!reserved.ok()) return {.message = reserved.Message()};
  RecordPlacement(*pod, decision);
  // What is reserved is as good as written: there is no API server to wait for.
  cluster_->devices.Commit();
  cluster_->nominated.Remove(*pod);
  return {.placed = cluster_->AddPod(pod, *pod_class, decision.node)};
}

std::optional<cycle::PostFilterResult> Simulation::PostFilter(const PendingPod& pending,
                                                              const cycle::Decision& decision,
                                                              const cycle::Diagnosis* diagnosis) {
  if (options_.preemption == PreemptionMode::kOff || diagnosis == nullptr) return std::nullopt;
  if (decision.outcome != Outcome::kUnschedulable || diagnosis->all_nodes == 0) return std::nullopt;
  return algorithm_->PostFilter(*pending.profile, *pending.pod_class, *pending.pod, *diagnosis,
                                options_.preemption == PreemptionMode::kApply);
}

AttemptOutcome Simulation::Try(const PendingPod& pending) {
  const auto& [pod, pod_class, profile, taken] = pending;
  const auto begin = std::chrono::steady_clock::now();
  const cycle::Decision decision = algorithm_->Schedule(*profile, *pod_class, pod.get());
  std::optional<cycle::Diagnosis> diagnosis;
  if (decision.outcome == Outcome::kUnschedulable || options_.detail) {
    diagnosis = algorithm_->Diagnose(*profile, *pod_class, pod.get());
  }
  const auto post_filter = PostFilter(pending, decision, diagnosis ? &*diagnosis : nullptr);
  latencies_nanoseconds_.push_back((std::chrono::steady_clock::now() - begin).count());
  if (insight_) insight_->Look(*cluster_, *algorithm_, *profile, *pod_class, *pod, decision);

  if (options_.write_decision) {
    std::optional<cycle::Scores> scores;
    if (options_.detail) scores = algorithm_->ExplainScores(*profile, *pod_class, pod.get());
    Write(DecisionLine(
        {pod.get(), &decision, diagnosis ? &*diagnosis : nullptr, scores ? &*scores : nullptr,
         post_filter ? &*post_filter : nullptr, nullptr, time_},
        *cluster_));
  }
  if (decision.outcome == Outcome::kChosen) return Place(pending, decision);
  if (decision.outcome == Outcome::kError) return {.message = decision.error};
  AttemptOutcome outcome{.message = diagnosis->Message(), .diagnosis = std::move(diagnosis)};
  if (post_filter && options_.preemption == PreemptionMode::kApply) {
    const bool was_nominated = !cluster_->nominated.NodeOf(*pod).empty();
    outcome.room_was_made = Apply(*post_filter, pending);
    outcome.nomination_changed =
        outcome.room_was_made || (was_nominated && post_filter->clears_nomination);
  }
  return outcome;
}

AttemptOutcome Simulation::Attempt(const PendingPod& pending) {
  bool nomination_changed = false;
  while (true) {
    AttemptOutcome outcome = Try(pending);
    nomination_changed |= outcome.nomination_changed;
    if (outcome.room_was_made) continue;
    outcome.nomination_changed = nomination_changed;
    if (options_.pods_come_later && insight_) {
      insight_->EndStep(*cluster_, latencies_nanoseconds_.size(), summary_.counts.placed);
    }
    return outcome;
  }
}

void Simulation::GiveUp(const PendingPod& pending, const AttemptOutcome& outcome) {
  if (outcome.diagnosis) failure_counts_.Add(*outcome.diagnosis);
  Fail(*pending.pod, Verdict::kUnschedulable, outcome.message);
}

void Simulation::Step() {
  DecideNext();
  if (insight_) insight_->EndStep(*cluster_, next_, summary_.counts.placed);
}

void Simulation::DecideNext() {
  const PendingPod pending = queue_[next_++];  // a copy: the queue may grow
  if (pending.taken) {
    --taken_ahead_;
    return;
  }
  if (IsGroupMember(*pending.pod)) return StepGroup(*pending.pod);
  if (HoldBack(pending)) return;
  const AttemptOutcome outcome = Attempt(pending);
  if (!outcome.placed) GiveUp(pending, outcome);
}

PendingPod Simulation::Pending(std::shared_ptr<const api::Pod> pod) const {
  const cluster::PodClass& pod_class = cluster_->classes.ClassOfPending(*pod);
  framework::ProfileRuntime* profile = ProfileOf(*pod);
  return {std::move(pod), &pod_class, profile};
}

std::vector<PendingPod> Simulation::TakePending(std::function<void(const EvictedPod&)> on_evicted) {
  on_evicted_ = std::move(on_evicted);
  return std::exchange(queue_, {});
}

namespace {

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

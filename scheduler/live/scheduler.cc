#include "scheduler/live/scheduler.h"

#include <algorithm>
#include <utility>

#include "scheduler/base/log.h"
#include "scheduler/cycle/reserve.h"

namespace berth::live {

using cycle::Decision;
using cycle::Diagnosis;
using cycle::Outcome;
using framework::ApiAnswer;
using framework::Code;
using framework::EventResource;
using framework::ProfileRuntime;
using framework::Status;

namespace {

constexpr std::string_view kUnschedulable = "Unschedulable";
constexpr std::string_view kSchedulerError = "SchedulerError";

framework::Rejectors RejectorsOf(const Diagnosis& diagnosis, const ProfileRuntime& profile) {
  framework::Rejectors rejectors;
  // Names of plugins that live as long as the profile, unlike those in the diagnosis.
  const auto add = [&](std::string_view name, bool pending) {
    for (const auto point : {config::ExtensionPoint::kPreFilter, config::ExtensionPoint::kFilter}) {
      for (const auto& active : profile.At(point)) {
        if (active.plugin->Name() != name) continue;
        auto& list = pending ? rejectors.pending : rejectors.unschedulable;
        const std::string_view known = active.plugin->Name();
        if (std::ranges::find(list, known) == list.end()) list.push_back(known);
        return;
      }
    }
  };
  if (diagnosis.all_nodes == 0) return rejectors;
  if (!diagnosis.prefilter.ok()) {
    add(diagnosis.prefilter_plugin, diagnosis.prefilter.code == Code::kPending);
  }
  for (const auto& [plugin, rejections] : diagnosis.rejected) {
    for (const auto& [status, nodes] : rejections.groups()) {
      add(plugin, status.code == Code::kPending);
    }
  }
  if (diagnosis.rejected_count < diagnosis.all_nodes) add(diagnosis.absent_plugin, false);
  return rejectors;
}

std::shared_ptr<const api::Pod> OnNode(const api::Pod& pod, const std::string& node) {
  auto placed = std::make_shared<api::Pod>(pod);
  placed->node_name = node;
  return placed;
}

}  // namespace

base::Result<std::unique_ptr<Scheduler>> Scheduler::Make(
    const config::Configuration& config, const framework::Registry& registry,
    const SchedulerOptions& options, kube::Client& client, const base::Clock& clock,
    PodEvents& events, SchedulerObserver& observer, std::function<bool()> may_bind) {
  auto cluster = std::make_unique<cluster::Cluster>();
  BERTH_ASSIGN(auto profiles, Profiles::Make(config, registry, *cluster));
  return std::unique_ptr<Scheduler>(new Scheduler(std::move(cluster), std::move(profiles), options,
                                                  client, clock, events, observer,
                                                  std::move(may_bind)));
}

Scheduler::Scheduler(std::unique_ptr<cluster::Cluster> cluster, std::unique_ptr<Profiles> profiles,
                     const SchedulerOptions& options, kube::Client& client,
                     const base::Clock& clock, PodEvents& events, SchedulerObserver& observer,
                     std::function<bool()> may_bind)
    : options_(options),
      clock_(clock),
      events_(events),
      observer_(observer),
      writer_(client, inbox_),
      owned_cluster_(std::move(cluster)),
      cluster_(*owned_cluster_),
      profiles_(std::move(profiles)),
      pods_(cluster_),
      queue_(options.queue, clock, *profiles_, observer),
      algorithm_(cluster_, options.algorithm),
      status_writes_(pod_store_, writer_, timers_, clock,
                     [this](const std::string& uid) { return pods_.Find(uid) != nullptr; }),
      objects_(cluster_, pods_, queue_, *profiles_, *this) {
  bindings_ = std::make_unique<BindingCycles>(
      cluster_, queue_, writer_, timers_, clock_, events_, std::move(may_bind),
      BindingCycles::Outcome{[this](const PlacedPod& placed) { OnBound(placed); },
                             [this](PlacedPod placed, BindingFailure failure) {
                               OnBindingFailed(std::move(placed), std::move(failure));
                             }});
  preemptions_ = std::make_unique<Preemptions>(
      pods_, *bindings_, writer_, clock_, events_,
      [this](const std::shared_ptr<const api::Pod>& pod) { queue_.Activate({&pod, 1}); });
  profiles_->SetPreemptionGate([this](const api::Pod& pod) { return preemptions_->Waits(pod); });
}

Scheduler::~Scheduler() = default;

bool Scheduler::Step(bool decide) {
  inbox_.Run();
  const auto now = clock_.Now();
  timers_.Run(now);
  if (queue_.NextFlush() <= now) queue_.Flush();
  if (!decide || bindings_->in_flight() >= options_.max_bindings) return false;
  auto queued = queue_.Pop();
  if (!queued) return false;
  Attempt(*std::move(queued));
  return true;
}

base::Clock::Steady Scheduler::NextDue() const {
  const auto timer = timers_.Next();
  return timer ? std::min(*timer, queue_.NextFlush()) : queue_.NextFlush();
}

// ---- One attempt ----

bool Scheduler::IsToBeSkipped(const api::Pod& pod) {
  if (pod.meta.deletion_timestamp) {
    events_.Record(pod, {"Warning", "FailedScheduling", "Scheduling",
                         "skip schedule deleting pod: " + pod.Key()});
    return true;
  }
  return pods_.Find(pod.meta.uid) != nullptr;
}

void Scheduler::Attempt(queue::QueuedPod queued) {
  const auto start = clock_.Now();
  const std::shared_ptr<const api::Pod> pod = queued.pod;
  ProfileRuntime* profile = profiles_->Of(*pod);
  if (profile == nullptr || IsToBeSkipped(*pod)) return queue_.Done(*pod);
  cluster_.devices.SetTime(clock_.WallNanoseconds());
  const cluster::PodClass& pod_class = cluster_.classes.ClassOfPending(*pod);
  const Decision decision = algorithm_.Schedule(*profile, pod_class, pod.get());
  switch (decision.outcome) {
    case Outcome::kChosen:
      observer_.OnDecision(clock_.Now() - start);
      return Place(std::move(queued), *profile, pod_class, decision, start);
    case Outcome::kUnschedulable:
      return Unschedulable(std::move(queued), *profile, pod_class, start);
    case Outcome::kError:
      observer_.OnDecision(clock_.Now() - start);
      return Fail(std::move(queued),
                  {{Code::kError, {decision.error}}, decision.error, {}, {true, ""}}, start);
  }
}

void Scheduler::Place(queue::QueuedPod queued, ProfileRuntime& profile,
                      const cluster::PodClass& pod_class, const Decision& decision,
                      base::Clock::Steady start) {
  const std::shared_ptr<const api::Pod> pod = queued.pod;
  const Status reserved = cycle::Reserve(cluster_, profile, pod_class, *pod, decision.node);
  if (!reserved.ok()) {
    const std::string message = framework::IsRejected(reserved.code)
                                    ? "0/1 nodes are available: 1 " + reserved.Message() + "."
                                    : reserved.Message();
    return Fail(std::move(queued), {reserved, message, {}, {true, ""}}, start);
  }
  const auto placed = OnNode(*pod, cluster_.nodes.Name(decision.node));
  pods_.Assume(placed, pod_class, decision.node);
  cluster_.nominated.Remove(*pod);
  bindings_->Start({std::move(queued), placed, &pod_class, &profile, start});
  bindings_->AskPermitAgain();
}

void Scheduler::Unschedulable(queue::QueuedPod queued, ProfileRuntime& profile,
                              const cluster::PodClass& pod_class, base::Clock::Steady start) {
  const api::Pod& pod = *queued.pod;
  const Diagnosis diagnosis = algorithm_.Diagnose(profile, pod_class, &pod);
  Failure failure{{Code::kUnschedulable, {}}, diagnosis.Message(), {}, {}};
  failure.rejectors = RejectorsOf(diagnosis, profile);
  const bool has_post_filter = !profile.At(config::ExtensionPoint::kPostFilter).empty();
  if (diagnosis.all_nodes > 0 && has_post_filter) {
    CarryOut(algorithm_.PostFilter(profile, pod_class, pod, diagnosis), pod, failure);
  } else {
    failure.nomination.override_it = true;
  }
  observer_.OnDecision(clock_.Now() - start);
  Fail(std::move(queued), std::move(failure), start);
}

void Scheduler::CarryOut(const cycle::PostFilterResult& result, const api::Pod& pod,
                         Failure& failure) {
  observer_.OnPreemptionAttempt();
  if (!result.message.empty()) failure.message += " " + result.message;
  for (const framework::ApiWrite& write : result.writes) {
    writer_.Write(write, [key = pod.Key()](const ApiAnswer& answer) {
      if (!answer.ok()) base::log::Error(answer.error, "PostFilter failed", {{"pod", key}});
    });
  }
  failure.nomination.override_it = result.clears_nomination;
  if (!result.node) return;
  std::vector<std::shared_ptr<const api::Pod>> victims;
  for (const cluster::PodIndex victim : result.victims) {
    victims.push_back(cluster_.SharedPod(victim));
  }
  observer_.OnPreemption(victims.size());
  failure.nomination = {true, cluster_.nodes.Name(*result.node)};
  if (const auto known = pod_store_.Find(KeyOf(pod.meta))) {
    // Who was promised the node with a lower priority has to look for another.
    cluster_.nominated.RemoveLower(failure.nomination.node, pod.Priority());
    preemptions_->Start(known, failure.nomination.node, victims);
  }
}

// ---- What comes of a failure ----

void Scheduler::Fail(queue::QueuedPod queued, Failure failure, base::Clock::Steady start) {
  const bool rejected = framework::IsRejected(failure.status.code);
  observer_.OnAttempt(queued.pod->spec->scheduler_name,
                      rejected ? AttemptResult::kUnschedulable : AttemptResult::kError,
                      clock_.Now() - start);
  const std::shared_ptr<const api::Pod> tried = queued.pod;
  if (rejected) {
    base::log::Info(2, "Unable to schedule pod; no fit; waiting",
                    {{"pod", tried->Key()}, {"err", failure.message}});
  } else {
    base::log::Error(failure.message, "Error scheduling pod; retrying", {{"pod", tried->Key()}});
  }
  const auto fresh = pod_store_.Find(KeyOf(tried->meta));
  if (fresh != nullptr && fresh->meta.uid != tried->meta.uid) return queue_.Done(*tried);
  if (fresh == nullptr || !fresh->node_name.empty()) {
    queue_.Done(*tried);
  } else {
    auto added = queue_.AddUnschedulableIfNotPresent(std::move(queued), fresh, failure.rejectors);
    if (!added) {
      base::log::Error(added.error().message(), "Error occurred", {{"pod", tried->Key()}});
    }
    if (failure.nomination.override_it) cluster_.nominated.Remove(*fresh);
    if (failure.nomination.override_it && !failure.nomination.node.empty()) {
      cluster_.nominated.Set({fresh, &cluster_.classes.ClassOfPending(*fresh)},
                             failure.nomination.node);
    }
  }
  const api::Pod& pod = fresh != nullptr ? *fresh : *tried;
  events_.Record(pod, {"Warning", "FailedScheduling", "Scheduling", failure.message});
  if (fresh == nullptr) return;
  status_writes_.Write(pod, {std::string(rejected ? kUnschedulable : kSchedulerError),
                             std::move(failure.message), std::move(failure.nomination)});
}

// ---- What comes of a binding ----

void Scheduler::OnBound(const PlacedPod& placed) {
  const auto now = clock_.Now();
  const api::Pod& pod = *placed.pod;
  base::log::Info(2, "Successfully bound pod to node",
                  {{"pod", pod.Key()},
                   {"node", placed.node()},
                   {"evaluatedNodes", cluster_.nodes.node_count()}});
  events_.Record(*placed.queued.pod,
                 {"Normal", "Scheduled", "Binding",
                  "Successfully assigned " + pod.Key() + " to " + placed.node()});
  observer_.OnAttempt(pod.spec->scheduler_name, AttemptResult::kScheduled,
                      now - placed.attempt_start);
  observer_.OnBound(placed, now - placed.queued.initial_attempt.value_or(placed.attempt_start));
}

void Scheduler::Forget(const PlacedPod& placed) {
  const auto row = cluster_.nodes.Find(placed.node());
  if (row) {
    cycle::Unreserve(cluster_, *placed.profile, *placed.pod_class, *placed.queued.pod, *row);
  }
  pods_.Forget(placed.pod->meta.uid);
}

void Scheduler::OnBindingFailed(PlacedPod placed, BindingFailure failure) {
  Forget(placed);
  const bool rejected = framework::IsRejected(failure.status.code);
  const auto leave = [this, pod = placed.pod](const std::function<bool(const api::Pod&)>& check) {
    queue_.MoveAllToActiveOrBackoffQueue(
        queue::OwnedChange::Of<api::Pod>({EventResource::kAssignedPod, framework::kDelete}, pod,
                                         nullptr),
        check);
  };
  // The room that it had is free for others; for itself as well where it was not turned away.
  if (!rejected) leave(nullptr);
  Failure outcome{failure.status, failure.status.Message(), {}, {true, ""}};
  if (rejected) {
    outcome.message = "0/1 nodes are available: 1 " + outcome.message + ".";
    // The name of a plugin that lives as long as the profile.
    for (const auto& active : placed.profile->At(config::ExtensionPoint::kPermit)) {
      if (active.plugin->Name() == failure.plugin) {
        outcome.rejectors.unschedulable.push_back(active.plugin->Name());
      }
    }
  }
  Fail(std::move(placed.queued), std::move(outcome), placed.attempt_start);
  if (rejected) {
    leave([uid = placed.pod->meta.uid](const api::Pod& other) { return other.meta.uid != uid; });
  }
}

void Scheduler::AssumedPodGone(const api::Pod& pod) {
  if (bindings_->CanStop(pod.meta.uid)) {
    return bindings_->Stop(pod.meta.uid, "the pod is being deleted");
  }
  // Too late to stop: what the API server says of its Binding decides.
  if (bindings_->Has(pod.meta.uid)) return;
  // Bound, as the API server has said, but never seen on its node.
  pods_.Forget(pod.meta.uid);
  const auto gone = std::make_shared<const api::Pod>(pod);
  queue_.MoveAllToActiveOrBackoffQueue(queue::OwnedChange::Of<api::Pod>(
      {EventResource::kAssignedPod, framework::kDelete}, gone, nullptr));
}

}  // namespace berth::live

#include "scheduler/live/scheduler.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "scheduler/base/log.h"
#include "scheduler/cycle/rejectors.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/extender/events.h"
#include "scheduler/extender/http_extender.h"

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

cycle::AlgorithmOptions WithExtenders(cycle::AlgorithmOptions options,
                                      const cycle::Extenders* extenders) {
  options.extenders = extenders;
  return options;
}

// What kube-scheduler says of the one node that was chosen and does not do after all.
std::string ChosenNodeRejected(const Status& status) {
  std::map<std::string, int> reasons;
  for (const std::string& reason : status.reasons) ++reasons[reason];
  std::vector<std::string> entries;
  for (const auto& [reason, count] : reasons)
    entries.push_back(std::to_string(count) + " " + reason);
  std::ranges::sort(entries);
  std::string sentence = "0/1 nodes are available:";
  for (const std::string& entry : entries) {
    sentence += (&entry == &entries.front() ? " " : ", ") + entry;
  }
  return entries.empty() ? sentence : sentence + ".";
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
  BERTH_ASSIGN(auto profiles,
               queue::Profiles::Make(
                   config, registry, *cluster,
                   {.hints = &observer, .extender_events = extender::EventsOfExtenders(config)}));
  BERTH_ASSIGN(Asked asked, MakeAsked(config, clock));
  return std::unique_ptr<Scheduler>(new Scheduler(std::move(cluster), std::move(profiles),
                                                  std::move(asked), options, client, clock, events,
                                                  observer, std::move(may_bind)));
}

base::Result<Scheduler::Asked> Scheduler::MakeAsked(const config::Configuration& config,
                                                    const base::Clock& clock) {
  if (config.extenders.empty()) return Asked{};
  Asked asked;
  asked.texts = std::make_unique<extender::ObjectTexts>(extender::WantedBy(config.extenders));
  BERTH_ASSIGN(asked.extenders, extender::MakeExtenders(config.extenders, *asked.texts, clock));
  return asked;
}

Scheduler::Scheduler(std::unique_ptr<cluster::Cluster> cluster,
                     std::unique_ptr<queue::Profiles> profiles, Asked asked,
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
      asked_(std::move(asked)),
      extender_binds_(asked_.extenders, inbox_),
      pods_(cluster_),
      queue_(options.queue, clock, *profiles_, observer),
      algorithm_(cluster_, WithExtenders(options.algorithm, extenders())),
      status_writes_(pod_store_, writer_, timers_, clock,
                     [this](const std::string& uid) { return pods_.Find(uid) != nullptr; }),
      objects_(cluster_, pods_, queue_, *profiles_, *this, observer, clock) {
  bindings_ = std::make_unique<BindingCycles>(
      cluster_, queue_, writer_, timers_, clock_, events_, std::move(may_bind),
      BindingCycles::Outcome{[this](const PlacedPod& placed) { OnBound(placed); },
                             [this](PlacedPod placed, BindingFailure failure) {
                               OnBindingFailed(std::move(placed), std::move(failure));
                             }},
      observer_, extender_binds_);
  preemptions_ = std::make_unique<Preemptions>(
      pods_, *bindings_, writer_, timers_, clock_, events_,
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
  const auto before = clock_.Now();
  const Status reserved = cycle::Reserve(cluster_, profile, pod_class, *pod, decision.node);
  observer_.OnStage(profile, config::ExtensionPoint::kReserve, reserved.code,
                    clock_.Now() - before);
  if (!reserved.ok()) {
    const std::string message =
        framework::IsRejected(reserved.code) ? ChosenNodeRejected(reserved) : reserved.Message();
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
  if (diagnosis.prefilter.code == Code::kError) {
    // A plugin failed rather than said no: nothing is known of any node.
    observer_.OnDecision(clock_.Now() - start);
    const std::string message = diagnosis.prefilter.Message();
    return Fail(std::move(queued), {diagnosis.prefilter, message, {}, {true, ""}}, start);
  }
  Failure failure{{Code::kUnschedulable, {}}, diagnosis.Message(), {}, {}};
  failure.rejectors = cycle::RejectorsOf(diagnosis, profile);
  const bool has_post_filter = !profile.At(config::ExtensionPoint::kPostFilter).empty();
  if (diagnosis.all_nodes > 0 && has_post_filter) {
    const auto before = clock_.Now();
    const auto result = algorithm_.PostFilter(profile, pod_class, pod, diagnosis);
    observer_.OnStage(profile, config::ExtensionPoint::kPostFilter,
                      result.node ? Code::kSuccess : Code::kUnschedulable, clock_.Now() - before);
    CarryOut(result, pod, failure);
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
    TakeNominations(failure.nomination.node, pod.Priority());
    preemptions_->Start(known, failure.nomination.node, victims);
  }
}

// Who was promised the node with a lower priority has to look for another.
void Scheduler::TakeNominations(const std::string& node, std::int32_t priority) {
  const auto nominated = cluster_.nominated.by_node().find(node);
  if (nominated == cluster_.nominated.by_node().end()) return;
  for (const cluster::NominatedPod& other : nominated->second) {
    const api::Pod& pod = *other.pod;
    const bool is_written = !pod.status.nominated_node_name.empty();
    if (pod.Priority() >= priority || !is_written) continue;
    writer_.Write(NominationPatch(pod, ""), [key = pod.Key()](const ApiAnswer& answer) {
      if (!answer.ok()) {
        base::log::Error(answer.error, "Cannot clear 'NominatedNodeName' field of pod",
                         {{"pod", key}});
      }
    });
  }
  cluster_.nominated.RemoveLower(node, priority);
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
  if (!rejected) preemptions_->Release(*tried);
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
  // Somebody else may have bound it: then it is scheduled, whatever went wrong here.
  if (fresh == nullptr || !fresh->node_name.empty()) return;
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
  // Gone before the answer came, and never seen on its node.
  if (!IsThere(pod)) AssumedPodGone(pod);
}

bool Scheduler::IsThere(const api::Pod& pod) const {
  const auto known = pod_store_.Find(KeyOf(pod.meta));
  return known != nullptr && known->meta.uid == pod.meta.uid;
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
  if (rejected) outcome.message = ChosenNodeRejected(failure.status);
  if (rejected && !failure.plugin.empty()) {
    outcome.rejectors.unschedulable.push_back(failure.plugin);
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
  if (!IsThere(pod)) bindings_->PodGone(pod.meta.uid);
  if (bindings_->Has(pod.meta.uid)) return;
  // Bound, as the API server has said, but never seen on its node.
  const auto placed = pods_.Find(pod.meta.uid);
  if (!pods_.IsAssumed(pod.meta.uid)) return;
  pods_.Forget(pod.meta.uid);
  queue_.MoveAllToActiveOrBackoffQueue(queue::OwnedChange::Of<api::Pod>(
      {EventResource::kAssignedPod, framework::kDelete}, placed, nullptr));
}

// What was taken for them beside the node can be given back only while it is there.
void Scheduler::NodeLeaves(const std::string& name) {
  const auto row = cluster_.nodes.Find(name);
  if (!row) return;
  std::vector<std::string> coming;
  for (const cluster::PodIndex index : cluster_.PodsOn(*row)) {
    const std::string& uid = cluster_.pod(index).meta.uid;
    if (bindings_->CanStop(uid)) coming.push_back(uid);
  }
  for (const std::string& uid : coming) bindings_->Stop(uid, "node \"" + name + "\" not found");
}

}  // namespace berth::live

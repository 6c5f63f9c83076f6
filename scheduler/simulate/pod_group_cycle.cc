// Pods of a group are decided together: one after the other as any pod, each seen by the next, and
// then all of them are placed or none is.
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "scheduler/cycle/permit.h"
#include "scheduler/cycle/reserve.h"
#include "scheduler/simulate/decision_writer.h"
#include "scheduler/simulate/simulation.h"

namespace berth::simulate {

using cycle::Outcome;
using framework::Code;

namespace {

constexpr const char* kUnschedulable = "pod group is unschedulable";
constexpr const char* kWaiting = "pod group is waiting for preemption to complete";

std::string GroupKey(const api::Pod& pod) {
  return pod.meta.namespace_name + "/" + pod.spec->pod_group_name;
}

}  // namespace

// What came of one member.
struct Simulation::Trial {
  PendingPod queued;
  cycle::Decision decision = {};
  std::optional<cycle::Diagnosis> diagnosis = {};
  std::optional<cycle::Scores> scores = {};
  std::optional<cycle::PostFilterResult> post_filter = {};
  framework::Status refused = {};                // by Reserve or Permit
  std::optional<cluster::PodIndex> placed = {};  // for the time being
  bool permitted = false;

  bool NeedsPreemption() const { return post_filter && post_filter->node; }
  // Why it is not placed, in words of its own; empty if it could have been.
  std::string Problem() const {
    if (decision.outcome == Outcome::kError) return decision.error;
    if (decision.outcome == Outcome::kUnschedulable) return diagnosis->Message();
    return refused.Message();
  }
};

bool Simulation::IsGroupMember(const api::Pod& pod) const {
  return gates_[config::Gate::kGenericWorkload] && !pod.spec->pod_group_name.empty();
}

base::Result<void> Simulation::CheckPodGroups(const std::vector<api::PodGroup>& groups) const {
  if (!gates_[config::Gate::kGenericWorkload]) return {};
  for (const auto& [meta, min_count, problem] : groups) {
    if (problem.empty()) continue;
    return base::Fail("PodGroup " + meta.namespace_name + "/" + meta.name + ": " + problem);
  }
  return {};
}

void Simulation::Enqueue(PendingPod queued) {
  if (IsGroupMember(*queued.pod)) {
    if (!queued.pod->meta.deletion_timestamp) cluster_->groups.CountWaiting(*queued.pod, 1);
    group_members_[GroupKey(*queued.pod)].push_back(queue_.size());
  }
  queue_.push_back(std::move(queued));
}

// The members that still wait and may enter, the first in priority first. All that wait leave the
// queue.
std::vector<PendingPod> Simulation::TakeMembers(const api::Pod& first) {
  std::vector<PendingPod> members;
  for (const std::size_t position : group_members_[GroupKey(first)]) {
    PendingPod& queued = queue_[position];
    if (std::exchange(queued.taken, true)) continue;
    if (position >= next_) ++taken_ahead_;
    if (!HoldBack(queued)) members.push_back(queued);
  }
  std::ranges::stable_sort(members, std::ranges::greater(),
                           [](const PendingPod& queued) { return queued.pod->Priority(); });
  return members;
}

// The error of a group whose members want different schedulers; empty if they agree.
std::string Simulation::MixedSchedulers(const std::vector<PendingPod>& members) {
  std::set<std::string> names;
  for (const PendingPod& queued : members) names.insert(queued.pod->spec->scheduler_name);
  if (names.size() <= 1) return "";
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : " ") + name;
  return "all pods in a single pod group should have the same .spec.schedulerName set, got: [" +
         list + "]";
}

Simulation::Trial Simulation::TryMember(const PendingPod& queued) {
  Trial trial{.queued = queued};
  const auto& [pod, pod_class, profile, taken] = queued;
  const auto begin = std::chrono::steady_clock::now();
  trial.decision = algorithm_->Schedule(*profile, *pod_class, pod.get());
  if (trial.decision.outcome == Outcome::kUnschedulable || options_.detail) {
    trial.diagnosis = algorithm_->Diagnose(*profile, *pod_class, pod.get());
  }
  trial.post_filter =
      PostFilter(queued, trial.decision, trial.diagnosis ? &*trial.diagnosis : nullptr);
  latencies_nanoseconds_.push_back((std::chrono::steady_clock::now() - begin).count());
  if (options_.write_decision && options_.detail) {
    trial.scores = algorithm_->ExplainScores(*profile, *pod_class, pod.get());
  }
  if (trial.decision.outcome == Outcome::kChosen) Assume(trial);
  return trial;
}

void Simulation::Assume(Trial& trial) {
  const auto& [pod, pod_class, profile, taken] = trial.queued;
  const framework::NodeIndex node = trial.decision.node;
  trial.refused = cycle::Reserve(*cluster_, *profile, *pod_class, *pod, node);
  if (!trial.refused.ok()) return;
  trial.placed = cluster_->AddPod(pod, *pod_class, node);
  framework::Status permit = cycle::Permit(*cluster_, *profile, *pod_class, *pod, node).status;
  trial.permitted = permit.ok();
  if (permit.ok() || permit.code == Code::kWait) return;
  trial.refused = std::move(permit);
  Revert(trial);
}

void Simulation::Revert(Trial& trial) {
  if (!trial.placed) return;
  const auto& [pod, pod_class, profile, taken] = trial.queued;
  cluster_->RemovePod(*trial.placed);
  cycle::Unreserve(*cluster_, *profile, *pod_class, *pod, trial.decision.node);
  trial.placed.reset();
}

// Whether room was made, so that the group is to be tried again.
bool Simulation::TryGroup(const std::vector<PendingPod>& members) {
  std::vector<Trial> trials;
  for (const PendingPod& queued : members) trials.push_back(TryMember(queued));
  const bool preempts = std::ranges::any_of(trials, &Trial::NeedsPreemption);
  const bool feasible = !preempts && std::ranges::any_of(trials, &Trial::permitted);
  // In reverse, so that the cluster is what it was to the last detail.
  if (!feasible)
    std::for_each(trials.rbegin(), trials.rend(), [&](Trial& trial) { Revert(trial); });

  const PodGroupOutcome outcome{GroupKey(*members.front().pod),
                                feasible ? "Scheduled" : "Unschedulable",
                                feasible   ? ""
                                : preempts ? kWaiting
                                           : kUnschedulable};
  for (const Trial& trial : trials) WriteTrial(trial, outcome);
  if (!feasible && options_.preemption == PreemptionMode::kApply) {
    for (const Trial& trial : trials) {
      if (trial.post_filter && Apply(*trial.post_filter, trial.queued)) return true;
    }
  }
  for (const Trial& trial : trials) Settle(trial, outcome);
  if (feasible) cluster_->devices.Commit();
  return false;
}

void Simulation::WriteTrial(const Trial& trial, const PodGroupOutcome& outcome) const {
  if (!options_.write_decision) return;
  const framework::Status& refused = trial.refused;
  if (!refused.ok()) {
    return Write(
        HeldBackLine(*trial.queued.pod, {"", framework::Name(refused.code), refused.Message()}));
  }
  const auto get = [](const auto& optional) { return optional ? &*optional : nullptr; };
  Write(DecisionLine({trial.queued.pod.get(), &trial.decision, get(trial.diagnosis),
                      get(trial.scores), get(trial.post_filter), &outcome},
                     *cluster_));
}

void Simulation::Settle(const Trial& trial, const PodGroupOutcome& outcome) {
  const api::Pod& pod = *trial.queued.pod;
  if (trial.placed) {
    RecordPlacement(pod, trial.decision);
    cluster_->groups.CountWaiting(pod, -1);
    cluster_->nominated.Remove(pod);
    return;
  }
  if (trial.decision.outcome == Outcome::kUnschedulable) failure_counts_.Add(*trial.diagnosis);
  const std::string problem = trial.Problem();
  Fail(pod, Verdict::kUnschedulable, problem.empty() ? outcome.message : problem);
}

void Simulation::StepGroup(const api::Pod& first) {
  const std::vector<PendingPod> members = TakeMembers(first);
  if (members.empty()) return;
  const std::string error = MixedSchedulers(members);
  if (!error.empty()) {
    for (const PendingPod& queued : members) {
      Write(HeldBackLine(*queued.pod, {"", "Error", error}));
      Fail(*queued.pod, Verdict::kUnschedulable, error);
    }
    return;
  }
  while (TryGroup(members)) {
  }
}

}  // namespace berth::simulate

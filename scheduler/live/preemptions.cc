#include "scheduler/live/preemptions.h"

#include "scheduler/base/log.h"
#include "scheduler/live/pod_status.h"

namespace berth::live {

using framework::ApiAnswer;

namespace {

constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr std::chrono::seconds kPauseAfterConflict{1};

bool IsGone(const ApiAnswer& answer) { return answer.status == kNotFound; }

}  // namespace

Preemptions::Preemptions(PodCache& pods, BindingCycles& bindings, ApiWriter& writer, Timers& timers,
                         const base::Clock& clock, PodEvents& events,
                         std::function<void(const PodRef&)> activate)
    : pods_(pods),
      bindings_(bindings),
      writer_(writer),
      timers_(timers),
      clock_(clock),
      events_(events),
      activate_(std::move(activate)) {}

void Preemptions::Start(const PodRef& preemptor, const std::string& node,
                        const std::vector<PodRef>& victims) {
  std::vector<PodRef> staying;
  for (const PodRef& victim : victims) {
    if (!victim->meta.deletion_timestamp) staying.push_back(victim);
  }
  if (staying.empty()) return;
  auto preemption = std::make_shared<Preemption>(Preemption{.preemptor = preemptor, .node = node});
  under_way_[preemptor->meta.uid] = preemption;
  preemption->last = staying.back();
  staying.pop_back();
  // Counted first: an answer may come from memory, at once.
  preemption->pending = staying.size() + 1;
  for (const PodRef& victim : staying) Evict(preemption, victim);
  Answered(preemption, "");
}

// What the API server shows may come before its answer, and wakes the pod only once.
bool Preemptions::Waits(const api::Pod& pod) const {
  const auto it = under_way_.find(pod.meta.uid);
  if (it == under_way_.end()) return false;
  const Preemption& preemption = *it->second;
  return !preemption.last_told || !IsOnItsWay(*preemption.last);
}

bool Preemptions::IsOnItsWay(const api::Pod& victim) const {
  const PodRef known = pods_.Find(victim.meta.uid);
  return known == nullptr || known->meta.deletion_timestamp.has_value();
}

void Preemptions::Report(const Preemption& preemption, const api::Pod& victim, bool in_memory) {
  std::string note =
      "Preempted by pod " + preemption.preemptor->meta.uid + " on node " + preemption.node;
  if (in_memory) note += " (in kube-scheduler memory).";
  events_.Record(victim, {"Normal", "Preempted", "Preempting", note});
}

void Preemptions::Evict(const Shared& preemption, const PodRef& victim) {
  base::log::Info(2, "Preempting pod",
                  {{"pod", preemption->preemptor->Key()},
                   {"victim", victim->Key()},
                   {"node", preemption->node}});
  if (bindings_.CanStop(victim->meta.uid)) {
    bindings_.Stop(victim->meta.uid, "preempted by DefaultPreemption");
    Report(*preemption, *victim, true);
    return Answered(preemption, "");
  }
  const std::string& scheduler = preemption->preemptor->spec->scheduler_name;
  writer_.Write(DisruptionPatch(*victim, scheduler, clock_.WallNanoseconds()),
                [this, preemption, victim](const ApiAnswer& answer) {
                  // A conflict may be another one here; the deletion tells.
                  if (answer.ok() || answer.status == kConflict) return Delete(preemption, victim);
                  Answered(preemption, IsGone(answer) ? "" : answer.error);
                });
}

void Preemptions::Delete(const Shared& preemption, const PodRef& victim) {
  writer_.Write(DeletionOf(*victim), [this, preemption, victim](const ApiAnswer& answer) {
    if (answer.status == kConflict) return DeleteAgain(preemption, victim);
    if (answer.ok()) Report(*preemption, *victim, false);
    Answered(preemption, answer.ok() || IsGone(answer) ? "" : answer.error);
  });
}

// A conflict may mean that another pod has its name by now, which the watch is about to show, or
// that the API server was not able to.
void Preemptions::DeleteAgain(const Shared& preemption, const PodRef& victim) {
  if (IsOnItsWay(*victim)) return Answered(preemption, "");
  timers_.Set(clock_.Now() + kPauseAfterConflict, [this, preemption, victim] {
    if (IsOnItsWay(*victim)) return Answered(preemption, "");
    Delete(preemption, victim);
  });
}

void Preemptions::Answered(const Shared& preemption, const std::string& error) {
  if (!error.empty()) {
    preemption->failed = true;
    base::log::Error(error, "Error occurred during async preemption",
                     {{"pod", preemption->preemptor->Key()}, {"node", preemption->node}});
  }
  if (--preemption->pending > 0) return;
  if (!preemption->last_told && !preemption->failed) {
    preemption->last_told = true;
    preemption->pending = 1;
    return Evict(preemption, preemption->last);
  }
  const auto it = under_way_.find(preemption->preemptor->meta.uid);
  if (it != under_way_.end() && it->second == preemption) under_way_.erase(it);
  // What it waits for may never come, or has come while it was kept out.
  const bool is_gone = pods_.Find(preemption->last->meta.uid) == nullptr;
  if (preemption->failed || is_gone) activate_(preemption->preemptor);
}

}  // namespace berth::live

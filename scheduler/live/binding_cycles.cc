#include "scheduler/live/binding_cycles.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "scheduler/base/log.h"
#include "scheduler/config/duration.h"
#include "scheduler/cycle/permit.h"
#include "scheduler/live/pod_status.h"

namespace berth::live {

using config::ExtensionPoint;
using framework::ApiAnswer;
using framework::ApiWrite;
using framework::Code;
using framework::PodContext;
using framework::Status;

namespace {

enum class Stage : std::uint8_t { kPermit, kPreBind, kBind };

struct NamedPreBinding {
  std::string_view plugin;
  std::unique_ptr<framework::PreBinding> work;
};

// Whoever is asked where a pod is and does not say is asked again, with more and more patience.
constexpr std::chrono::seconds kFirstDoubt{1};
constexpr std::chrono::seconds kLongestDoubt{30};

constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kServerError = 500;

// Whether the pod may be bound although the answer is not that it is: none came, the API server
// failed on the way, or the pod was bound before, perhaps by a first try of the same request.
bool IsInDoubt(const ApiAnswer& answer) {
  return answer.status == 0 || answer.status >= kServerError || answer.status == kConflict;
}

}  // namespace

struct BindingCycles::Cycle {
  PlacedPod placed;
  std::uint64_t number = 0;  // tells it from a later one of the same pod
  Stage stage = Stage::kPermit;
  bool waits = false;  // on Permit
  bool nominated = false;
  std::vector<NamedPreBinding> pre_bindings;
  std::size_t next = 0;  // of pre_bindings
  // Of a Binding that may have been done: what the API server said of it, and when to ask again.
  Status failure;
  std::chrono::seconds patience = kFirstDoubt;
  bool in_doubt = false;
  base::Clock::Steady stage_start = {};

  const std::string& uid() const { return placed.pod->meta.uid; }
};

BindingCycles::BindingCycles(cluster::Cluster& cluster, queue::SchedulingQueue& queue,
                             ApiWriter& writer, Timers& timers, const base::Clock& clock,
                             PodEvents& events, std::function<bool()> may_bind, Outcome outcome,
                             SchedulerObserver& observer, ExtenderBinds& extender_binds)
    : cluster_(cluster),
      queue_(queue),
      writer_(writer),
      timers_(timers),
      clock_(clock),
      events_(events),
      may_bind_(std::move(may_bind)),
      outcome_(std::move(outcome)),
      observer_(observer),
      extender_binds_(extender_binds) {}

BindingCycles::~BindingCycles() = default;

BindingCycles::Cycle* BindingCycles::Find(std::string_view uid, std::uint64_t number) const {
  const auto it = cycles_.find(uid);
  return it == cycles_.end() || it->second->number != number ? nullptr : it->second.get();
}

void BindingCycles::Start(PlacedPod placed) {
  auto owned = std::make_unique<Cycle>();
  Cycle& cycle = *owned;
  cycle.placed = std::move(placed);
  cycle.number = next_number_++;
  cycles_.insert_or_assign(cycle.uid(), std::move(owned));
  AskPermit(cycle);
}

bool BindingCycles::CanStop(std::string_view uid) const {
  const auto it = cycles_.find(uid);
  return it != cycles_.end() && it->second->stage != Stage::kBind;
}

void BindingCycles::Stop(std::string_view uid, const std::string& why) {
  if (CanStop(uid)) Fail(*cycles_.find(uid)->second, {Code::kError, {why}});
}

void BindingCycles::PodGone(std::string_view uid) {
  const auto it = cycles_.find(uid);
  if (it != cycles_.end() && it->second->in_doubt) Fail(*it->second, it->second->failure);
}

// ---- Permit ----

void BindingCycles::AskPermit(Cycle& cycle) {
  const PlacedPod& placed = cycle.placed;
  const auto row = cluster_.nodes.Find(placed.node());
  if (!row) return Fail(cycle, {Code::kError, {"node \"" + placed.node() + "\" not found"}});
  const auto before = clock_.Now();
  const framework::PermitResult result =
      cycle::Permit(cluster_, *placed.profile, *placed.pod_class, *placed.pod, *row);
  observer_.OnStage(*placed.profile, ExtensionPoint::kPermit, result.status.code,
                    clock_.Now() - before);
  if (result.status.code == Code::kWait) {
    if (!cycle.waits) WaitOnPermit(cycle, result.timeout, WhoSays(cycle, *row, result.status.code));
    return;
  }
  if (!result.status.ok()) {
    const std::string_view plugin = WhoSays(cycle, *row, result.status.code);
    return Fail(cycle, result.status, plugin);
  }
  EndWait(cycle, Code::kSuccess);
  PreparePreBind(cycle);
}

// Permit gives one answer for all plugins; none of them changes anything when it is asked again.
std::string_view BindingCycles::WhoSays(const Cycle& cycle, cluster::NodeIndex row,
                                        Code code) const {
  const PodContext context{cluster_, *cycle.placed.pod_class};
  std::string_view who;
  std::chrono::nanoseconds shortest = std::chrono::nanoseconds::max();
  for (const auto& active : cycle.placed.profile->At(ExtensionPoint::kPermit)) {
    const auto one = active.plugin->Permit(context, *cycle.placed.pod, row);
    if (one.status.code != code || one.timeout >= shortest) continue;
    shortest = one.timeout;
    who = active.plugin->Name();
  }
  return who;
}

void BindingCycles::WaitOnPermit(Cycle& cycle, std::chrono::nanoseconds timeout,
                                 std::string_view plugin) {
  cycle.waits = true;
  cycle.stage_start = clock_.Now();
  waiting_.emplace(cycle.number, cycle.uid());
  Nominate(cycle);
  const std::string why = "rejected due to timeout after waiting " +
                          config::FormatDuration(timeout) + " at plugin " + std::string(plugin);
  timers_.Set(clock_.Now() + timeout,
              [this, uid = cycle.uid(), number = cycle.number, why, plugin] {
                Cycle* waiting = Find(uid, number);
                if (waiting == nullptr || !waiting->waits) return;
                Fail(*waiting, {Code::kUnschedulable, {why}}, plugin);
              });
}

// Nothing for a pod that did not have to wait.
void BindingCycles::EndWait(Cycle& cycle, Code code) {
  if (!std::exchange(cycle.waits, false)) return;
  waiting_.erase(cycle.number);
  observer_.OnPermitWait(code, clock_.Now() - cycle.stage_start);
}

// Whoever else looks at the pod (an autoscaler) is told where it is going while it takes time.
void BindingCycles::Nominate(Cycle& cycle) {
  const PlacedPod& placed = cycle.placed;
  if (cycle.nominated || placed.pod->status.nominated_node_name == placed.node()) return;
  cycle.nominated = true;
  writer_.Write(NominationPatch(*placed.pod, placed.node()), [pod = placed.pod->Key()](
                                                                 const ApiAnswer& answer) {
    if (answer.ok()) return;
    base::log::Error(answer.error, "Failed to nominate the node of a pod", {{"pod", pod}});
  });
}

void BindingCycles::AskPermitAgain() {
  // In the order in which they came. Copied: those that go on leave.
  const auto waiting = waiting_;
  for (const auto& [number, uid] : waiting) {
    if (Cycle* cycle = Find(uid, number)) AskPermit(*cycle);
  }
}

// ---- PreBind ----

void BindingCycles::PreparePreBind(Cycle& cycle) {
  const PlacedPod& placed = cycle.placed;
  cycle.stage = Stage::kPreBind;
  cycle.stage_start = clock_.Now();
  queue_.Done(*placed.pod);
  const auto row = cluster_.nodes.Find(placed.node());
  const PodContext context{cluster_, *placed.pod_class};
  for (const auto& active : placed.profile->At(ExtensionPoint::kPreBind)) {
    auto work = active.plugin->PreBind(context, *placed.pod, *row);
    if (work != nullptr) {
      cycle.pre_bindings.push_back({active.plugin->Name(), std::move(work)});
    }
  }
  if (!cycle.pre_bindings.empty()) Nominate(cycle);
  NextStep(cycle, nullptr);
}

void BindingCycles::NextStep(Cycle& cycle, const ApiAnswer* answer) {
  while (cycle.next < cycle.pre_bindings.size()) {
    if (RunStep(cycle, answer)) return;
    ++cycle.next;
    answer = nullptr;
  }
  Bind(cycle);
}

bool BindingCycles::RunStep(Cycle& cycle, const ApiAnswer* answer) {
  const NamedPreBinding& current = cycle.pre_bindings[cycle.next];
  const PodContext context{cluster_, *cycle.placed.pod_class};
  for (;;) {
    framework::PreBindStep step = current.work->Next(context, answer);
    answer = nullptr;
    if (auto* write = std::get_if<ApiWrite>(&step)) {
      Send(cycle, std::move(*write));
      return true;
    }
    if (const auto* wait = std::get_if<framework::PreBindWait>(&step)) {
      Wait(cycle, wait->duration);
      return true;
    }
    if (const auto* event = std::get_if<framework::PreBindEvent>(&step)) {
      events_.Record(*cycle.placed.pod, {"Normal", event->reason, "Scheduling", event->note});
      continue;
    }
    const Status& status = std::get<Status>(step);
    if (status.ok()) return false;
    Fail(cycle,
         {Code::kError,
          {"running PreBind plugin \"" + std::string(current.plugin) + "\": " + status.Message()}});
    return true;
  }
}

void BindingCycles::Send(Cycle& cycle, ApiWrite write) {
  const bool creates_claim =
      write.kind == framework::WriteKind::kCreate && write.path.ends_with("/resourceclaims");
  writer_.Write(std::move(write), [this, uid = cycle.uid(), number = cycle.number,
                                   creates_claim](const ApiAnswer& answer) {
    if (creates_claim) observer_.OnClaimCreated(answer.ok());
    if (Cycle* waiting = Find(uid, number)) NextStep(*waiting, &answer);
  });
}

void BindingCycles::Wait(Cycle& cycle, std::chrono::nanoseconds duration) {
  timers_.Set(clock_.Now() + duration, [this, uid = cycle.uid(), number = cycle.number] {
    if (Cycle* waiting = Find(uid, number)) NextStep(*waiting, nullptr);
  });
}

// ---- Bind ----

void BindingCycles::Bind(Cycle& cycle) {
  if (!may_bind_()) return Fail(cycle, {Code::kError, {"not the leader any more"}});
  const auto now = clock_.Now();
  if (!cycle.pre_bindings.empty()) {
    observer_.OnStage(*cycle.placed.profile, ExtensionPoint::kPreBind, Code::kSuccess,
                      now - cycle.stage_start);
  }
  cycle.stage = Stage::kBind;
  cycle.stage_start = now;
  const PlacedPod& placed = cycle.placed;
  if (base::log::Enabled(3)) {
    base::log::Info(3, "Attempting to bind pod to node",
                    {{"pod", placed.pod->Key()}, {"node", placed.node()}});
  }
  if (cycle::Extender* binder = extender_binds_.BinderOf(*placed.queued.pod)) {
    return BindByExtender(cycle, *binder);
  }
  SendBinding(cycle);
}

void BindingCycles::SendBinding(Cycle& cycle) {
  const PlacedPod& placed = cycle.placed;
  writer_.Write(BindingOf(*placed.pod, placed.node()),
                [this, uid = cycle.uid(), number = cycle.number](const ApiAnswer& answer) {
                  if (Cycle* sent = Find(uid, number)) Bound(*sent, answer);
                });
}

void BindingCycles::Bound(Cycle& cycle, const ApiAnswer& answer) {
  observer_.OnStage(*cycle.placed.profile, ExtensionPoint::kBind,
                    answer.ok() ? Code::kSuccess : Code::kError, clock_.Now() - cycle.stage_start);
  if (answer.ok()) return outcome_.bound(Take(cycle));
  cycle.failure = {Code::kError, {"running Bind plugin \"DefaultBinder\": " + answer.error}};
  cycle.in_doubt = IsInDoubt(answer);
  if (cycle.in_doubt) return AskWhereItIs(cycle);
  Fail(cycle, cycle.failure);
}

void BindingCycles::BindByExtender(Cycle& cycle, cycle::Extender& binder) {
  extender_binds_.Bind(
      binder, *cycle.placed.pod, cycle.placed.node(),
      [this, uid = cycle.uid(), number = cycle.number, &binder](const base::Result<void>& result) {
        if (Cycle* sent = Find(uid, number)) BoundByExtender(*sent, binder, result);
      });
}

void BindingCycles::BoundByExtender(Cycle& cycle, const cycle::Extender& binder,
                                    const base::Result<void>& result) {
  if (!result && binder.IsIgnorable()) {
    base::log::Error(result.error().message(),
                     "Skipping extender in bind as it returned error and has ignorable flag set",
                     {{"extender", binder.Name()}, {"pod", cycle.placed.pod->Key()}});
    if (!may_bind_()) return Fail(cycle, {Code::kError, {"not the leader any more"}});
    return SendBinding(cycle);
  }
  observer_.OnStage(*cycle.placed.profile, ExtensionPoint::kBind,
                    result ? Code::kSuccess : Code::kError, clock_.Now() - cycle.stage_start);
  if (result) return outcome_.bound(Take(cycle));
  cycle.failure = {Code::kError, {result.error().message()}};
  cycle.in_doubt = true;
  AskWhereItIs(cycle);
}

// Until it is known that the pod is not on its node nothing else may take its place there.
void BindingCycles::AskWhereItIs(Cycle& cycle) {
  writer_.Send({.method = kube::Method::kGet, .path = PathOf(*cycle.placed.pod)},
               [this, uid = cycle.uid(), number = cycle.number](const ApiAnswer& answer) {
                 if (Cycle* doubtful = Find(uid, number)) WhereItIs(*doubtful, answer);
               });
}

void BindingCycles::WhereItIs(Cycle& cycle, const ApiAnswer& answer) {
  if (answer.ok() && IsBoundAsPlanned(answer.body, *cycle.placed.pod)) {
    return outcome_.bound(Take(cycle));
  }
  const bool tells = answer.ok() || answer.status == kNotFound;
  if (tells) return Fail(cycle, cycle.failure);
  base::log::Error(answer.error, "Cannot ask where a pod is; its node's room stays taken",
                   {{"pod", cycle.placed.pod->Key()}, {"node", cycle.placed.node()}});
  timers_.Set(clock_.Now() + cycle.patience, [this, uid = cycle.uid(), number = cycle.number] {
    if (Cycle* doubtful = Find(uid, number)) AskWhereItIs(*doubtful);
  });
  cycle.patience = std::min(cycle.patience * 2, kLongestDoubt);
}

PlacedPod BindingCycles::Take(Cycle& cycle) {
  const auto it = cycles_.find(cycle.uid());
  const std::unique_ptr<Cycle> owned = std::move(it->second);
  cycles_.erase(it);
  return std::move(owned->placed);
}

void BindingCycles::Fail(Cycle& cycle, Status status, std::string_view plugin) {
  EndWait(cycle, status.code);
  const PodContext context{cluster_, *cycle.placed.pod_class};
  for (const auto& [name, work] : cycle.pre_bindings) {
    for (ApiWrite& write : work->Undo(context)) {
      writer_.Write(std::move(write), [pod = cycle.placed.pod->Key()](const ApiAnswer& answer) {
        if (!answer.ok()) {
          base::log::Error(answer.error, "Failed to take back what was written for a pod",
                           {{"pod", pod}});
        }
      });
    }
  }
  outcome_.failed(Take(cycle), {std::move(status), plugin});
}

}  // namespace berth::live

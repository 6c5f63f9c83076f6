#include "scheduler/simulate/time_driver.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "scheduler/base/check.h"
#include "scheduler/base/wrapping.h"
#include "scheduler/cycle/rejectors.h"

namespace berth::simulate {

using base::WrapAdd;
using base::WrapSub;
using framework::EventResource;
using queue::OwnedChange;

namespace {

// Two hundred years. What would end after that never does: nanoseconds cannot count much further.
constexpr std::int64_t kHorizon = std::int64_t{200} * 366 * 24 * 3600 * 1'000'000'000;

std::int64_t SinceBegin(base::Clock::Steady time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

std::shared_ptr<const api::Pod> OnNode(const api::Pod& pod, const std::string& node) {
  auto placed = std::make_shared<api::Pod>(pod);
  placed->node_name = node;
  return placed;
}

// Nobody where something went wrong.
framework::Rejectors RejectorsOf(const AttemptOutcome& outcome,
                                 const framework::ProfileRuntime& profile) {
  const auto& diagnosis = outcome.diagnosis;
  if (!diagnosis || diagnosis->prefilter.code == framework::Code::kError) return {};
  return cycle::RejectorsOf(*diagnosis, profile);
}

}  // namespace

bool TimeDriver::Happening::operator<(const Happening& other) const {
  return std::tie(time, kind, stay) > std::tie(other.time, other.kind, other.stay);
}

// ---- The beginning ----

TimeDriver::TimeDriver(Simulation& simulation, const Lifetimes& lifetimes, TimeOptions options)
    : simulation_(simulation),
      cluster_(simulation.cluster()),
      options_(std::move(options)),
      clock_(lifetimes.begin_nanoseconds),
      queue_(options_.queue, clock_, simulation.profiles(), observer_) {
  result_.begin = lifetimes.begin;
}

base::Result<std::unique_ptr<TimeDriver>> TimeDriver::Make(Simulation& simulation,
                                                           const Lifetimes& lifetimes,
                                                           TimeOptions options) {
  std::unique_ptr<TimeDriver> driver(new TimeDriver(simulation, lifetimes, std::move(options)));
  BERTH_TRY(driver->FollowResources());
  driver->TakeRunning(lifetimes);
  driver->TakePending(lifetimes);
  return driver;
}

base::Result<void> TimeDriver::FollowResources() {
  if (options_.resources.empty()) {
    for (const auto id : ShownResources(cluster_)) {
      resources_.push_back(FollowedIn(cluster_, cluster_.resources.Name(id)));
    }
  }
  for (const std::string& name : options_.resources) {
    BERTH_ASSIGN(FollowedResource resource, Follow(cluster_, name));
    resources_.push_back(std::move(resource));
  }
  for (const FollowedResource& resource : resources_) {
    result_.resources.push_back({resource.name, resource.capacity});
  }
  asked_.resize(resources_.size());
  now_.used.resize(resources_.size());
  return {};
}

// Pods that run already began when they were made.
void TimeDriver::TakeRunning(const Lifetimes& lifetimes) {
  cluster_.nodes.alive().ForEach([&](cluster::NodeIndex row) {
    now_.nodes_used += cluster_.PodsOn(row).empty() ? 0 : 1;
    for (const cluster::PodIndex index : cluster_.PodsOn(row)) {
      auto pod = cluster_.SharedPod(index);
      const Lifetime lifetime = lifetimes.Of(pod->Key());
      const cluster::PodClass& pod_class = cluster_.ClassOf(index);
      for (std::size_t i = 0; i < resources_.size(); ++i) {
        const std::int64_t amount = resources_[i].AskedBy(pod_class);
        asked_[i] = WrapAdd(asked_[i], amount);
        now_.used[i] = WrapAdd(now_.used[i], amount);
      }
      ++now_.arrived;
      ++now_.running;
      stay_of_.emplace(pod.get(), stays_.size());
      stays_.push_back({.pending = {pod, &pod_class, nullptr},
                        .lifetime = lifetime,
                        .ran_before = true,
                        .place = Place::kRunning,
                        .index = index,
                        .placed = std::move(pod),
                        .runs = 1});
      const auto& length =
          options_.departures == Departures::kRecorded ? lifetime.departure : lifetime.duration;
      if (!length) continue;
      const std::int64_t end =
          options_.departures == Departures::kRecorded ? *length : lifetime.arrival + *length;
      happenings_.push(
          {std::max<std::int64_t>(end, 0), Happening::Kind::kDeparture, stays_.size() - 1, 1});
    }
  });
}

void TimeDriver::TakePending(const Lifetimes& lifetimes) {
  auto pending = simulation_.TakePending([this](const EvictedPod& evicted) { Evicted(evicted); });
  arriving_ = pending.size();
  for (PendingPod& pod : pending) {
    const Lifetime lifetime = lifetimes.Of(pod.pod->Key());
    stay_of_.emplace(pod.pod.get(), stays_.size());
    happenings_.push({lifetime.arrival, Happening::Kind::kArrival, stays_.size()});
    Stay stay{.pending = std::move(pod), .lifetime = lifetime};
    stay.times.namespace_name = stay.pending.pod->meta.namespace_name;
    stay.times.pod = stay.pending.pod->meta.name;
    stay.times.arrived = lifetime.arrival;
    stays_.push_back(std::move(stay));
  }
}

// ---- Time ----

bool TimeDriver::Step() {
  if (auto queued = queue_.Pop()) {
    Attempt(*std::move(queued));
    return true;
  }
  const auto next = NextTime();
  if (!next) {
    Record();
    return false;
  }
  GoTo(*next);
  return true;
}

std::optional<std::int64_t> TimeDriver::NextTime() const {
  const auto flush = queue_.NextFlush();
  const bool flushes = flush != base::Clock::Steady::max();
  if (happenings_.empty()) {
    if (!flushes || !AnybodyIsWorthATry()) return std::nullopt;
    return std::max(SinceBegin(flush), clock_.since_begin());
  }
  const std::int64_t next = happenings_.top().time;
  if (!flushes) return next;
  return std::min(next, std::max(SinceBegin(flush), clock_.since_begin()));
}

bool TimeDriver::AnybodyIsWorthATry() const {
  const auto counts = queue_.counts();
  return counts.active + counts.backoff + counts.unschedulable > tried_since_;
}

void TimeDriver::GoTo(std::int64_t time) {
  if (time > clock_.since_begin()) Record();
  clock_.Set(time);
  simulation_.SetTime(time);
  cluster_.devices.SetTime(clock_.WallNanoseconds());
  while (!happenings_.empty() && happenings_.top().time <= time) {
    const Happening happening = happenings_.top();
    happenings_.pop();
    Happen(happening);
  }
  if (queue_.NextFlush() <= clock_.Now()) queue_.Flush();
}

void TimeDriver::Happen(const Happening& happening) {
  if (happening.kind == Happening::Kind::kArrival) return Arrive(happening.stay);
  Stay& stay = stays_[happening.stay];
  if (happening.run != 0 && (happening.run != stay.runs || stay.place != Place::kRunning)) return;
  if (stay.place == Place::kRunning) return Depart(stay);
  if (stay.place == Place::kWaiting) LeaveWaiting(stay);
}

void TimeDriver::Record() {
  if (!differs_) return;
  differs_ = false;
  now_.nanoseconds = clock_.since_begin();
  result_.timeline.push_back(now_);
  if (options_.on_instant) options_.on_instant(now_, asked_);
}

// ---- What happens ----

void TimeDriver::Arrive(std::size_t number) {
  Stay& stay = stays_[number];
  const std::shared_ptr<const api::Pod> pod = stay.pending.pod;
  ++arrived_;
  ++now_.arrived;
  differs_ = true;
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    asked_[i] = WrapAdd(asked_[i], resources_[i].AskedBy(*stay.pending.pod_class));
  }
  if (pod->meta.deletion_timestamp) {
    simulation_.HoldBack(stay.pending);
    stay.place = Place::kGone;
    ++now_.lost;
    return;
  }
  stay.place = Place::kWaiting;
  stay.waits_since = clock_.since_begin();
  ++now_.pending;
  queue_.Add(pod);
  if (options_.departures == Departures::kRecorded && stay.lifetime.departure) {
    SetDeparture(number, *stay.lifetime.departure - stay.lifetime.arrival, 0);
  }
  const queue::QueuedPod* queued = queue_.Find(pod->meta.namespace_name, pod->meta.name);
  const std::string& node = pod->status.nominated_node_name;
  if (node.empty() || (queued != nullptr && queued->gated())) return;
  // As Simulation does at its beginning.
  cluster_.nominated.Set({pod, stay.pending.pod_class, !pod->spec->scheduler_by_default}, node);
  Changed();
}

void TimeDriver::SetDeparture(std::size_t stay, const std::optional<std::int64_t>& in,
                              std::uint64_t run) {
  if (!in || *in > kHorizon - clock_.since_begin()) return;
  happenings_.push({clock_.since_begin() + *in, Happening::Kind::kDeparture, stay, run});
}

void TimeDriver::Depart(Stay& stay) {
  const cluster::NodeIndex node = cluster_.NodeOf(stay.index);
  cluster_.RemovePod(stay.index);
  CountRunning(*stay.pending.pod_class, node, false);
  const auto claims = ReleaseClaims(*stay.pending.pod, false, cluster_);
  stay.place = Place::kGone;
  stay.times.finished = clock_.since_begin();
  ++now_.finished;
  Tell(framework::kDelete, std::exchange(stay.placed, nullptr), nullptr);
  TellReleased(claims);
}

void TimeDriver::LeaveWaiting(Stay& stay) {
  const std::shared_ptr<const api::Pod> pod = stay.pending.pod;
  const bool was_nominated = !cluster_.nominated.NodeOf(*pod).empty();
  queue_.Delete(*pod);
  if (stay.refusal != nullptr && stay.refusal->at == changes_) --tried_since_;
  stay.place = Place::kGone;
  stay.times.finished = clock_.since_begin();
  stay.times.waited += clock_.since_begin() - stay.waits_since;
  --now_.pending;
  ++now_.lost;
  differs_ = true;
  if (stay.refusal != nullptr) {
    simulation_.GiveUp(stay.pending, stay.refusal->outcome);
  } else if (!simulation_.HoldBack(stay.pending)) {
    simulation_.GiveUp(stay.pending, {.message = "left before it was tried"});
  }
  if (!was_nominated) return;
  cluster_.nominated.Remove(*pod);
  Changed();
  TellNominationGone(pod);
}

// ---- Decisions ----

std::shared_ptr<const TimeDriver::Refusal> TimeDriver::KnownRefusal(const Stay& stay) const {
  if (simulation_.extenders() != nullptr) return nullptr;
  if (stay.refusal != nullptr && stay.refusal->at == changes_) return stay.refusal;
  const bool holds =
      simulation_.AnswersHoldForClasses() && cluster_.nominated.NodeOf(*stay.pending.pod).empty();
  if (!holds) return nullptr;
  const auto it = refusals_.find(stay.pending.pod_class);
  return it != refusals_.end() && it->second->at == changes_ ? it->second : nullptr;
}

void TimeDriver::Attempt(queue::QueuedPod queued) {
  const std::size_t number = stay_of_.at(queued.pod.get());
  Stay& stay = stays_[number];
  ++stay.times.attempts;
  auto refusal = KnownRefusal(stay);
  if (refusal == nullptr) {
    AttemptOutcome outcome = simulation_.Attempt(stay.pending);
    if (outcome.placed) {
      queue_.Done(*queued.pod);
      return Start(number, *outcome.placed);
    }
    if (outcome.nomination_changed) Changed();
    auto rejectors = RejectorsOf(outcome, *stay.pending.profile);
    refusal = std::make_shared<const Refusal>(
        Refusal{std::move(outcome), std::move(rejectors), changes_});
    refusals_[stay.pending.pod_class] = refusal;
  }
  if (stay.refusal == nullptr || stay.refusal->at != changes_) ++tried_since_;
  stay.refusal = std::move(refusal);
  const std::shared_ptr<const api::Pod> pod = queued.pod;
  const auto added =
      queue_.AddUnschedulableIfNotPresent(std::move(queued), pod, stay.refusal->rejectors);
  BERTH_CHECK(added.has_value());  // names are unique, and nobody else adds pods
}

void TimeDriver::Start(std::size_t number, cluster::PodIndex index) {
  Stay& stay = stays_[number];
  stay.place = Place::kRunning;
  stay.index = index;
  stay.refusal = nullptr;
  ++stay.runs;
  const cluster::NodeIndex node = cluster_.NodeOf(index);
  stay.placed = OnNode(*stay.pending.pod, cluster_.nodes.Name(node));
  const std::int64_t now = clock_.since_begin();
  stay.times.node = stay.placed->node_name;
  stay.times.started = now;
  stay.times.waited += now - stay.waits_since;
  --now_.pending;
  CountRunning(*stay.pending.pod_class, node, true);
  if (options_.departures == Departures::kDuration) {
    SetDeparture(number, stay.lifetime.duration, stay.runs);
  }
  Tell(framework::kAdd, nullptr, stay.placed);
}

void TimeDriver::Evicted(const EvictedPod& evicted) {
  const auto known = stay_of_.extract(evicted.pod.get());
  BERTH_CHECK(!known.empty());
  const std::size_t number = known.mapped();
  Stay& stay = stays_[number];
  const std::shared_ptr<const api::Pod> placed = std::exchange(stay.placed, nullptr);
  CountRunning(*stay.pending.pod_class, evicted.node, false);
  if (evicted.again == nullptr) {
    stay.place = Place::kGone;
    stay.times.finished = clock_.since_begin();
    ++now_.lost;
  } else {
    stay.place = Place::kWaiting;
    stay.pending = simulation_.Pending(evicted.again);
    stay.waits_since = clock_.since_begin();
    stay.times.started.reset();
    stay.times.node.clear();
    stay_of_.emplace(evicted.again.get(), number);
    ++now_.pending;
    queue_.Add(evicted.again);
  }
  Tell(framework::kDelete, placed, nullptr);
  TellReleased(evicted.claims);
}

// ---- What others have to know ----

void TimeDriver::CountRunning(const cluster::PodClass& pod_class, cluster::NodeIndex node,
                              bool comes) {
  const auto pods = cluster_.PodsOn(node).size();
  if (comes) {
    ++now_.running;
    now_.nodes_used += pods == 1 ? 1 : 0;
  } else {
    --now_.running;
    now_.nodes_used -= pods == 0 ? 1 : 0;
  }
  for (std::size_t i = 0; i < resources_.size(); ++i) {
    const std::int64_t amount = resources_[i].AskedBy(pod_class);
    now_.used[i] = comes ? WrapAdd(now_.used[i], amount) : WrapSub(now_.used[i], amount);
  }
  differs_ = true;
  Changed();
}

void TimeDriver::Changed() {
  ++changes_;
  tried_since_ = 0;
}

void TimeDriver::Tell(framework::Actions action, const std::shared_ptr<const api::Pod>& before,
                      const std::shared_ptr<const api::Pod>& after) {
  queue_.MoveAllToActiveOrBackoffQueue(
      OwnedChange::Of<api::Pod>({EventResource::kAssignedPod, action}, before, after));
}

// Room that was kept for it is free for those that had to give way.
void TimeDriver::TellNominationGone(const std::shared_ptr<const api::Pod>& pod) {
  queue_.MoveAllToActiveOrBackoffQueue(
      OwnedChange::Of<api::Pod>({EventResource::kAssignedPod, framework::kDelete}, pod, nullptr),
      [priority = pod->Priority()](const api::Pod& other) { return other.Priority() <= priority; });
}

// The controllers of a cluster take the devices away first, and then the claim.
void TimeDriver::TellReleased(const std::vector<ReleasedClaim>& claims) {
  const auto tell = [this](framework::Actions action,
                           const std::shared_ptr<const api::ResourceClaim>& before,
                           const std::shared_ptr<const api::ResourceClaim>& after) {
    queue_.MoveAllToActiveOrBackoffQueue(
        OwnedChange::Of({EventResource::kResourceClaim, action}, before, after));
  };
  for (const auto& [before, after] : claims) {
    if (after != nullptr) {
      tell(framework::kUpdate, before, after);
      continue;
    }
    auto empty = std::make_shared<api::ResourceClaim>(*before);
    empty->allocation.reset();
    empty->reserved_for.clear();
    tell(framework::kUpdate, before, empty);
    tell(framework::kDelete, empty, nullptr);
  }
}

// ---- The end ----

Summary TimeDriver::TakeSummary(bool interrupted) {
  Record();
  // Of those that still wait: until the last change.
  const std::int64_t end = now_.nanoseconds;
  std::int64_t not_tried = 0;
  for (Stay& stay : stays_) {
    if (stay.place == Place::kComing) ++not_tried;
    if (stay.place == Place::kWaiting) {
      stay.times.waited += std::max<std::int64_t>(end - stay.waits_since, 0);
      if (stay.refusal != nullptr) {
        simulation_.GiveUp(stay.pending, stay.refusal->outcome);
      } else if (!simulation_.HoldBack(stay.pending)) {
        ++not_tried;
      }
    }
    if (!stay.ran_before && stay.place != Place::kComing) result_.pods.push_back(stay.times);
  }
  Summary summary = simulation_.TakeSummary(interrupted);
  summary.counts.not_tried += not_tried;
  summary.time = std::make_shared<const VirtualTime>(std::move(result_));
  return summary;
}

}  // namespace berth::simulate

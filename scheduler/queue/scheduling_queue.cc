#include "scheduler/queue/scheduling_queue.h"

#include <algorithm>

#include "scheduler/base/check.h"
#include "scheduler/framework/object_events.h"

namespace berth::queue {
namespace {

using framework::EventResource;
using framework::QueueingStrategy;

constexpr framework::ClusterEvent kPodAdd{EventResource::kUnschedulablePod, framework::kAdd};
constexpr framework::ClusterEvent kPodUpdate{EventResource::kUnschedulablePod, framework::kUpdate};
constexpr std::chrono::seconds kFlushInterval{30};

Backoff::Options BackoffOptions(const SchedulingQueue::Options& options) {
  return {options.initial_backoff, options.max_backoff, options.pop_from_backoff};
}

QueueName NameOfPlace(const Entry& entry) {
  if (entry.place == Place::kActive) return QueueName::kActive;
  if (entry.place != Place::kUnschedulable) return QueueName::kBackoff;
  return entry.gated() ? QueueName::kGated : QueueName::kUnschedulable;
}

bool Contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string_view Name(QueueName queue) {
  switch (queue) {
    case QueueName::kActive:
      return "active";
    case QueueName::kBackoff:
      return "backoff";
    case QueueName::kUnschedulable:
      return "unschedulable";
    case QueueName::kGated:
      break;
  }
  return "gated";
}

SchedulingQueue::SchedulingQueue(const Options& options, const base::Clock& clock,
                                 const QueuePlugins& plugins, QueueObserver& observer)
    : options_(options),
      clock_(clock),
      plugins_(plugins),
      observer_(observer),
      backoff_rule_(BackoffOptions(options), clock),
      interests_(plugins),
      active_(SortFirst{&plugins}),
      backoff_(BackoffFirst{{&plugins}}),
      error_backoff_(ErrorBackoffFirst()),
      unschedulable_(interests_),
      in_flight_(options.max_in_flight_events),
      start_(clock.Now()) {}

SchedulingQueue::~SchedulingQueue() = default;

// ---- Pods that come, change and go ----

void SchedulingQueue::Add(std::shared_ptr<const api::Pod> pod) {
  if (in_flight_.Has(*pod)) return;
  if (Entry* entry = FindEntry(NameOf(*pod)); entry != nullptr) Extract(*entry);
  AddNew(std::move(pod), kPodAdd);
}

void SchedulingQueue::Update(std::shared_ptr<const api::Pod> before,
                             std::shared_ptr<const api::Pod> after) {
  if (in_flight_.Has(*after)) return RecordUpdate(before, after);
  Entry* entry = FindEntry(NameOf(*after));
  if (entry != nullptr && !framework::IsSamePod(*entry->pod, *after)) {
    Extract(*entry);
    entry = nullptr;
  }
  if (entry == nullptr) return AddNew(std::move(after), kPodUpdate);
  // The name, by which the entry is found, is the same text in both.
  auto known = std::exchange(entry->pod, std::move(after));
  if (before == nullptr) before = std::move(known);
  switch (entry->place) {
    case Place::kActive:
      return active_.Restore(*entry);
    case Place::kBackoff:
      return backoff_.Restore(*entry);
    case Place::kErrorBackoff:
      return error_backoff_.Restore(*entry);
    case Place::kUnschedulable:
      return WakeByUpdate(*entry, before);
    case Place::kNowhere:
      break;
  }
}

void SchedulingQueue::Delete(const api::Pod& pod) {
  Entry* entry = FindEntry(NameOf(pod));
  if (entry != nullptr && framework::IsSamePod(*entry->pod, pod)) Extract(*entry);
}

void SchedulingQueue::AddNew(std::shared_ptr<const api::Pod> pod, const ClusterEvent& event) {
  QueuedPod queued;
  queued.pod = std::move(pod);
  queued.arrival = next_arrival_++;
  queued.timestamp = clock_.Now();
  Requeue(Insert(std::move(queued)), Strategy::kImmediately, event, Place::kNowhere);
}

void SchedulingQueue::WakeByUpdate(Entry& entry, const std::shared_ptr<const api::Pod>& before) {
  const std::shared_ptr<const api::Pod> after = entry.pod;
  for (const ClusterEvent& event : framework::EventsOfPodUpdate(*before, *after)) {
    if (!unschedulable_.IsConcerned(entry, interests_.KindOf(event))) continue;
    if (Wake(entry, {event, before.get(), after.get()})) return;
  }
}

void SchedulingQueue::RecordUpdate(const std::shared_ptr<const api::Pod>& before,
                                   const std::shared_ptr<const api::Pod>& after) {
  if (before == nullptr) return;
  for (const ClusterEvent& event : framework::EventsOfPodUpdate(*before, *after)) {
    const auto kind = interests_.KindOf(event);
    if (interests_.Wanted(kind)) in_flight_.Record(kind, OwnedChange::Of(event, before, after));
  }
}

// ---- Attempts ----

std::optional<QueuedPod> SchedulingQueue::Pop() {
  if (!active_.empty()) return PopEntry(active_.top());
  if (!options_.pop_from_backoff || backoff_.empty()) return std::nullopt;
  observer_.OnIncoming(QueueName::kActive, framework::kPopFromBackoffQ);
  return PopEntry(backoff_.top());
}

std::optional<QueuedPod> SchedulingQueue::Take(std::string_view namespace_name,
                                               std::string_view name) {
  Entry* entry = FindEntry({namespace_name, name});
  if (entry == nullptr) return std::nullopt;
  ActivateOne(entry->pod);
  if (entry->place != Place::kActive) return std::nullopt;
  return PopEntry(*entry);
}

QueuedPod SchedulingQueue::PopEntry(Entry& entry) {
  MarkReady(entry);
  QueuedPod popped = Extract(entry);
  ++popped.attempts;
  popped.rejectors = {};
  popped.gating_plugin = {};
  in_flight_.Add(popped.pod);
  return popped;
}

base::Result<void> SchedulingQueue::AddUnschedulableIfNotPresent(
    QueuedPod popped, std::shared_ptr<const api::Pod> fresh, framework::Rejectors rejectors) {
  const std::shared_ptr<const api::Pod> tried = std::exchange(popped.pod, std::move(fresh));
  if (FindEntry(NameOf(*popped.pod)) != nullptr) {
    Done(*tried);
    return base::Fail("pod " + popped.pod->Key() + " is waiting already");
  }
  popped.rejectors = std::move(rejectors);
  if (popped.rejectors.empty()) {
    ++popped.consecutive_errors;
  } else {
    ++popped.unschedulable_count;
    popped.consecutive_errors = 0;
  }
  popped.timestamp = clock_.Now();
  popped.backoff_end = backoff_rule_.EndOf(popped);
  popped.was_flushed = false;
  const Strategy strategy = StrategyAfterFailure(popped);
  CountRejectors(popped, +1);
  Requeue(Insert(std::move(popped)), strategy, framework::kScheduleAttemptFailure, Place::kNowhere);
  Done(*tried);
  return {};
}

SchedulingQueue::Strategy SchedulingQueue::StrategyAfterFailure(const QueuedPod& popped) {
  if (popped.rejectors.empty() || !in_flight_.Has(*popped.pod) ||
      in_flight_.HasMissedEvents(*popped.pod)) {
    return Strategy::kAfterBackoff;
  }
  auto strategy = Strategy::kSkip;
  const PluginBits rejectors = interests_.BitsOf(popped.rejectors);
  in_flight_.ForEachEventSince(*popped.pod, [&](const InFlightEvent& event) {
    const bool wildcard = event.change.change.event.IsWildcard();
    if (!wildcard && !interests_.WantedBy(rejectors, event.kind)) return true;
    strategy = std::max(strategy, plugins_.WorthRequeuing(popped, event.change.change));
    if (strategy == Strategy::kSkip) return true;
    // Only a plugin that waits for something outside can make it any sooner.
    return strategy != Strategy::kImmediately && !popped.rejectors.pending.empty();
  });
  return strategy;
}

// ---- Events ----

void SchedulingQueue::MoveAllToActiveOrBackoffQueue(
    const OwnedChange& change, const std::function<bool(const api::Pod&)>& precheck) {
  const auto kind = interests_.KindOf(change.change.event);
  if (!interests_.Wanted(kind)) return;
  candidates_.clear();
  unschedulable_.AppendConcerned(kind, candidates_);
  for (Entry* entry : candidates_) {
    if (!precheck || precheck(*entry->pod)) Wake(*entry, change.change);
  }
  in_flight_.Record(kind, change);
}

bool SchedulingQueue::Wake(Entry& entry, const framework::ObjectChange& change) {
  const Strategy strategy = plugins_.WorthRequeuing(entry, change);
  if (strategy == Strategy::kSkip) return false;
  const Place from = Leave(entry);
  Requeue(entry, strategy, change.event, from);
  return entry.place != Place::kUnschedulable;
}

void SchedulingQueue::Activate(std::span<const std::shared_ptr<const api::Pod>> pods) {
  for (const auto& pod : pods) ActivateOne(pod);
}

void SchedulingQueue::ActivateOne(const std::shared_ptr<const api::Pod>& pod) {
  if (in_flight_.Has(*pod)) {
    in_flight_.Record(interests_.KindOf(framework::kForceActivate),
                      OwnedChange::Of<api::Pod>(framework::kForceActivate, nullptr, pod));
    return;
  }
  Entry* entry = FindEntry(NameOf(*pod));
  if (entry == nullptr || entry->place == Place::kActive) return;
  const Place from = Leave(*entry);
  if (from == Place::kUnschedulable) {
    return Requeue(*entry, Strategy::kImmediately, framework::kForceActivate, from);
  }
  Enter(*entry, Place::kActive, framework::kForceActivate, from);
}

// ---- Time ----

void SchedulingQueue::Flush() {
  FlushBackoffs();
  FlushUnschedulable();
}

void SchedulingQueue::FlushBackoffs() {
  const auto now = clock_.Now();
  const auto flush = [&](auto& heap) {
    while (!heap.empty() && backoff_rule_.IsOver(heap.top().backoff_end, now)) {
      Entry& entry = heap.top();
      const Place from = Leave(entry);
      Enter(entry, Place::kActive, framework::kBackoffComplete, from);
    }
  };
  flush(backoff_);
  flush(error_backoff_);
}

void SchedulingQueue::FlushUnschedulable() {
  const std::int64_t due = (clock_.Now() - start_) / kFlushInterval;
  if (due <= flushes_) return;
  flushes_ = due;
  candidates_.clear();
  // As of the end of the interval, however late this is called.
  const auto time = start_ + kFlushInterval * due;
  unschedulable_.AppendToFlush(time - options_.max_in_unschedulable, candidates_);
  for (Entry* entry : candidates_) {
    entry->was_flushed = true;
    Wake(*entry, {framework::kUnschedulableTimeout, {}, {}});
  }
}

base::Clock::Steady SchedulingQueue::NextFlush() const {
  return std::min(NextBackoffFlush(), NextUnschedulableFlush());
}

base::Clock::Steady SchedulingQueue::NextBackoffFlush() const {
  auto next = base::Clock::Steady::max();
  if (!backoff_.empty()) next = backoff_rule_.OverAt(backoff_.top().backoff_end);
  if (error_backoff_.empty()) return next;
  return std::min(next, backoff_rule_.OverAt(error_backoff_.top().backoff_end));
}

base::Clock::Steady SchedulingQueue::NextUnschedulableFlush() const {
  const auto oldest = unschedulable_.OldestToFlush();
  if (!oldest) return base::Clock::Steady::max();
  // The first interval that ends more than max_in_unschedulable after it.
  const std::int64_t intervals =
      (*oldest + options_.max_in_unschedulable - start_) / kFlushInterval;
  return start_ + kFlushInterval * std::max(intervals + 1, flushes_ + 1);
}

// ---- Places ----

Entry* SchedulingQueue::FindEntry(const PodName& name) const {
  const auto it = entries_.find(name);
  return it == entries_.end() ? nullptr : it->get();
}

Entry& SchedulingQueue::Insert(QueuedPod pod) {
  auto entry = std::make_unique<Entry>();
  static_cast<QueuedPod&>(*entry) = std::move(pod);
  return **entries_.insert(std::move(entry)).first;
}

QueuedPod SchedulingQueue::Extract(Entry& entry) {
  Leave(entry);
  CountRejectors(entry, -1);
  const auto it = entries_.find(NameOf(*entry.pod));
  BERTH_CHECK(it != entries_.end());
  QueuedPod pod = std::move(static_cast<QueuedPod&>(entry));
  entries_.erase(it);
  return pod;
}

Place SchedulingQueue::Leave(Entry& entry) {
  switch (entry.place) {
    case Place::kActive:
      active_.Remove(entry);
      break;
    case Place::kBackoff:
      backoff_.Remove(entry);
      break;
    case Place::kErrorBackoff:
      error_backoff_.Remove(entry);
      break;
    case Place::kUnschedulable:
      unschedulable_.Remove(entry);
      break;
    case Place::kNowhere:
      break;
  }
  return std::exchange(entry.place, Place::kNowhere);
}

void SchedulingQueue::Requeue(Entry& entry, Strategy strategy, const ClusterEvent& event,
                              Place from) {
  if (strategy == Strategy::kSkip || !PassesPreEnqueue(entry)) {
    return Enter(entry, Place::kUnschedulable, event, from);
  }
  const bool waits =
      strategy == Strategy::kAfterBackoff && !backoff_rule_.IsOver(entry.backoff_end, clock_.Now());
  if (!waits) return Enter(entry, Place::kActive, event, from);
  const bool error = entry.rejectors.empty();
  Enter(entry, error ? Place::kErrorBackoff : Place::kBackoff, event, from);
}

void SchedulingQueue::Enter(Entry& entry, Place place, const ClusterEvent& event, Place from) {
  entry.place = place;
  switch (place) {
    case Place::kActive:
      MarkReady(entry);
      active_.Push(entry);
      break;
    case Place::kBackoff:
      backoff_.Push(entry);
      break;
    case Place::kErrorBackoff:
      error_backoff_.Push(entry);
      break;
    case Place::kUnschedulable:
      unschedulable_.Add(entry);
      if (from == place) return;  // it has never left
      return observer_.OnIncoming(QueueName::kUnschedulable, event);
    case Place::kNowhere:
      return;
  }
  observer_.OnIncoming(NameOfPlace(entry), event);
}

bool SchedulingQueue::PassesPreEnqueue(Entry& entry) {
  entry.gating_plugin = plugins_.PreEnqueue(*entry.pod, entry.gating_plugin);
  if (!entry.gated()) return true;
  if (!Contains(entry.rejectors.unschedulable, entry.gating_plugin)) {
    entry.rejectors.unschedulable.push_back(entry.gating_plugin);
    observer_.OnRejector(*entry.pod, entry.gating_plugin, +1);
  }
  return false;
}

void SchedulingQueue::MarkReady(Entry& entry) {
  if (!entry.initial_attempt) entry.initial_attempt = clock_.Now();
}

void SchedulingQueue::CountRejectors(const QueuedPod& pod, int change) {
  for (const auto plugin : pod.rejectors.unschedulable) {
    observer_.OnRejector(*pod.pod, plugin, change);
  }
  for (const auto plugin : pod.rejectors.pending) observer_.OnRejector(*pod.pod, plugin, change);
}

// ---- What is there ----

SchedulingQueue::Counts SchedulingQueue::counts() const {
  return {active_.size(), backoff_.size() + error_backoff_.size(), unschedulable_.waiting(),
          unschedulable_.gated()};
}

std::vector<std::pair<std::string, std::size_t>> SchedulingQueue::InFlightEvents() const {
  std::vector<std::pair<std::string, std::size_t>> events{{"PodPopped", in_flight_.pods()}};
  for (EventInterests::Kind kind = 0; kind < interests_.kinds(); ++kind) {
    const std::size_t count = in_flight_.EventsOf(kind);
    if (count > 0) events.emplace_back(framework::Label(interests_.EventOf(kind)), count);
  }
  return events;
}

const QueuedPod* SchedulingQueue::Find(std::string_view namespace_name,
                                       std::string_view name) const {
  return FindEntry({namespace_name, name});
}

void SchedulingQueue::Visit(const std::function<void(QueueName, const QueuedPod&)>& visit) const {
  std::vector<const Entry*> entries;
  entries.reserve(entries_.size());
  for (const auto& entry : entries_) entries.push_back(entry.get());
  std::ranges::sort(entries, {}, &Entry::arrival);
  for (const Entry* entry : entries) visit(NameOfPlace(*entry), *entry);
}

std::size_t SchedulingQueue::HashName::Hash(const PodName& name) {
  const std::hash<std::string_view> hash;
  return hash(name.namespace_name) * 1'000'003 + hash(name.name);
}

}  // namespace berth::queue

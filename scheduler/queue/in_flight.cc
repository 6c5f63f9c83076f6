#include "scheduler/queue/in_flight.h"

#include <algorithm>

#include "scheduler/base/check.h"

namespace berth::queue {

void InFlight::Add(std::shared_ptr<const api::Pod> pod) {
  if (Has(*pod)) return;
  const auto place = pods_.insert(pods_.end(), {std::move(pod), first_event_ + events_.size()});
  places_.emplace(IdentityOf(*place->pod), place);
}

void InFlight::Remove(const api::Pod& pod) {
  const auto it = places_.find(IdentityOf(pod));
  if (it == places_.end()) return;
  // The key is text of the pod in the list: erased first.
  const auto place = it->second;
  places_.erase(it);
  pods_.erase(place);
  DropEventsBefore(pods_.empty() ? first_event_ + events_.size() : pods_.front().since);
}

void InFlight::Record(EventInterests::Kind kind, const OwnedChange& change) {
  if (pods_.empty()) return;
  if (events_.size() == max_events_) DropEventsBefore(first_event_ + 1);
  events_.push_back({kind, change});
  if (counts_.size() <= kind) counts_.resize(kind + 1);
  ++counts_[kind];
}

bool InFlight::HasMissedEvents(const api::Pod& pod) const {
  const PoppedPod* popped = Find(pod);
  BERTH_CHECK(popped != nullptr);
  return popped->since < first_event_;
}

void InFlight::ForEachEventSince(const api::Pod& pod,
                                 const std::function<bool(const InFlightEvent&)>& visit) const {
  const PoppedPod* popped = Find(pod);
  BERTH_CHECK(popped != nullptr);
  const std::uint64_t since = std::max(popped->since, first_event_);
  for (auto i = static_cast<std::size_t>(since - first_event_); i < events_.size(); ++i) {
    if (!visit(events_[i])) return;
  }
}

std::size_t InFlight::EventsOf(EventInterests::Kind kind) const {
  return kind < counts_.size() ? counts_[kind] : 0;
}

void InFlight::ForEachPod(const std::function<void(const api::Pod&)>& visit) const {
  for (const PoppedPod& popped : pods_) visit(*popped.pod);
}

std::size_t InFlight::HashIdentity::operator()(const Identity& identity) const {
  std::size_t hash = 0;
  for (const std::string_view part : {identity.uid, identity.namespace_name, identity.name}) {
    hash = hash * 1'000'003 + std::hash<std::string_view>()(part);
  }
  return hash;
}

InFlight::Identity InFlight::IdentityOf(const api::Pod& pod) {
  if (!pod.meta.uid.empty()) return {pod.meta.uid, {}, {}};
  return {{}, pod.meta.namespace_name, pod.meta.name};
}

const InFlight::PoppedPod* InFlight::Find(const api::Pod& pod) const {
  const auto it = places_.find(IdentityOf(pod));
  return it == places_.end() ? nullptr : &*it->second;
}

void InFlight::DropEventsBefore(std::uint64_t number) {
  for (; first_event_ < number && !events_.empty(); ++first_event_) {
    --counts_[events_.front().kind];
    events_.pop_front();
  }
}

}  // namespace berth::queue

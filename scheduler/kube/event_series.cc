#include "scheduler/kube/event_series.h"

#include <utility>

namespace berth::kube {
namespace {

bool HasNews(const EventSeries& series) { return series.state.count > series.written; }

}  // namespace

void EventSeriesCache::Observe(Event event, std::string name, std::int64_t wall,
                               base::Clock::Steady now, std::vector<Pointer>& to_write) {
  const auto [it, is_new] = by_key_.try_emplace(SeriesKey(event));
  if (is_new) {
    auto series = std::make_shared<EventSeries>();
    series->event = std::move(event);
    series->state = {.name = std::move(name), .count = 1, .first = wall, .last = wall};
    series->observed = now;
    it->second = order_.insert(order_.end(), series);
    to_write.push_back(std::move(series));
    while (by_key_.size() > options_.max_series) FinishOldest(to_write);
    return;
  }
  EventSeries& series = **it->second;
  ++series.state.count;
  series.state.last = wall;
  series.observed = now;
  order_.splice(order_.end(), order_, it->second);
  if (series.state.count == 2) to_write.push_back(*it->second);
}

void EventSeriesCache::Finish(base::Clock::Steady now, std::vector<Pointer>& to_write) {
  while (NextFinish() <= now) FinishOldest(to_write);
}

base::Clock::Steady EventSeriesCache::NextFinish() const {
  return order_.empty() ? base::Clock::Steady::max()
                        : order_.front()->observed + options_.finish_after;
}

void EventSeriesCache::Refresh(std::vector<Pointer>& to_write) const {
  for (const Pointer& series : order_) {
    if (HasNews(*series)) to_write.push_back(series);
  }
}

void EventSeriesCache::Forget(const EventSeries& series) {
  const auto it = by_key_.find(SeriesKey(series.event));
  // Another may have taken its place since it was finished.
  if (it == by_key_.end() || it->second->get() != &series) return;
  order_.erase(it->second);
  by_key_.erase(it);
}

void EventSeriesCache::FinishOldest(std::vector<Pointer>& to_write) {
  const Pointer series = order_.front();
  Forget(*series);
  if (HasNews(*series)) to_write.push_back(series);
}

}  // namespace berth::kube

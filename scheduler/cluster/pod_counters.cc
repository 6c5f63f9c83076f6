#include "scheduler/cluster/pod_counters.h"

#include <algorithm>

#include "scheduler/base/check.h"
#include "scheduler/base/key_builder.h"

namespace berth::cluster {

void PodCounter::Add(NodeIndex row, std::int32_t delta) {
  counts_.Add(row, delta);
  log_.Append({row, delta}, std::max<std::size_t>(counts_.size(), 1024));
}

PodKindId PodCounters::KindOf(const PodKind& kind) {
  std::string key;
  base::AppendKey(key, kind.namespace_name);
  base::AppendKey(key, kind.labels);
  base::AppendKey(key, kind.terminating);
  const PodKindId id = kind_keys_.Intern(key);
  if (id == kinds_.size()) kinds_.push_back({kind, {}, 0, {}});
  return id;
}

bool PodCounters::Counts(const PodCounter& counter, const PodKind& kind) const {
  const CountedPods& counted = counter.counted_;
  if (counted.skip_terminating && kind.terminating) return false;
  return std::ranges::all_of(counted.all_of, [&](const PodMatcher& matcher) {
    return matcher.Matches(kind.namespace_name, {}, label_sets_.Get(kind.labels), symbols_);
  });
}

const std::vector<std::uint32_t>& PodCounters::CountersOf(KindState& state) {
  for (; state.looked_at < counters_.size(); ++state.looked_at) {
    if (Counts(counters_[state.looked_at], state.kind)) {
      state.counters.push_back(static_cast<std::uint32_t>(state.looked_at));
    }
  }
  return state.counters;
}

const PodCounter& PodCounters::Get(CountedPods counted) {
  std::string key;
  base::AppendKey(key, counted.skip_terminating);
  for (const auto& matcher : counted.all_of) {
    std::string part;
    matcher.AppendKey(part);
    base::AppendKey(key, part);
  }
  const auto id = counter_keys_.Intern(key);
  if (id < counters_.size()) return counters_[id];

  PodCounter& counter = counters_.emplace_back();
  counter.counted_ = std::move(counted);
  counter.counts_.Grow(rows_);
  for (const KindState& state : kinds_) {
    if (state.nodes.empty() || !Counts(counter, state.kind)) continue;
    for (const auto& [row, pods] : state.nodes) counter.counts_.Add(row, pods);
  }
  return counter;
}

void PodCounters::Resize(std::size_t rows) {
  rows_ = rows;
  for (auto& counter : counters_) counter.counts_.Grow(rows);
}

void PodCounters::Change(PodKindId kind, NodeIndex row, std::int32_t delta) {
  KindState& state = kinds_[kind];
  for (const auto id : CountersOf(state)) counters_[id].Add(row, delta);
  const auto it = state.nodes.emplace(row, 0).first;
  it->second += delta;
  BERTH_CHECK(it->second >= 0);
  if (it->second == 0) state.nodes.erase(it);
}

}  // namespace berth::cluster

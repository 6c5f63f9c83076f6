#include "scheduler/cluster/pod_counters.h"

#include <algorithm>
#include <optional>

#include "scheduler/base/check.h"
#include "scheduler/base/key_builder.h"

namespace berth::cluster {
namespace {

std::uint64_t KeyOf(const Label& label) {
  return std::uint64_t{label.key} << 32 | std::uint64_t{label.value};
}

std::optional<Label> RequiredLabel(const CountedPods& counted) {
  for (const PodMatcher& matcher : counted.all_of) {
    if (const auto label = matcher.selector.RequiredLabel()) return label;
  }
  return std::nullopt;
}

}  // namespace

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
  if (id == kinds_.size()) FindCounters(kinds_.emplace_back(kind));
  return id;
}

bool PodCounters::Counts(const PodCounter& counter, const PodKind& kind) const {
  const CountedPods& counted = counter.counted_;
  if (counted.skip_terminating && kind.terminating) return false;
  return std::ranges::all_of(counted.all_of, [&](const PodMatcher& matcher) {
    return matcher.Matches(kind.namespace_name, {}, label_sets_.Get(kind.labels), symbols_);
  });
}

void PodCounters::FindCounters(KindState& state) {
  const auto add_those_of = [&](const std::vector<std::uint32_t>& counters) {
    for (const auto id : counters) {
      if (Counts(counters_[id], state.kind)) state.counters.push_back(id);
    }
  };
  for (const Label& label : label_sets_.Get(state.kind.labels)) {
    kinds_by_label_[KeyOf(label)].push_back(static_cast<std::uint32_t>(kinds_.size() - 1));
    const auto counters = counters_by_label_.find(KeyOf(label));
    if (counters != counters_by_label_.end()) add_those_of(counters->second);
  }
  add_those_of(other_counters_);
}

void PodCounters::CountKind(std::uint32_t id, KindState& state) {
  PodCounter& counter = counters_[id];
  if (!Counts(counter, state.kind)) return;
  state.counters.push_back(id);
  for (const auto& [row, pods] : state.nodes) counter.counts_.Add(row, pods);
}

void PodCounters::FindPods(std::uint32_t id) {
  const auto label = RequiredLabel(counters_[id].counted_);
  if (!label) {
    other_counters_.push_back(id);
    for (KindState& state : kinds_) CountKind(id, state);
    return;
  }
  counters_by_label_[KeyOf(*label)].push_back(id);
  const auto kinds = kinds_by_label_.find(KeyOf(*label));
  if (kinds == kinds_by_label_.end()) return;
  for (const auto kind : kinds->second) CountKind(id, kinds_[kind]);
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
  FindPods(id);
  return counter;
}

void PodCounters::Resize(std::size_t rows) {
  rows_ = rows;
  for (auto& counter : counters_) counter.counts_.Grow(rows);
}

void PodCounters::Change(PodKindId kind, NodeIndex row, std::int32_t delta) {
  KindState& state = kinds_[kind];
  for (const auto id : state.counters) counters_[id].Add(row, delta);
  const auto it = state.nodes.emplace(row, 0).first;
  it->second += delta;
  BERTH_CHECK(it->second >= 0);
  if (it->second == 0) state.nodes.erase(it);
}

}  // namespace berth::cluster

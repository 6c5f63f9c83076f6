#include "scheduler/framework/state_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "scoring/kernels.h"

namespace berth::framework {
namespace {

using cluster::ChangeSet;

constexpr std::size_t kMaxStates = 4096;
constexpr std::size_t kMetKeys = 4096;
constexpr std::uint32_t kUsesBeforeCaching = 1;

bool IsCacheable(ChangeSet kinds) { return (kinds & cluster::kClusterWide) == 0; }

}  // namespace

std::optional<NodeMask> CachedState::StaleRows(const PodContext& context, ChangeSet kinds,
                                               bool valid, cluster::ChangeLog::Position& seen) {
  const cluster::ChangeLog& log = context.cluster.log;
  const auto since = std::exchange(seen, log.end());
  if (!valid || !log.Covers(since)) return context.nodes().alive();
  kinds |= cluster::kNodeLifeChange;
  if (!log.AnySince(since, kinds)) return std::nullopt;
  NodeMask changed(context.nodes().rows());
  log.ForEachSince(since, [&](const cluster::ChangeLog::Change& change) {
    if ((change.kinds & kinds) != 0) changed.Set(change.node);
  });
  changed.And(context.nodes().alive());
  return changed;
}

void CachedState::Filter(const PodContext& context, ColumnCaching caching, NodeMask& nodes) {
  const ChangeSet kinds = plugin_.DependsOn().filter;
  if (caching == ColumnCaching::kOff || !IsCacheable(kinds) ||
      filter_uses_++ < kUsesBeforeCaching) {
    plugin_.Filter(context, *state_, nodes);
    return;
  }
  auto stale = StaleRows(context, kinds, filter_valid_, filter_seen_);
  passed_.Resize(nodes.size());
  if (stale) {
    passed_.AndNot(*stale);
    plugin_.Filter(context, *state_, *stale);
    passed_.Or(*stale);
  }
  filter_valid_ = true;
  nodes.And(passed_);
}

const std::int64_t* CachedState::Score(const PodContext& context, ColumnCaching caching,
                                       const NodeMask& nodes,
                                       scoring::Column<std::int64_t>& scratch) {
  const ChangeSet kinds = plugin_.DependsOn().score;
  const std::size_t rows = nodes.word_count() * scoring::kRowsPerWord;
  if (caching == ColumnCaching::kOff || !IsCacheable(kinds) || score_uses_++ < kUsesBeforeCaching) {
    plugin_.Score(context, *state_, nodes, {scratch.data(), rows});
    return scratch.data();
  }
  const auto stale = StaleRows(context, kinds, score_valid_, score_seen_);
  raw_.Resize(nodes.size());
  if (stale) {
    plugin_.Score(context, *state_, *stale, {raw_.data(), rows});
    const NodeMask& alive = context.nodes().alive();
    const auto range = scoring::MinMaxOf(raw_.data(), alive.words(), alive.word_count());
    equal_score_ = range.min == range.max ? std::optional(range.max) : std::nullopt;
  }
  score_valid_ = true;
  return raw_.data();
}

std::optional<scoring::BoundPart> CachedState::BoundOf(const PodContext& context,
                                                       ColumnCaching caching) {
  if (caching == ColumnCaching::kOff || score_uses_ >= kUsesBeforeCaching) return std::nullopt;
  auto part = plugin_.BoundOf(context, *state_);
  if (part) ++score_uses_;
  return part;
}

bool StateCache::HasComeBefore(const std::string& key) {
  const std::size_t hash = boost::hash<std::string>()(key) | 1;  // 0 is none
  met_.resize(kMetKeys);
  return std::exchange(met_[hash / 2 % kMetKeys], hash) == hash;
}

StateCache::Found StateCache::Get(const PodContext& context, bool expects_more) {
  key_.clear();
  plugin_.AppendKey(context, key_);
  auto it = states_.find(key_);
  if (it == states_.end()) {
    auto state = std::make_shared<CachedState>(plugin_, plugin_.NewState(context));
    if (!expects_more && !HasComeBefore(key_)) return {std::move(state), false};
    if (states_.size() >= kMaxStates) DropOld();
    it = states_.emplace(key_, Entry{std::move(state), 0}).first;
  }
  it->second.last_use = ++clock_;
  return {it->second.state, true};
}

void StateCache::DropOld() {
  std::vector<std::uint64_t> uses;
  for (const auto& [key, entry] : states_) uses.push_back(entry.last_use);
  const auto middle = uses.begin() + static_cast<std::ptrdiff_t>(uses.size() / 2);
  std::ranges::nth_element(uses, middle);
  const std::uint64_t oldest_kept = *middle;
  boost::unordered::erase_if(states_,
                             [&](const auto& item) { return item.second.last_use < oldest_kept; });
}

}  // namespace berth::framework

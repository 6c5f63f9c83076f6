#include "scheduler/framework/node_groups.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace berth::framework {
namespace {

using cluster::ChangeLog;
using scoring::kRowsPerWord;

constexpr std::int64_t kNoLabel = std::numeric_limits<std::int64_t>::min();
// Beyond this share of the rows, starting anew is cheaper than looking at each change.
constexpr std::size_t kMostMovedShare = 8;

std::size_t TraitCount(const Traits& traits) {
  return traits.labels.size() + traits.sums.size() + traits.counters.size() + traits.masks.size() +
         traits.columns.size();
}

}  // namespace

NodeGroups::Key NodeGroups::KeyOf(NodeIndex row) const {
  Key key{};
  std::size_t i = 0;
  for (const auto* column : traits_.labels) key[i++] = column->At(row);
  for (const auto& [column, sums] : traits_.sums) {
    const cluster::ValueId id = column->At(row);
    // Nodes without the label are a kind of their own.
    key[i++] = id == cluster::kNoValue ? kNoLabel : id < sums->size() ? (*sums)[id] : 0;
  }
  for (const auto* counter : traits_.counters) key[i++] = counter->At(row);
  for (const auto* mask : traits_.masks) key[i++] = mask->Test(row) ? 1 : 0;
  for (const auto* column : traits_.columns) key[i++] = column[row];
  return key;
}

std::uint8_t NodeGroups::GroupOf(const Key& key, std::size_t rows) {
  if (const auto it = by_key_.find(key); it != by_key_.end()) return it->second;
  std::size_t id = groups_.size();
  if (id == kMaxGroups) {
    const auto empty = std::ranges::find(groups_, std::size_t{0}, &Group::count);
    if (empty == groups_.end()) return kNoGroup;
    id = static_cast<std::size_t>(empty - groups_.begin());
    by_key_.erase(keys_[id]);
    keys_[id] = key;
  } else {
    Group& group = groups_.emplace_back();
    group.nodes.Resize(rows);
    group.maxima.Resize(group.nodes.word_count());
    keys_.push_back(key);
  }
  by_key_.emplace(key, static_cast<std::uint8_t>(id));
  return static_cast<std::uint8_t>(id);
}

bool NodeGroups::Place(const SteadyColumns& steady, NodeIndex row) {
  const std::size_t word = row / kRowsPerWord;
  const std::uint8_t before = group_of_[row];
  std::uint8_t after = kNoGroup;
  if (steady.feasible().Test(row)) {
    after = GroupOf(KeyOf(row), group_of_.size());
    if (after == kNoGroup) return false;
  }
  group_of_[row] = after;
  if (before != kNoGroup && before != after) {
    Group& left = groups_[before];
    left.nodes.Clear(row);
    --left.count;
    left.maxima.Update(row, left.nodes.words()[word], steady.totals().data());
    if (left.any == row && left.count > 0) left.any = left.nodes.First();
  }
  if (after == kNoGroup) return true;
  Group& joined = groups_[after];
  if (before != after) {
    joined.nodes.Set(row);
    ++joined.count;
    joined.any = row;
  }
  joined.maxima.Update(row, joined.nodes.words()[word], steady.totals().data());
  return true;
}

void NodeGroups::RememberPositions(const PodContext& context) {
  seen_ = context.cluster.log.end();
  sums_seen_.clear();
  for (const auto& sum : traits_.sums) sums_seen_.push_back(sum.sums->changes().end());
  counters_seen_.clear();
  for (const auto* counter : traits_.counters) counters_seen_.push_back(counter->log().end());
}

bool NodeGroups::CanFollow(const PodContext& context, const SteadyColumns& steady) const {
  if (!valid_ || group_of_.size() != steady.feasible().size()) return false;
  if (!context.cluster.log.Covers(seen_)) return false;
  for (std::size_t i = 0; i < traits_.sums.size(); ++i) {
    if (!traits_.sums[i].sums->changes().Covers(sums_seen_[i])) return false;
  }
  for (std::size_t i = 0; i < traits_.counters.size(); ++i) {
    if (!traits_.counters[i]->log().Covers(counters_seen_[i])) return false;
  }
  return true;
}

void NodeGroups::CollectMoved(const PodContext& context) {
  moved_.clear();
  is_moved_.Resize(group_of_.size());
  if (context.cluster.log.AnySince(seen_, kinds_)) {
    context.cluster.log.ForEachSince(seen_, [&](const ChangeLog::Change& change) {
      if ((change.kinds & kinds_) != 0) Moved(change.node);
    });
  }
  for (std::size_t i = 0; i < traits_.sums.size(); ++i) {
    const auto& [column, sums] = traits_.sums[i];
    sums->changes().ForEachSince(sums_seen_[i], [&](cluster::ValueId id) {
      for (const NodeIndex row : column->Rows(id)) Moved(row);
    });
  }
  for (std::size_t i = 0; i < traits_.counters.size(); ++i) {
    traits_.counters[i]->log().ForEachSince(
        counters_seen_[i], [&](const cluster::PodCounter::Change& change) { Moved(change.node); });
  }
  for (const NodeIndex row : moved_) is_moved_.Clear(row);
}

void NodeGroups::Moved(NodeIndex row) {
  if (is_moved_.Test(row)) return;
  is_moved_.Set(row);
  moved_.push_back(row);
}

void NodeGroups::FindSingular(std::size_t rows) {
  singular_.Resize(rows);
  singular_.ClearAll();
  for (const auto& [column, sums] : traits_.sums) {
    for (const cluster::ValueId id : sums->touched()) {
      for (const NodeIndex row : column->Rows(id)) singular_.Set(row);
    }
    for (std::size_t row = 0; row < rows; ++row) {
      if (column->ids()[row] == cluster::kNoValue) singular_.Set(static_cast<NodeIndex>(row));
    }
  }
  for (const auto* counter : traits_.counters) {
    counter->ForEachCounted([&](NodeIndex row, std::int32_t) { singular_.Set(row); });
  }
}

bool NodeGroups::AreAlike(const scoring::NodeMask& nodes) const {
  return std::ranges::all_of(traits_.masks, [&](const scoring::NodeMask* mask) {
    return nodes.IsSubsetOf(*mask) || !nodes.FirstCommon(*mask);
  });
}

bool NodeGroups::AddRow(NodeIndex row) {
  const std::uint8_t id = GroupOf(KeyOf(row), group_of_.size());
  if (id == kNoGroup) return false;
  group_of_[row] = id;
  Group& group = groups_[id];
  group.nodes.Set(row);
  group.any = row;
  ++group.count;
  return true;
}

bool NodeGroups::AddAlike(const scoring::NodeMask& nodes) {
  const NodeIndex any = nodes.First();
  const std::uint8_t id = GroupOf(KeyOf(any), group_of_.size());
  if (id == kNoGroup) return false;
  nodes.ForEach([&](NodeIndex row) { group_of_[row] = id; });
  Group& group = groups_[id];
  group.nodes.Or(nodes);
  group.any = any;
  group.count += nodes.Count();
  return true;
}

bool NodeGroups::AddAll(const PodContext& context, const scoring::NodeMask& nodes) {
  left_ = nodes;
  const cluster::NodeCells* cells =
      traits_.columns.empty() ? context.cluster.node_cells.Get(traits_.labels) : nullptr;
  if (cells != nullptr) FindSingular(nodes.size());
  for (std::size_t cell = 0; cells != nullptr && cell < cells->count(); ++cell) {
    alike_ = nodes;
    alike_.And(cells->Nodes(cell));
    alike_.AndNot(singular_);
    if (!alike_.Any() || !AreAlike(alike_)) continue;
    if (!AddAlike(alike_)) return false;
    left_.AndNot(alike_);
  }
  bool fits = true;
  left_.ForEach([&](NodeIndex row) { fits = fits && AddRow(row); });
  return fits;
}

bool NodeGroups::Rebuild(const PodContext& context, const SteadyColumns& steady) {
  valid_ = false;
  groups_.clear();
  by_key_.clear();
  keys_.clear();
  group_of_.assign(steady.feasible().size(), kNoGroup);
  if (!AddAll(context, steady.feasible())) return false;
  for (Group& group : groups_) {
    for (std::size_t word = 0; word < group.nodes.word_count(); ++word) {
      const auto members = group.nodes.words()[word];
      if (members != 0) group.maxima.Rescan(word, members, steady.totals().data());
    }
  }
  RememberPositions(context);
  valid_ = true;
  return true;
}

bool NodeGroups::Refresh(const PodContext& context, const SteadyColumns& steady,
                         const Traits& traits) {
  const std::uint64_t topology_version = context.nodes().topology_version();
  kinds_ = steady.kinds() | cluster::kNodeLifeChange;
  if (traits != traits_ || topology_version != topology_version_) {
    // Groups are made when nodes have stayed as they are from one use to the next: where they
    // change all the time, groups would be made all the time.
    valid_ = false;
    traits_ = traits;
    topology_version_ = topology_version;
    if (!std::exchange(new_, false)) return false;
  }
  if (TraitCount(traits) > kMaxTraits || hopeless_version_ == topology_version) return false;
  bool placed = false;
  if (CanFollow(context, steady)) {
    CollectMoved(context);
    placed = moved_.size() <= group_of_.size() / kMostMovedShare &&
             std::ranges::all_of(moved_, [&](NodeIndex row) { return Place(steady, row); });
    RememberPositions(context);
  }
  if (placed || Rebuild(context, steady)) return true;
  hopeless_version_ = topology_version;
  return false;
}

std::size_t NodeGroups::BytesPerGroup(std::size_t rows) {
  return scoring::WordsForRows(rows) * (2 * sizeof(scoring::NodeMask::Word) + sizeof(std::int64_t));
}

}  // namespace berth::framework

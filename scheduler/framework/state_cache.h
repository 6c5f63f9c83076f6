// The states of one plugin with their columns, by key.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "scoring/column.h"

namespace berth::framework {

// Whether columns are kept between cycles, or everything is computed from nothing each time (slow;
// the yardstick of the tests).
enum class ColumnCaching : std::uint8_t { kOn, kOff };

// A state and what the plugin last said of the nodes with it.
//
// A column is made at the second use of a key: workloads in which every pod is different would only
// pay for the memory. Later uses ask the plugin again only for rows that have changed since.
class CachedState {
 public:
  CachedState(const Plugin& plugin, std::unique_ptr<PluginState> state)
      : plugin_(plugin), state_(std::move(state)) {}

  PluginState& state() { return *state_; }

  // Clears the nodes that Filter clears.
  void Filter(const PodContext& context, ColumnCaching caching, NodeMask& nodes);

  // Raw scores, right at least for the set rows of `nodes`. Points into this object or to
  // `scratch`.
  const std::int64_t* Score(const PodContext& context, ColumnCaching caching, const NodeMask& nodes,
                            scoring::Column<std::int64_t>& scratch);

  // The plugin's bounds, if it has any and there is no column to be used or made; then the plugin
  // itself is to be asked for more.
  std::optional<scoring::BoundPart> BoundOf(const PodContext& context, ColumnCaching caching);

  // The raw score that the last Score gave to every node of the cluster, if it was the same to all.
  std::optional<std::int64_t> EqualScore() const { return equal_score_; }

 private:
  // The alive rows that have changed in a way that matters since `seen`, all of them if that is no
  // longer known; nothing if nothing has. Advances `seen`.
  static std::optional<NodeMask> StaleRows(const PodContext& context, cluster::ChangeSet kinds,
                                           bool valid, cluster::ChangeLog::Position& seen);

  const Plugin& plugin_;
  std::unique_ptr<PluginState> state_;
  std::uint32_t filter_uses_ = 0;
  std::uint32_t score_uses_ = 0;
  bool filter_valid_ = false;
  bool score_valid_ = false;
  std::optional<std::int64_t> equal_score_;
  cluster::ChangeLog::Position filter_seen_ = 0;
  cluster::ChangeLog::Position score_seen_ = 0;
  NodeMask passed_;
  scoring::Column<std::int64_t> raw_;
};

// All states of one plugin. Keeps at most a bounded number of them: beyond it, those that no pod
// class has asked for lately go first.
class StateCache {
 public:
  explicit StateCache(const Plugin& plugin) : plugin_(plugin) {}

  struct Found {
    // Stays valid for its holder when the cache drops it.
    std::shared_ptr<CachedState> state;
    bool is_kept = true;
  };
  // The state for the pod's key. Without `expects_more` the state of a key that comes for the first
  // time is not kept: where every pod is different, keys are many and none comes again.
  Found Get(const PodContext& context, bool expects_more);

 private:
  void DropOld();
  // Whether the key has come before, as far as that is remembered.
  bool HasComeBefore(const std::string& key);

  struct Entry {
    std::shared_ptr<CachedState> state;
    std::uint64_t last_use = 0;
  };

  const Plugin& plugin_;
  boost::unordered_flat_map<std::string, Entry> states_;
  std::uint64_t clock_ = 0;
  std::vector<std::size_t>
      met_;          // hashes of keys of which no state is kept, each in a place of its own
  std::string key_;  // scratch
};

}  // namespace berth::framework

// Nodes that all changing plugins treat alike, each group with its best nodes.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "scheduler/framework/steady_columns.h"
#include "scheduler/framework/traits.h"
#include "scoring/word_maxima.h"

namespace berth::framework {

// Plugins that count pods anywhere (spreading, inter-pod affinity) change their minds about many
// nodes with every pod, but tell few kinds of nodes apart: those of one zone with one matching pod,
// and so on. So their verdict and their score are found once a group of nodes with equal Traits,
// and the best nodes of a pod are the best of the groups by the sums of the steady plugins, which
// each group keeps. A pod that was placed moves one node from group to group: a decision costs what
// has changed, and not the number of nodes.
//
// For the feasible nodes of one SteadyColumns and the traits of one pod class. Algorithm: follows
// the change log and the logs of the traits; looks again at the rows named there; each group keeps
// the highest sum of each word of 64 rows. Rebuilt when nodes, labels or taints change. Not
// thread-safe.
class NodeGroups {
 public:
  struct Group {
    std::size_t count = 0;  // nodes; an empty group is to be ignored
    NodeIndex any = 0;      // one of them
    scoring::NodeMask nodes;
    scoring::WordMaxima maxima;  // of the sums of the steady plugins
  };

  // Brings the groups up to date with steady columns and traits that are. False if the nodes differ
  // too much, or change too often, for groups to be worth it now.
  bool Refresh(const PodContext& context, const SteadyColumns& steady, const Traits& traits);

  const std::vector<Group>& groups() const { return groups_; }

  // What one group costs with so many rows.
  static std::size_t BytesPerGroup(std::size_t rows);

 private:
  static constexpr std::size_t kMaxTraits = 8;
  static constexpr std::size_t kMaxGroups = 128;
  static constexpr std::uint8_t kNoGroup = 0xff;
  static_assert(kMaxGroups < kNoGroup);
  using Key = std::array<std::int64_t, kMaxTraits>;
  // Traits are small numbers: one multiplication each mixes them well enough.
  struct KeyHash {
    using is_avalanching = void;
    std::size_t operator()(const Key& key) const {
      std::uint64_t hash = 0;
      for (const std::int64_t trait : key) {
        hash = (hash ^ static_cast<std::uint64_t>(trait)) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
      }
      return hash;
    }
  };

  bool CanFollow(const PodContext& context, const SteadyColumns& steady) const;
  void CollectMoved(const PodContext& context);
  void Moved(NodeIndex row);
  bool Rebuild(const PodContext& context, const SteadyColumns& steady);
  void RememberPositions(const PodContext& context);
  Key KeyOf(NodeIndex row) const;
  // Puts the nodes into groups: those with equal labels together, the singular ones one by one.
  // These three return false if there are too many groups.
  bool AddAll(const PodContext& context, const scoring::NodeMask& nodes);
  // There is at least one node.
  bool AddAlike(const scoring::NodeMask& nodes);
  bool AddRow(NodeIndex row);
  // Leaves in singular_ the rows whose sums and counters may differ from what most have.
  void FindSingular(std::size_t rows);
  // Whether nodes that agree in everything else are also in the same masks.
  bool AreAlike(const scoring::NodeMask& nodes) const;
  // kNoGroup if there is no room for another one.
  std::uint8_t GroupOf(const Key& key, std::size_t rows);
  bool Place(const SteadyColumns& steady, NodeIndex row);

  bool new_ = true;
  bool valid_ = false;
  Traits traits_;
  cluster::ChangeSet kinds_ = cluster::kNodeLifeChange;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
  std::uint64_t hopeless_version_ = ~std::uint64_t{0};  // topology where there were too many groups
  cluster::ChangeLog::Position seen_ = 0;
  boost::container::small_vector<std::uint64_t, 4> sums_seen_;
  boost::container::small_vector<std::uint64_t, 2> counters_seen_;

  std::vector<Group> groups_;
  boost::unordered_flat_map<Key, std::uint8_t, KeyHash> by_key_;
  std::vector<Key> keys_;               // by group
  std::vector<std::uint8_t> group_of_;  // by row
  std::vector<NodeIndex> moved_;        // scratch
  scoring::NodeMask singular_;          // scratch
  scoring::NodeMask alike_;             // scratch
  scoring::NodeMask left_;              // scratch
  scoring::NodeMask is_moved_;          // scratch: all clear between calls
};

}  // namespace berth::framework

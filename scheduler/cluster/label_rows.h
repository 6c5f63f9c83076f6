// The nodes whose labels a node selector takes, as a bitmap that follows the cluster: where volumes
// can be reached from, where a class may provision.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/api/selector.h"
#include "scheduler/cluster/node_selector.h"
#include "scheduler/cluster/node_table.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

// One such bitmap, up to date after LabelRowsCache::Refresh.
class LabelRows {
 public:
  bool Test(NodeIndex row) const { return rows_.Test(row); }
  const scoring::NodeMask& rows() const { return rows_; }
  // All set rows lie in these words: a local volume has one, and there are thousands of those.
  std::size_t begin_word() const { return begin_word_; }
  std::size_t end_word() const { return end_word_; }

 private:
  friend class LabelRowsCache;

  std::optional<CompiledNodeSelector> selector_;  // nothing: every node
  scoring::NodeMask rows_;
  std::size_t begin_word_ = 0;
  std::size_t end_word_ = 0;
  std::uint64_t seen_ = 0;  // in the journal of the cache
  bool valid_ = false;
};

// Equal selectors share one bitmap. Reads the change log once for all of them. Not thread-safe.
class LabelRowsCache {
 public:
  LabelRowsCache(base::Interner& symbols, NodeTable& nodes, const ChangeLog& log)
      : symbols_(symbols), nodes_(nodes), log_(log) {}

  // Kept as long as somebody holds it. matchFields count as they do for any node selector.
  std::shared_ptr<LabelRows> Get(const api::NodeSelector& selector);
  // Every node.
  std::shared_ptr<LabelRows> Everywhere();

  const LabelRows& Refresh(LabelRows& rows);

 private:
  std::shared_ptr<LabelRows> GetByKey(const std::string& key, const api::NodeSelector* selector);
  void ReadLog();
  void Compute(LabelRows& rows) const;
  void CatchUp(LabelRows& rows) const;

  base::Interner& symbols_;
  NodeTable& nodes_;
  const ChangeLog& log_;
  boost::unordered_flat_map<std::string, std::weak_ptr<LabelRows>> by_key_;
  std::size_t size_at_cleaning_ = 0;
  // Rows whose labels have changed, or which came or went, in order; counted from journal_start_.
  std::vector<NodeIndex> journal_;
  std::uint64_t journal_start_ = 0;
  ChangeLog::Position log_seen_ = 0;
};

}  // namespace berth::cluster

// What the steady plugins of a profile say together of pods with the same keys.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "scheduler/framework/plugin.h"
#include "scheduler/framework/state_cache.h"
#include "scoring/column.h"
#include "scoring/word_maxima.h"

namespace berth::framework {

// A plugin is steady if its columns only change with rows of the change log (DependsOn has no
// kClusterWide) and, at Score, if its scores need no normalisation. What such plugins come to
// together is one mask and one column of weighted sums, in which only rows that have changed since
// the last look are computed again: for a pod whose like was placed a moment ago that is one row.
//
// Assumptions: the plugins' PreFilter and PreScore skip depending on the state alone (a plugin that
// skips passes every node and is left out of the sums). Algorithm: the filters are grouped by what
// they depend on, one mask a group, so that a placed pod makes only the resource filters look
// again; a few changed rows are asked about one by one, many in batches; each word of 64 rows keeps
// its highest sum and the rows that have it, so that the best nodes are found by a look at the
// words. Not thread-safe.
class SteadyColumns {
 public:
  struct Filter {
    const Plugin* plugin;
    std::shared_ptr<CachedState> state;
  };
  struct Score {
    const Plugin* plugin;
    std::shared_ptr<CachedState> state;
    std::int64_t weight;
  };

  SteadyColumns(std::vector<Filter> filters, std::vector<Score> scores);

  // Brings everything up to date. `scratch` covers the rows of the node table.
  void Refresh(const PodContext& context, scoring::Column<std::int64_t>& scratch);

  const NodeMask& feasible() const { return feasible_; }
  std::size_t feasible_count() const { return feasible_count_; }
  // What may change any of it, but for nodes that come or go.
  cluster::ChangeSet kinds() const { return filter_kinds_ | score_kinds_; }
  // Weighted sums; right on feasible rows.
  const scoring::Column<std::int64_t>& totals() const { return totals_; }

  // The feasible rows with the highest sum, of which there is at least one. Returns the sum.
  std::int64_t FindBest(NodeMask& best) const;

 private:
  using Word = NodeMask::Word;

  struct FilterGroup {
    cluster::ChangeSet kinds;
    std::vector<Filter> filters;
    NodeMask passed;
  };

  void Resize(std::size_t rows);
  struct ScoreGroup {
    cluster::ChangeSet kinds;
    std::vector<Score> scores;
    scoring::Column<std::int64_t> sums;  // weighted
  };

  // The kinds of change since the last look; the rows are in few_, or in stale_ if there are many.
  cluster::ChangeSet CollectStale(const PodContext& context);
  void RefreshFew(const PodContext& context, cluster::ChangeSet kinds);
  void FilterRow(const PodContext& context, NodeIndex row, cluster::ChangeSet kinds);
  void ScoreFew(const PodContext& context, cluster::ChangeSet kinds);
  void RunFilters(const PodContext& context, cluster::ChangeSet kinds);
  // In the words of rows_ that are not zero.
  void ClearRows(scoring::Column<std::int64_t>& column) const;
  void SumScores(const PodContext& context, ScoreGroup& group,
                 scoring::Column<std::int64_t>& scratch) const;
  void RunScores(const PodContext& context, cluster::ChangeSet kinds,
                 scoring::Column<std::int64_t>& scratch);
  Word FeasibleIn(std::size_t word) const;

  std::vector<FilterGroup> filter_groups_;
  std::vector<ScoreGroup> score_groups_;
  cluster::ChangeSet filter_kinds_ = cluster::kNodeLifeChange;
  cluster::ChangeSet score_kinds_ = cluster::kNodeLifeChange;

  bool valid_ = false;
  cluster::ChangeLog::Position seen_ = 0;
  boost::container::small_vector<NodeIndex, 16> few_;
  NodeMask stale_;
  NodeMask rows_;  // scratch
  NodeMask feasible_;
  std::size_t feasible_count_ = 0;
  scoring::Column<std::int64_t> totals_;
  scoring::WordMaxima maxima_;  // of totals_ over feasible_
};

// The steady columns for one combination of states, made at its second use, unless a second one is
// expected: a pod whose like never comes again would only pay for the memory.
class SteadyEntry {
 public:
  // Keeps all `states` alive, those too whose plugin skips.
  SteadyEntry(std::vector<std::shared_ptr<CachedState>> states,
              std::vector<SteadyColumns::Filter> filters, std::vector<SteadyColumns::Score> scores)
      : states_(std::move(states)), filters_(std::move(filters)), scores_(std::move(scores)) {}

  // nullptr at the first use, unless more are expected.
  SteadyColumns* Use(std::uint64_t now, bool expects_more) {
    last_use_ = now;
    if (uses_++ == 0 && !expects_more) return nullptr;
    if (columns_ == nullptr) columns_ = std::make_unique<SteadyColumns>(filters_, scores_);
    return columns_.get();
  }
  void DropColumns() {
    columns_.reset();
    uses_ = 0;
  }
  bool has_columns() const { return columns_ != nullptr; }
  std::uint64_t last_use() const { return last_use_; }

 private:
  std::vector<std::shared_ptr<CachedState>> states_;
  std::vector<SteadyColumns::Filter> filters_;
  std::vector<SteadyColumns::Score> scores_;
  std::unique_ptr<SteadyColumns> columns_;
  std::uint64_t uses_ = 0;
  std::uint64_t last_use_ = 0;
};

}  // namespace berth::framework

#include "scheduler/framework/steady_columns.h"

#include <algorithm>
#include <bit>

#include "scoring/kernels.h"

namespace berth::framework {
namespace {

using cluster::ChangeSet;
using scoring::kRowsPerWord;

// Up to one change in so many rows, asking the plugins about single nodes costs less than masks.
constexpr std::size_t kRowsPerFewChange = 32;
constexpr std::size_t kAlwaysFew = 16;

}  // namespace

SteadyColumns::SteadyColumns(std::vector<Filter> filters, std::vector<Score> scores) {
  for (auto& filter : filters) {
    const ChangeSet kinds = filter.plugin->DependsOn().filter | cluster::kNodeLifeChange;
    auto group = std::ranges::find(filter_groups_, kinds, &FilterGroup::kinds);
    if (group == filter_groups_.end()) group = filter_groups_.insert(group, {kinds, {}, {}});
    group->filters.push_back(std::move(filter));
    filter_kinds_ |= kinds;
  }
  if (filter_groups_.empty()) {
    filter_groups_.push_back({cluster::kNodeLifeChange, {}, {}});  // every node passes
  }
  for (auto& score : scores) {
    const ChangeSet kinds = score.plugin->DependsOn().score | cluster::kNodeLifeChange;
    auto group = std::ranges::find(score_groups_, kinds, &ScoreGroup::kinds);
    if (group == score_groups_.end()) group = score_groups_.insert(group, {kinds, {}, {}});
    group->scores.push_back(std::move(score));
    score_kinds_ |= kinds;
  }
}

ChangeSet SteadyColumns::CollectStale(const PodContext& context) {
  const cluster::ChangeLog& log = context.cluster.log;
  const ChangeSet wanted = filter_kinds_ | score_kinds_;
  const auto since = seen_;
  seen_ = log.end();
  few_.clear();
  if (!valid_ || !log.Covers(since)) {
    valid_ = true;
    stale_.SetAll();
    return wanted;
  }
  if (!log.AnySince(since, wanted)) return cluster::kNoChange;
  const bool few = log.end() - since <= std::max(kAlwaysFew, stale_.size() / kRowsPerFewChange);
  ChangeSet kinds = cluster::kNoChange;
  stale_.ClearAll();
  log.ForEachSince(since, [&](const cluster::ChangeLog::Change& change) {
    if ((change.kinds & wanted) == 0) return;
    kinds |= change.kinds & wanted;
    if (few && !stale_.Test(change.node)) few_.push_back(change.node);
    stale_.Set(change.node);
  });
  return kinds;
}

void SteadyColumns::FilterRow(const PodContext& context, NodeIndex row, ChangeSet kinds) {
  const bool alive = context.nodes().alive().Test(row);
  for (FilterGroup& group : filter_groups_) {
    if ((group.kinds & kinds) == 0) continue;
    const bool passes = alive && std::ranges::all_of(group.filters, [&](const Filter& filter) {
                          return filter.plugin->Explain(context, filter.state->state(), row).ok();
                        });
    group.passed.SetTo(row, passes);
  }
}

void SteadyColumns::ScoreFew(const PodContext& context, ChangeSet kinds) {
  boost::container::small_vector<std::int64_t, kAlwaysFew> scores(few_.size());
  for (ScoreGroup& group : score_groups_) {
    if ((group.kinds & kinds) == 0) continue;
    for (const NodeIndex row : few_) {
      totals_[row] -= group.sums[row];
      group.sums[row] = 0;
    }
    for (const Score& score : group.scores) {
      score.plugin->ScoreNodes(context, score.state->state(), few_, scores);
      for (std::size_t i = 0; i < few_.size(); ++i) {
        group.sums[few_[i]] += score.weight * scores[i];
      }
    }
    for (const NodeIndex row : few_) totals_[row] += group.sums[row];
  }
}

void SteadyColumns::RefreshFew(const PodContext& context, ChangeSet kinds) {
  for (const NodeIndex row : few_) FilterRow(context, row, kinds);
  // Rows without a node have no score, and no plugin may be asked about them.
  const auto gone = [&](NodeIndex row) { return !context.nodes().alive().Test(row); };
  const auto changed = few_;
  few_.erase(std::ranges::remove_if(few_, gone).begin(), few_.end());
  ScoreFew(context, kinds);
  for (const NodeIndex row : changed) {
    const std::size_t word = row / kRowsPerWord;
    const bool fits = ((FeasibleIn(word) >> row % kRowsPerWord) & 1) != 0;
    feasible_count_ += fits ? 1 : 0;
    feasible_count_ -= feasible_.Test(row) ? 1 : 0;
    feasible_.SetTo(row, fits);
    maxima_.Update(row, feasible_.words()[word], totals_.data());
  }
}

void SteadyColumns::RunFilters(const PodContext& context, ChangeSet kinds) {
  for (FilterGroup& group : filter_groups_) {
    if ((group.kinds & kinds) == 0) continue;
    rows_ = stale_;
    rows_.And(context.nodes().alive());
    for (const Filter& filter : group.filters) {
      filter.plugin->Filter(context, filter.state->state(), rows_);
    }
    group.passed.AndNot(stale_);
    group.passed.Or(rows_);
  }
}

void SteadyColumns::ClearRows(scoring::Column<std::int64_t>& column) const {
  for (std::size_t word = 0; word < rows_.word_count(); ++word) {
    if (rows_.words()[word] == 0) continue;
    std::fill_n(column.data() + word * kRowsPerWord, kRowsPerWord, 0);
  }
}

void SteadyColumns::SumScores(const PodContext& context, ScoreGroup& group,
                              scoring::Column<std::int64_t>& scratch) const {
  const std::size_t words = rows_.word_count();
  const auto score = [&](const Score& of, scoring::Column<std::int64_t>& out) {
    of.plugin->Score(context, of.state->state(), rows_, {out.data(), words * kRowsPerWord});
  };
  auto next = group.scores.begin();
  if (next != group.scores.end() && next->weight == 1) {
    score(*next++, group.sums);  // the sum so far is this score
  } else {
    ClearRows(group.sums);
  }
  for (; next != group.scores.end(); ++next) {
    score(*next, scratch);
    scoring::AddWeighted(scratch.data(), next->weight, rows_.words(), words, group.sums.data());
  }
}

void SteadyColumns::RunScores(const PodContext& context, ChangeSet kinds,
                              scoring::Column<std::int64_t>& scratch) {
  // In whole words: kernels compute no less, and what has not changed comes out the same.
  const NodeMask& alive = context.nodes().alive();
  const std::size_t words = rows_.word_count();
  for (std::size_t word = 0; word < words; ++word) {
    rows_.words()[word] = stale_.words()[word] == 0 ? 0 : alive.words()[word];
  }
  for (ScoreGroup& group : score_groups_) {
    if ((group.kinds & kinds) != 0) SumScores(context, group, scratch);
  }
  if (score_groups_.empty()) return ClearRows(totals_);
  auto group = score_groups_.begin();
  const std::int64_t* sum = context.nodes().zeros().data();
  if (score_groups_.size() > 1) sum = (group++)->sums.data();
  for (; group != score_groups_.end(); ++group) {
    scoring::WeightedSum(sum, group->sums.data(), 1, rows_.words(), words, totals_.data());
    sum = totals_.data();
  }
}

SteadyColumns::Word SteadyColumns::FeasibleIn(std::size_t word) const {
  Word fits = ~Word{0};
  for (const FilterGroup& group : filter_groups_) fits &= group.passed.words()[word];
  return fits;
}

void SteadyColumns::Resize(std::size_t rows) {
  for (auto* mask : {&stale_, &rows_, &feasible_}) mask->Resize(rows);
  for (auto& group : filter_groups_) group.passed.Resize(rows);
  for (auto& group : score_groups_) group.sums.Resize(rows);
  totals_.Resize(rows);
  maxima_.Resize(feasible_.word_count());
}

void SteadyColumns::Refresh(const PodContext& context, scoring::Column<std::int64_t>& scratch) {
  const std::size_t rows = context.nodes().rows();
  if (rows != feasible_.size()) Resize(rows);
  const ChangeSet kinds = CollectStale(context);
  if (kinds == cluster::kNoChange) return;
  if (!few_.empty()) return RefreshFew(context, kinds);
  if ((kinds & filter_kinds_) != 0) RunFilters(context, kinds);
  if ((kinds & score_kinds_) != 0) RunScores(context, kinds, scratch);
  for (std::size_t word = 0; word < stale_.word_count(); ++word) {
    if (stale_.words()[word] == 0) continue;
    Word& feasible = feasible_.words()[word];
    feasible_count_ -= static_cast<std::size_t>(std::popcount(feasible));
    feasible = FeasibleIn(word);
    feasible_count_ += static_cast<std::size_t>(std::popcount(feasible));
    maxima_.Rescan(word, feasible, totals_.data());
  }
}

std::int64_t SteadyColumns::FindBest(NodeMask& best) const {
  best.Resize(feasible_.size());
  best.ClearAll();
  maxima_.AddBest(best);
  return maxima_.highest();
}

}  // namespace berth::framework

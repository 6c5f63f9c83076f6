#include "scheduler/framework/steady_columns.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "scoring/kernels.h"

namespace berth::framework {
namespace {

using cluster::ChangeSet;
using scoring::kRowsPerWord;
using Word = NodeMask::Word;

// Up to so many changes, asking the plugins about single nodes costs less than masks of all.
constexpr std::size_t kFewChanges = 16;
constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();

template <typename Visit>
void ForEachBit(Word word, Visit visit) {
  for (; word != 0; word &= word - 1) visit(static_cast<std::size_t>(std::countr_zero(word)));
}

}  // namespace

SteadyColumns::SteadyColumns(std::vector<Filter> filters, std::vector<Score> scores)
    : scores_(std::move(scores)) {
  for (auto& filter : filters) {
    const ChangeSet kinds = filter.plugin->DependsOn().filter | cluster::kNodeLifeChange;
    auto group = std::ranges::find(groups_, kinds, &FilterGroup::kinds);
    if (group == groups_.end()) group = groups_.insert(group, {kinds, {}, {}});
    group->filters.push_back(std::move(filter));
    filter_kinds_ |= kinds;
  }
  if (groups_.empty()) groups_.push_back({cluster::kNodeLifeChange, {}, {}});  // every node passes
  for (const auto& score : scores_) score_kinds_ |= score.plugin->DependsOn().score;
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
  if (log.end() - since <= kFewChanges) {
    log.ForEachSince(since, [&](const cluster::ChangeLog::Change& change) {
      if ((change.kinds & wanted) == 0) return;
      if (std::ranges::find(few_, change.node) == few_.end()) few_.push_back(change.node);
    });
    return wanted;
  }
  ChangeSet kinds = cluster::kNoChange;
  stale_.ClearAll();
  log.ForEachSince(since, [&](const cluster::ChangeLog::Change& change) {
    if ((change.kinds & wanted) == 0) return;
    kinds |= change.kinds & wanted;
    stale_.Set(change.node);
  });
  return kinds;
}

void SteadyColumns::RefreshRow(const PodContext& context, NodeIndex row) {
  const bool alive = context.nodes().alive().Test(row);
  for (FilterGroup& group : groups_) {
    const bool passes = alive && std::ranges::all_of(group.filters, [&](const Filter& filter) {
                          return filter.plugin->Explain(context, filter.state->state(), row).ok();
                        });
    group.passed.SetTo(row, passes);
  }
  totals_[row] = 0;
  if (!alive) return;
  for (const Score& score : scores_) {
    totals_[row] += score.weight * score.plugin->ScoreNode(context, score.state->state(), row);
  }
}

void SteadyColumns::RunFilters(const PodContext& context, ChangeSet kinds) {
  for (FilterGroup& group : groups_) {
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

void SteadyColumns::RunScores(const PodContext& context, scoring::Column<std::int64_t>& scratch) {
  // In whole words: kernels compute no less, and what has not changed comes out the same.
  const NodeMask& alive = context.nodes().alive();
  for (std::size_t word = 0; word < rows_.word_count(); ++word) {
    rows_.words()[word] = stale_.words()[word] == 0 ? 0 : alive.words()[word];
    if (rows_.words()[word] != 0) {
      std::fill_n(totals_.data() + word * kRowsPerWord, kRowsPerWord, 0);
    }
  }
  for (const Score& score : scores_) {
    score.plugin->Score(context, score.state->state(), rows_,
                        {scratch.data(), rows_.word_count() * kRowsPerWord});
    scoring::AddWeighted(scratch.data(), score.weight, rows_.words(), rows_.word_count(),
                         totals_.data());
  }
}

void SteadyColumns::RefreshWord(std::size_t word) {
  Word fits = ~Word{0};
  for (const FilterGroup& group : groups_) fits &= group.passed.words()[word];
  Word& feasible = feasible_.words()[word];
  feasible_count_ += static_cast<std::size_t>(std::popcount(fits));
  feasible_count_ -= static_cast<std::size_t>(std::popcount(feasible));
  feasible = fits;

  const std::int64_t* totals = totals_.data() + word * kRowsPerWord;
  std::int64_t highest = kLowest;
  ForEachBit(fits, [&](std::size_t bit) { highest = std::max(highest, totals[bit]); });
  Word best = 0;
  ForEachBit(fits, [&](std::size_t bit) { best |= Word{totals[bit] == highest} << bit; });
  word_highest_[word] = highest;
  word_best_[word] = best;
}

void SteadyColumns::Resize(std::size_t rows) {
  for (auto* mask : {&stale_, &rows_, &feasible_}) mask->Resize(rows);
  for (auto& group : groups_) group.passed.Resize(rows);
  totals_.Resize(rows);
  word_highest_.resize(feasible_.word_count(), kLowest);
  word_best_.resize(feasible_.word_count(), 0);
}

void SteadyColumns::Refresh(const PodContext& context, scoring::Column<std::int64_t>& scratch) {
  const std::size_t rows = context.nodes().rows();
  if (rows != feasible_.size()) Resize(rows);
  const ChangeSet kinds = CollectStale(context);
  if (kinds == cluster::kNoChange) return;
  if (!few_.empty()) {
    for (const NodeIndex row : few_) {
      RefreshRow(context, row);
      RefreshWord(row / kRowsPerWord);
    }
    return;
  }
  if ((kinds & filter_kinds_) != 0) RunFilters(context, kinds);
  if ((kinds & score_kinds_) != 0) RunScores(context, scratch);
  for (std::size_t word = 0; word < stale_.word_count(); ++word) {
    if (stale_.words()[word] != 0) RefreshWord(word);
  }
}

std::int64_t SteadyColumns::FindBest(NodeMask& best) const {
  const std::int64_t highest = *std::ranges::max_element(word_highest_);
  best.Resize(feasible_.size());
  for (std::size_t word = 0; word < word_best_.size(); ++word) {
    best.words()[word] = word_highest_[word] == highest ? word_best_[word] : 0;
  }
  return highest;
}

}  // namespace berth::framework

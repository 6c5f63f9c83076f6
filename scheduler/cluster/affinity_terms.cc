#include "scheduler/cluster/affinity_terms.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"

namespace berth::cluster {
namespace {

// Past this the older half of the log goes; a reader further behind sums anew.
constexpr std::size_t kMaxLogEntries = 1 << 16;

}  // namespace

TermId AffinityTerms::Intern(AffinityTerm term) {
  std::string key;
  term.matcher.AppendKey(key);
  base::AppendKey(key, term.topology_key);
  const TermId id = term_keys_.Intern(key);
  if (id == terms_.size()) terms_.push_back({std::move(term), {}});
  return id;
}

void AffinityTerms::SetNamespaceLabels(Symbol name, LabelSetId labels) {
  const auto [it, is_new] = namespace_labels_.emplace(name, labels);
  if (!is_new && it->second == labels) return;
  it->second = labels;
  ++namespace_version_;
}

LabelSetId AffinityTerms::NamespaceLabels(Symbol name) const {
  const auto it = namespace_labels_.find(name);
  return it == namespace_labels_.end() ? kNoLabels : it->second;
}

void AffinityTerms::Change(const std::vector<CarriedTerm>& terms, NodeIndex row, int direction) {
  for (const CarriedTerm& carried : terms) {
    auto& by_node = terms_[carried.term].by_node[static_cast<std::size_t>(carried.role)];
    const auto it = by_node.emplace(row, Carried{}).first;
    it->second.weight += direction * carried.weight;
    it->second.count += direction;
    if (it->second.count == 0) by_node.erase(it);
    if (log_.size() >= kMaxLogEntries) {
      log_.erase(log_.begin(), log_.begin() + kMaxLogEntries / 2);
      log_start_ += kMaxLogEntries / 2;
    }
    log_.push_back(
        {carried.term, carried.role, static_cast<std::int8_t>(direction), row, carried.weight});
  }
}

MatchingTerms& AffinityTerms::Matching(Symbol namespace_name, LabelSetId labels) {
  auto& slot = matching_[{namespace_name, labels}];
  if (slot == nullptr) {
    slot = std::make_unique<MatchingTerms>();
    slot->namespace_name_ = namespace_name;
    slot->labels_ = labels;
  }
  return *slot;
}

void AffinityTerms::Refresh(MatchingTerms& matching) {
  if (matching.namespace_version_ != namespace_version_ ||
      matching.topology_version_ != nodes_.topology_version() || matching.seen_ < log_start_) {
    SumAnew(matching);
  } else {
    for (auto i = matching.seen_ - log_start_; i < log_.size(); ++i) {
      const Event& event = log_[i];
      if (!Matches(matching, event.term)) continue;
      Add(matching, event.term, event.role, event.node, event.direction * event.weight,
          event.direction);
    }
  }
  matching.seen_ = log_start_ + log_.size();
}

void AffinityTerms::SumAnew(MatchingTerms& matching) {
  matching.matches_.clear();
  for (auto& keys : matching.by_role_) {
    for (auto& key : keys) {
      key.sums.Reset(key.column->value_count());
      key.carriers = 0;
    }
  }
  matching.namespace_version_ = namespace_version_;
  matching.topology_version_ = nodes_.topology_version();
  for (TermId id = 0; id < terms_.size(); ++id) {
    if (!Matches(matching, id)) continue;
    for (std::size_t role = 0; role < kTermRoleCount; ++role) {
      for (const auto& [row, carried] : terms_[id].by_node[role]) {
        Add(matching, id, static_cast<TermRole>(role), row, carried.weight, carried.count);
      }
    }
  }
}

bool AffinityTerms::Matches(MatchingTerms& matching, TermId term) {
  while (matching.matches_.size() <= term) {
    const AffinityTerm& candidate = terms_[matching.matches_.size()].term;
    const bool matches = candidate.matcher.Matches(
        matching.namespace_name_, label_sets_.Get(NamespaceLabels(matching.namespace_name_)),
        label_sets_.Get(matching.labels_), symbols_);
    matching.matches_.push_back(matches ? 1 : 0);
  }
  return matching.matches_[term] != 0;
}

void AffinityTerms::Add(MatchingTerms& matching, TermId term, TermRole role, NodeIndex row,
                        std::int64_t weight, std::int64_t count) {
  const LabelColumn& column = nodes_.LabelsOf(terms_[term].term.topology_key);
  auto& keys = matching.by_role_[static_cast<std::size_t>(role)];
  auto it = std::ranges::find(keys, &column, &MatchingTerms::KeySums::column);
  if (it == keys.end()) it = keys.insert(it, {&column, {}, 0});
  it->sums.Grow(column.value_count());
  const ValueId value = column.At(row);
  if (value == kNoValue) return;
  it->sums.Add(value, weight);
  it->carriers += count;
}

}  // namespace berth::cluster

#include "plugins/interpodaffinity/inter_pod_affinity.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"
#include "scoring/kernels_scalar.h"

namespace berth::plugins {
namespace {

using cluster::DomainCounts;
using cluster::LabelColumn;
using cluster::MatchingTerms;
using cluster::TermRole;
using cluster::ValueId;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;
using scoring::MinMax;

// A term of the pod at hand: how many pods it counts in each domain.
struct CountedTerm {
  DomainCounts* domains;
  cluster::NodeSet* labelled_nodes;  // the nodes that are in any of the domains
  std::int64_t weight;               // of preferred terms; negative for anti-affinity
};

struct State final : framework::PluginState {
  const cluster::NodeSet* all_nodes = nullptr;
  std::vector<CountedTerm> affinity;       // counting pods that match all required affinity terms
  std::vector<CountedTerm> anti_affinity;  // each counting the pods of its own term
  std::vector<CountedTerm> preferred;
  bool matches_own_affinity = false;
  MatchingTerms* matching = nullptr;  // the terms on nodes that match the pod
};

// A term as it is evaluated for a pod to come. Namespaces that the selector takes are added by
// name, and the selector itself is then held against no labels at all: one that takes even a
// namespace without labels takes every namespace. So does kube-scheduler.
cluster::PodMatcher CompileIncoming(const api::PodAffinityTerm& term, const PodContext& context) {
  cluster::Cluster& cluster = context.cluster;
  cluster::PodMatcher matcher =
      cluster::CompilePodMatcher(term, context.pod.namespace_name, cluster.symbols);
  if (!matcher.namespace_selector) return matcher;
  const cluster::CompiledSelector selector = *std::move(matcher.namespace_selector);
  matcher.namespace_selector.reset();
  for (const cluster::Symbol name : cluster.namespaces()) {
    const auto labels = cluster.label_sets.Get(cluster.terms.NamespaceLabels(name));
    if (selector.Matches(labels, cluster.symbols)) matcher.namespaces.push_back(name);
  }
  std::ranges::sort(matcher.namespaces);
  matcher.all_namespaces |= selector.Matches({}, cluster.symbols);
  return matcher;
}

CountedTerm CountTerm(std::vector<cluster::PodMatcher> all_of, const std::string& topology_key,
                      std::int64_t weight, const State& state, const PodContext& context) {
  cluster::Cluster& cluster = context.cluster;
  const auto& counter = cluster.counters.Get({std::move(all_of), false});
  const auto key = cluster.symbols.Intern(topology_key);
  const auto& column = cluster.nodes.LabelsOf(key);
  return {&cluster.node_sets.Domains(counter, column, *state.all_nodes),
          &cluster.node_sets.Get({{key}, nullptr, nullptr}), weight};
}

// Affinity wants pods that match every term at once, then looks for them in each term's domain.
void CompileRequired(const api::PodAffinity& affinity, const PodContext& context, State& state) {
  std::vector<cluster::PodMatcher> all_of;
  for (const auto& term : affinity.required) all_of.push_back(CompileIncoming(term, context));
  state.matches_own_affinity = std::ranges::all_of(all_of, [&](const cluster::PodMatcher& matcher) {
    return matcher.Matches(context.pod.namespace_name, {}, context.cluster.LabelsOf(context.pod),
                           context.cluster.symbols);
  });
  for (const auto& term : affinity.required) {
    state.affinity.push_back(CountTerm(all_of, term.topology_key, 0, state, context));
  }
}

void CompilePreferred(const api::PodAffinity& affinity, std::int64_t sign,
                      const PodContext& context, State& state) {
  for (const auto& [weight, term] : affinity.preferred) {
    state.preferred.push_back(CountTerm({CompileIncoming(term, context)}, term.topology_key,
                                        sign * weight, state, context));
  }
}

void Refresh(const std::vector<CountedTerm>& terms, const PodContext& context, const State& state) {
  for (const CountedTerm& term : terms) {
    context.cluster.node_sets.Refresh(*term.labelled_nodes);
    term.domains->Refresh(context.nodes(), *state.all_nodes);
  }
}

bool HasTerms(const State& state) {
  return !state.affinity.empty() || !state.anti_affinity.empty();
}

bool AnyCarrier(const std::deque<MatchingTerms::KeySums>& keys) {
  return std::ranges::any_of(keys, [](const auto& key) { return key.carriers > 0; });
}

// The first of its kind: no pod that matches the terms is in any of their domains.
bool IsFirstOfItsKind(const State& state) {
  return state.matches_own_affinity &&
         std::ranges::all_of(state.affinity,
                             [](const CountedTerm& term) { return term.domains->total() == 0; });
}

// The nodes whose value of a label has a sum that is not 0.
struct Domains {
  const LabelColumn& column;
  const cluster::ValueSums& sums;

  std::int64_t SumOf(NodeIndex node) const {
    const ValueId id = column.At(node);
    return id != cluster::kNoValue && id < sums.size() ? sums[id] : 0;
  }
  bool Has(NodeIndex node) const { return SumOf(node) != 0; }
};

// Each rule of the filter is told once, as calls of visit.KeepIn or visit.KeepOutOf with domains.
// Masks and words are both read from here.
template <typename Visitor>
void VisitAffinity(const State& state, Visitor&& visitor) {
  const bool first = IsFirstOfItsKind(state);
  for (const CountedTerm& term : state.affinity) {
    visitor.KeepIn(term.labelled_nodes->rows());
    if (!first) visitor.KeepIn(Domains{term.domains->column(), term.domains->pods()});
  }
}

template <typename Visitor>
void VisitAntiAffinity(const State& state, Visitor&& visitor) {
  for (const CountedTerm& term : state.anti_affinity) {
    visitor.KeepOutOf(Domains{term.domains->column(), term.domains->pods()});
  }
}

template <typename Visitor>
void VisitExistingAntiAffinity(const State& state, Visitor&& visitor) {
  for (const auto& key : state.matching->Of(TermRole::kRequiredAntiAffinity)) {
    if (key.carriers > 0) visitor.KeepOutOf(Domains{*key.column, key.sums});
  }
}

// Clears the nodes which a rule does not keep.
class Clearing {
 public:
  explicit Clearing(NodeMask& nodes) : nodes_(nodes) {}

  void KeepIn(const NodeMask& nodes) { nodes_.And(nodes); }
  void KeepIn(const Domains& domains) {
    if (!domains.column.IsWide()) return KeepByTable(domains, true);
    NodeMask kept(nodes_.size());
    ForEachNodeIn(domains, [&](NodeIndex node) { kept.Set(node); });
    nodes_.And(kept);
  }
  void KeepOutOf(const Domains& domains) {
    if (!domains.column.IsWide()) return KeepByTable(domains, false);
    ForEachNodeIn(domains, [&](NodeIndex node) { nodes_.Clear(node); });
  }

 private:
  template <typename Visit>
  void ForEachNodeIn(const Domains& domains, Visit visit) {
    for (const ValueId id : domains.sums.touched()) {
      if (domains.sums[id] == 0) continue;
      for (const NodeIndex node : domains.column.Rows(id)) visit(node);
    }
  }
  void KeepByTable(const Domains& domains, bool where_any) {
    std::vector<std::uint32_t> kept(domains.column.value_count(), where_any ? 0 : 1);
    for (const ValueId id : domains.sums.touched()) {
      if (domains.sums[id] != 0) kept[id] = where_any ? 1 : 0;
    }
    scoring::KeepByTable(domains.column.ids(), kept.data(), nodes_.word_count(), nodes_.words());
  }

  NodeMask& nodes_;
};

// Finds out whether all rules keep one node.
class Testing {
 public:
  explicit Testing(NodeIndex node) : node_(node) {}

  void KeepIn(const NodeMask& nodes) { kept_ = kept_ && nodes.Test(node_); }
  void KeepIn(const Domains& domains) { kept_ = kept_ && domains.Has(node_); }
  void KeepOutOf(const Domains& domains) { kept_ = kept_ && !domains.Has(node_); }
  bool kept() const { return kept_; }

 private:
  NodeIndex node_;
  bool kept_ = true;
};

framework::NodeStatus AffinityMismatch() {
  return {Code::kUnschedulableAndUnresolvable, {"node(s) didn't match pod affinity rules"}};
}
framework::NodeStatus AntiAffinityMismatch() {
  return {Code::kUnschedulable, {"node(s) didn't match pod anti-affinity rules"}};
}
framework::NodeStatus ExistingAntiAffinityMismatch() {
  return {Code::kUnschedulable, {"node(s) didn't satisfy existing pods anti-affinity rules"}};
}

// Adds up factor * sum of each node's domain. Where a label has few values, its sums are put
// together first: then one pass over the nodes does for all of them.
class DomainScores {
 public:
  DomainScores(const NodeMask& nodes, std::span<std::int64_t> out) : nodes_(nodes), out_(out) {}

  void Add(const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
    if (column.IsWide()) {
      AddWide(column, sums, factor);
    } else {
      AddNarrow(column, sums, factor);
    }
  }

  void Add(const std::deque<MatchingTerms::KeySums>& keys, std::int64_t factor) {
    for (const auto& key : keys) Add(*key.column, key.sums, factor);
  }

  // Writes what is left to write.
  void Finish() {
    for (const auto& [column, amounts] : tables_) {
      scoring::AddByTable(column->ids(), amounts.data(), nodes_.words(), nodes_.word_count(),
                          out_.data());
    }
  }

 private:
  struct Table {
    const LabelColumn* column;
    boost::container::small_vector<std::int64_t, 16> amounts;  // by ValueId
  };

  void AddWide(const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
    for (const ValueId id : sums.touched()) {
      const std::int64_t amount = factor * sums[id];
      if (amount == 0) continue;
      for (const NodeIndex node : column.Rows(id)) {
        if (nodes_.Test(node)) out_[node] += amount;
      }
    }
  }

  void AddNarrow(const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
    auto table = std::ranges::find(tables_, &column, &Table::column);
    for (const ValueId id : sums.touched()) {
      const std::int64_t amount = factor * sums[id];
      if (amount == 0) continue;
      if (table == tables_.end()) {
        tables_.push_back({&column, {}});
        table = tables_.end() - 1;
        table->amounts.resize(column.value_count());
      }
      table->amounts[id] += amount;
    }
  }

  const NodeMask& nodes_;
  std::span<std::int64_t> out_;
  boost::container::small_vector<Table, 4> tables_;
};

void FillZero(const NodeMask& nodes, std::span<std::int64_t> out) {
  for (std::size_t i = 0; i < nodes.word_count(); ++i) {
    if (nodes.words()[i] == 0) continue;
    std::ranges::fill(out.subspan(i * scoring::kRowsPerWord, scoring::kRowsPerWord), 0);
  }
}

}  // namespace

void InterPodAffinity::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.id);
  base::AppendKey(key, context.cluster.namespace_version());
}

std::unique_ptr<framework::PluginState> InterPodAffinity::NewState(
    const PodContext& context) const {
  auto state = std::make_unique<State>();
  state->all_nodes = &context.cluster.node_sets.Get({});
  state->matching = &context.cluster.terms.Matching(context.pod.namespace_name, context.pod.labels);
  if (!context.pod.spec->affinity) return state;
  const api::Affinity& affinity = *context.pod.spec->affinity;
  if (affinity.pod_affinity) {
    CompileRequired(*affinity.pod_affinity, context, *state);
    CompilePreferred(*affinity.pod_affinity, 1, context, *state);
  }
  if (affinity.pod_anti_affinity) {
    for (const auto& term : affinity.pod_anti_affinity->required) {
      state->anti_affinity.push_back(
          CountTerm({CompileIncoming(term, context)}, term.topology_key, 0, *state, context));
    }
    CompilePreferred(*affinity.pod_anti_affinity, -1, context, *state);
  }
  return state;
}

framework::PreFilterResult InterPodAffinity::PreFilter(const PodContext& context,
                                                       framework::PluginState& plugin_state) const {
  auto& state = static_cast<State&>(plugin_state);
  context.cluster.node_sets.Refresh(context.cluster.node_sets.Get({}));
  context.cluster.terms.Refresh(*state.matching);
  Refresh(state.affinity, context, state);
  Refresh(state.anti_affinity, context, state);
  if (!HasTerms(state) && !AnyCarrier(state.matching->Of(TermRole::kRequiredAntiAffinity))) {
    return {{Code::kSkip, {}}, {}};
  }
  return {};
}

void InterPodAffinity::Filter(const PodContext&, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  VisitAffinity(state, Clearing(nodes));
  VisitAntiAffinity(state, Clearing(nodes));
  VisitExistingAntiAffinity(state, Clearing(nodes));
}

framework::NodeStatus InterPodAffinity::Explain(const PodContext&,
                                                const framework::PluginState& plugin_state,
                                                NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto is_kept = [node](auto&& visit, const State& of) {
    Testing testing(node);
    visit(of, testing);
    return testing.kept();
  };
  if (!is_kept(VisitAffinity<Testing&>, state)) return AffinityMismatch();
  if (!is_kept(VisitAntiAffinity<Testing&>, state)) return AntiAffinityMismatch();
  if (!is_kept(VisitExistingAntiAffinity<Testing&>, state)) return ExistingAntiAffinityMismatch();
  return {};
}

framework::Rejections InterPodAffinity::ExplainAll(const PodContext&,
                                                   const framework::PluginState& plugin_state,
                                                   const NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  framework::Rejections rejections;
  NodeMask left = nodes;
  NodeMask before = left;
  const auto add_cleared = [&](framework::NodeStatus status) {
    before.AndNot(left);
    rejections.Add(std::move(before), std::move(status));
    before = left;
  };
  VisitAffinity(state, Clearing(left));
  add_cleared(AffinityMismatch());
  VisitAntiAffinity(state, Clearing(left));
  add_cleared(AntiAffinityMismatch());
  VisitExistingAntiAffinity(state, Clearing(left));
  add_cleared(ExistingAntiAffinityMismatch());
  return rejections;
}

framework::Status InterPodAffinity::PreScore(const PodContext& context,
                                             framework::PluginState& plugin_state,
                                             const NodeMask&) const {
  auto& state = static_cast<State&>(plugin_state);
  const bool has_preferences = !state.preferred.empty();
  if (args_.ignore_preferred_terms_of_existing_pods && !has_preferences) {
    return {Code::kSkip, {}};
  }
  context.cluster.node_sets.Refresh(context.cluster.node_sets.Get({}));
  context.cluster.terms.Refresh(*state.matching);
  Refresh(state.preferred, context, state);
  const bool counts = std::ranges::any_of(
      state.preferred, [](const CountedTerm& term) { return term.domains->total() > 0; });
  const bool carried = AnyCarrier(state.matching->Of(TermRole::kPreferred)) ||
                       (args_.hard_pod_affinity_weight > 0 &&
                        AnyCarrier(state.matching->Of(TermRole::kRequiredAffinity)));
  if (!counts && !carried) return {Code::kSkip, {}};
  return {};
}

void InterPodAffinity::ScoreNodes(const PodContext&, framework::PluginState& plugin_state,
                                  std::span<const NodeIndex> nodes,
                                  std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::ranges::fill(scores, 0);
  const auto add = [&](const LabelColumn& column, const cluster::ValueSums& sums,
                       std::int64_t factor) {
    const Domains domains{column, sums};
    for (std::size_t i = 0; i < nodes.size(); ++i) scores[i] += factor * domains.SumOf(nodes[i]);
  };
  const auto add_matching = [&](TermRole role, std::int64_t factor) {
    for (const auto& key : state.matching->Of(role)) add(*key.column, key.sums, factor);
  };
  for (const CountedTerm& term : state.preferred) {
    add(term.domains->column(), term.domains->pods(), term.weight);
  }
  add_matching(TermRole::kPreferred, 1);
  if (args_.hard_pod_affinity_weight > 0) {
    add_matching(TermRole::kRequiredAffinity, args_.hard_pod_affinity_weight);
  }
}

void InterPodAffinity::Score(const PodContext&, framework::PluginState& plugin_state,
                             const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  FillZero(nodes, out);
  DomainScores scores(nodes, out);
  for (const CountedTerm& term : state.preferred) {
    scores.Add(term.domains->column(), term.domains->pods(), term.weight);
  }
  scores.Add(state.matching->Of(TermRole::kPreferred), 1);
  if (args_.hard_pod_affinity_weight > 0) {
    scores.Add(state.matching->Of(TermRole::kRequiredAffinity), args_.hard_pod_affinity_weight);
  }
  scores.Finish();
}

bool InterPodAffinity::AddTraits(const PodContext& context, framework::PluginState& plugin_state,
                                 framework::Traits& traits) const {
  auto& state = static_cast<State&>(plugin_state);
  Refresh(state.preferred, context, state);  // the others are up to date since PreFilter
  for (const auto* terms : {&state.affinity, &state.anti_affinity, &state.preferred}) {
    for (const CountedTerm& term : *terms) {
      traits.AddSum(term.domains->column(), term.domains->pods());
    }
  }
  for (const TermRole role :
       {TermRole::kRequiredAntiAffinity, TermRole::kPreferred, TermRole::kRequiredAffinity}) {
    for (const auto& key : state.matching->Of(role)) traits.AddSum(*key.column, key.sums);
  }
  return true;
}

void InterPodAffinity::NormalizeNodes(const PodContext&, framework::PluginState&,
                                      std::span<const NodeIndex>,
                                      std::span<std::int64_t> scores) const {
  const auto [min, max] = std::ranges::minmax(scores);
  for (std::int64_t& score : scores) {
    score = min == max ? 0 : scoring::scalar::NormalizedByMinMax({min, max}, score);
  }
}

void InterPodAffinity::NormalizeScores(const PodContext&, framework::PluginState&,
                                       const NodeMask& nodes,
                                       std::span<std::int64_t> scores) const {
  const MinMax range = scoring::MinMaxOf(scores.data(), nodes.words(), nodes.word_count());
  if (range.min == range.max) {
    nodes.ForEach([&](NodeIndex node) { scores[node] = 0; });
    return;
  }
  scoring::NormalizeByMinMax(range, nodes.words(), nodes.word_count(), scores.data());
}

}  // namespace berth::plugins

#include "plugins/interpodaffinity/inter_pod_affinity.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::plugins {
namespace {

using cluster::DomainCounts;
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
  std::int64_t weight;  // of preferred terms; negative for anti-affinity
};

struct State final : framework::PluginState {
  const cluster::NodeSet* all_nodes = nullptr;
  std::vector<CountedTerm> affinity;       // counting pods that match all required affinity terms
  std::vector<CountedTerm> anti_affinity;  // each counting the pods of its own term
  std::vector<CountedTerm> preferred;
  bool matches_own_affinity = false;
  // Of this cycle: the terms on nodes that match the pod.
  const MatchingTerms* matching = nullptr;
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

DomainCounts& DomainsOf(std::vector<cluster::PodMatcher> all_of, const std::string& topology_key,
                        const State& state, const PodContext& context) {
  cluster::Cluster& cluster = context.cluster;
  const auto& counter = cluster.counters.Get({std::move(all_of), false});
  const auto& column = cluster.nodes.LabelsOf(cluster.symbols.Intern(topology_key));
  return cluster.node_sets.Domains(counter, column, *state.all_nodes);
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
    state.affinity.push_back({&DomainsOf(all_of, term.topology_key, state, context), 0});
  }
}

void CompilePreferred(const api::PodAffinity& affinity, std::int64_t sign,
                      const PodContext& context, State& state) {
  for (const auto& [weight, term] : affinity.preferred) {
    state.preferred.push_back(
        {&DomainsOf({CompileIncoming(term, context)}, term.topology_key, state, context),
         sign * weight});
  }
}

void Refresh(const std::vector<CountedTerm>& terms, const PodContext& context, const State& state) {
  for (const CountedTerm& term : terms) {
    term.domains->Refresh(context.nodes(), state.all_nodes->rows());
  }
}

bool HasTerms(const State& state) {
  return !state.affinity.empty() || !state.anti_affinity.empty();
}

bool AnyCarrier(const std::vector<MatchingTerms::KeySums>& keys) {
  return std::ranges::any_of(keys, [](const auto& key) { return key.carriers > 0; });
}

// The first of its kind: no pod that matches the terms is in any of their domains.
bool IsFirstOfItsKind(const State& state) {
  return state.matches_own_affinity &&
         std::ranges::all_of(state.affinity,
                             [](const CountedTerm& term) { return term.domains->total() == 0; });
}

// Each rule of the filter is told once, as calls of visit(column, keeps): a node stays if keeps()
// says so for its value of the column. Masks and words are both read from here.
template <typename Visit>
void VisitAffinity(const State& state, Visit visit) {
  const bool first = IsFirstOfItsKind(state);
  for (const CountedTerm& term : state.affinity) {
    visit(term.domains->column(), [&](ValueId id) {
      return id != cluster::kNoValue && (first || term.domains->pods()[id] > 0);
    });
  }
}

template <typename Visit>
void VisitAntiAffinity(const State& state, Visit visit) {
  for (const CountedTerm& term : state.anti_affinity) {
    visit(term.domains->column(),
          [&](ValueId id) { return id == cluster::kNoValue || term.domains->pods()[id] == 0; });
  }
}

template <typename Visit>
void VisitExistingAntiAffinity(const State& state, Visit visit) {
  for (const auto& key : state.matching->Of(TermRole::kRequiredAntiAffinity)) {
    if (key.carriers == 0) continue;
    visit(*key.column, [&](ValueId id) { return id >= key.sums.size() || key.sums[id] == 0; });
  }
}

// A visitor that clears the nodes which a rule does not keep.
auto Clearing(NodeMask& nodes) {
  return [&nodes](const cluster::LabelColumn& column, auto keeps) {
    std::vector<std::uint32_t> kept(column.value_count());
    for (ValueId id = 0; id < kept.size(); ++id) kept[id] = keeps(id);
    scoring::KeepByTable(column.ids(), kept.data(), nodes.word_count(), nodes.words());
  };
}

// A visitor that finds out whether all rules keep one node.
auto Testing(NodeIndex node, bool& kept) {
  kept = true;
  return [node, &kept](const cluster::LabelColumn& column, auto keeps) {
    kept = kept && keeps(column.At(node));
  };
}

framework::NodeStatus AffinityMismatch() {
  return {Code::kUnschedulableAndUnresolvable, {"node(s) didn't match pod affinity rules"}};
}
framework::NodeStatus AntiAffinityMismatch() {
  return {Code::kUnschedulable, {"node(s) didn't match pod anti-affinity rules"}};
}
framework::NodeStatus ExistingAntiAffinityMismatch() {
  return {Code::kUnschedulable, {"node(s) didn't satisfy existing pods anti-affinity rules"}};
}

// Weights by domain for one topology key.
struct WeightTable {
  const cluster::LabelColumn* column;
  std::vector<std::int64_t> weights;
};

std::vector<std::int64_t>& WeightsOf(const cluster::LabelColumn& column,
                                     std::vector<WeightTable>& tables) {
  auto it = std::ranges::find(tables, &column, &WeightTable::column);
  if (it == tables.end()) {
    it = tables.insert(it, {&column, std::vector<std::int64_t>(column.value_count())});
  }
  return it->weights;
}

void AddMatching(const std::vector<MatchingTerms::KeySums>& keys, std::int64_t factor,
                 std::vector<WeightTable>& tables) {
  for (const auto& key : keys) {
    auto& weights = WeightsOf(*key.column, tables);
    for (ValueId id = 1; id < key.sums.size(); ++id) weights[id] += factor * key.sums[id];
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
  if (!context.pod.spec->affinity) return state;
  const api::Affinity& affinity = *context.pod.spec->affinity;
  if (affinity.pod_affinity) {
    CompileRequired(*affinity.pod_affinity, context, *state);
    CompilePreferred(*affinity.pod_affinity, 1, context, *state);
  }
  if (affinity.pod_anti_affinity) {
    for (const auto& term : affinity.pod_anti_affinity->required) {
      state->anti_affinity.push_back(
          {&DomainsOf({CompileIncoming(term, context)}, term.topology_key, *state, context), 0});
    }
    CompilePreferred(*affinity.pod_anti_affinity, -1, context, *state);
  }
  return state;
}

framework::PreFilterResult InterPodAffinity::PreFilter(const PodContext& context,
                                                       framework::PluginState& plugin_state) const {
  auto& state = static_cast<State&>(plugin_state);
  context.cluster.node_sets.Refresh(context.cluster.node_sets.Get({}));
  state.matching = &context.cluster.terms.Matching(context.pod.namespace_name, context.pod.labels);
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
  bool kept = true;
  VisitAffinity(state, Testing(node, kept));
  if (!kept) return AffinityMismatch();
  VisitAntiAffinity(state, Testing(node, kept));
  if (!kept) return AntiAffinityMismatch();
  VisitExistingAntiAffinity(state, Testing(node, kept));
  if (!kept) return ExistingAntiAffinityMismatch();
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
  state.matching = &context.cluster.terms.Matching(context.pod.namespace_name, context.pod.labels);
  Refresh(state.preferred, context, state);
  const bool counts = std::ranges::any_of(
      state.preferred, [](const CountedTerm& term) { return term.domains->total() > 0; });
  const bool carried = AnyCarrier(state.matching->Of(TermRole::kPreferred)) ||
                       (args_.hard_pod_affinity_weight > 0 &&
                        AnyCarrier(state.matching->Of(TermRole::kRequiredAffinity)));
  if (!counts && !carried) return {Code::kSkip, {}};
  return {};
}

void InterPodAffinity::Score(const PodContext&, framework::PluginState& plugin_state,
                             const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::vector<WeightTable> tables;
  for (const auto& [domains, weight] : state.preferred) {
    auto& weights = WeightsOf(domains->column(), tables);
    const auto pods = domains->pods();
    for (ValueId id = 1; id < pods.size(); ++id) weights[id] += weight * pods[id];
  }
  AddMatching(state.matching->Of(TermRole::kPreferred), 1, tables);
  if (args_.hard_pod_affinity_weight > 0) {
    AddMatching(state.matching->Of(TermRole::kRequiredAffinity), args_.hard_pod_affinity_weight,
                tables);
  }
  nodes.ForEach([&](NodeIndex node) { out[node] = 0; });
  for (const auto& [column, weights] : tables) {
    scoring::AddByTable(column->ids(), weights.data(), nodes.words(), nodes.word_count(),
                        out.data());
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

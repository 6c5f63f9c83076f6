#include "plugins/nodeaffinity/node_affinity.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "scheduler/api/selector_match.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/cluster/node_selector.h"

namespace berth::plugins {
namespace {

using api::SelectorOperator;
using framework::Code;
using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

struct PreferredTerm {
  cluster::CompiledNodeTerm term;
  std::int64_t weight;
};

struct State final : framework::PluginState {
  bool filters = false;  // false: PreFilter skips
  std::optional<cluster::CompiledNodeSelector> added;
  cluster::CompiledNodeRequirements own;
  // Names that the required terms narrow the nodes to; empty set: the terms contradict each other.
  std::optional<std::set<std::string>> names;

  bool has_preferences = false;  // false: PreScore skips
  bool preference_is_broken = false;
  std::vector<PreferredTerm> preferred;
};

const api::NodeAffinity* OwnAffinity(const PodContext& context) {
  const auto& affinity = context.pod.spec->affinity;
  return affinity && affinity->node_affinity ? &*affinity->node_affinity : nullptr;
}

// The names that all matchFields of the term agree on; nothing if the term names none.
std::optional<std::set<std::string>> NamesOf(const api::NodeSelectorTerm& term) {
  std::optional<std::set<std::string>> names;
  for (const auto& field : term.match_fields) {
    if (field.key != "metadata.name" || field.op != SelectorOperator::kIn) continue;
    const std::set<std::string> listed(field.values.begin(), field.values.end());
    if (!names) {
      names = listed;
    } else {
      std::erase_if(*names, [&](const std::string& name) { return !listed.contains(name); });
    }
  }
  return names;
}

// Terms are alternatives: one that names no node leaves all of them in.
std::optional<std::set<std::string>> NamesOf(const api::NodeSelector& selector) {
  std::optional<std::set<std::string>> all;
  for (const auto& term : selector.terms) {
    auto names = NamesOf(term);
    if (!names) return std::nullopt;
    if (!all) all.emplace();
    all->merge(*names);
  }
  return all;
}

bool Matches(const std::optional<api::NodeAffinity>& affinity, const api::Node& node) {
  return !affinity || !affinity->required ||
         api::Matches(*affinity->required, node.meta.labels, node.meta.name);
}

// nodeSelector and required node affinity, on a node that need not be in the cluster.
bool MatchesOwn(const api::PodSpec& spec, const api::Node& node) {
  if (spec.node_selector && !api::MatchesMap(*spec.node_selector, node.meta.labels)) return false;
  return !spec.affinity || Matches(spec.affinity->node_affinity, node);
}

bool IsEmpty(const api::NodeSelectorTerm& term) {
  return term.match_expressions.empty() && term.match_fields.empty();
}

// Gt and Lt want one integer; anything else makes Kubernetes give up on the cycle.
bool IsBroken(const api::NodeSelectorTerm& term) {
  return std::ranges::any_of(term.match_expressions, [](const api::Requirement& requirement) {
    const bool compares =
        requirement.op == SelectorOperator::kGt || requirement.op == SelectorOperator::kLt;
    return compares &&
           (requirement.values.size() != 1 || !cluster::ParseInt64(requirement.values.front()));
  });
}

void AddPreferred(const std::vector<api::PreferredSchedulingTerm>& terms, const PodContext& context,
                  State& state) {
  for (const auto& [weight, preference] : terms) {
    if (weight == 0 || IsEmpty(preference)) continue;
    state.preference_is_broken |= IsBroken(preference);
    state.preferred.push_back({cluster::CompiledNodeTerm::Compile(preference, context.cluster.nodes,
                                                                  context.cluster.symbols),
                               weight});
  }
}

framework::NodeStatus AddedMismatch() {
  return {Code::kUnschedulableAndUnresolvable,
          {"node(s) didn't match scheduler-enforced node affinity"}};
}
framework::NodeStatus OwnMismatch() {
  return {Code::kUnschedulableAndUnresolvable,
          {"node(s) didn't match Pod's node affinity/selector"}};
}

}  // namespace

void NodeAffinity::AppendKey(const PodContext& context, std::string& key) const {
  const api::PodSpec& spec = *context.pod.spec;
  base::AppendKey(key, spec.node_selector.has_value());
  cluster::AppendNodeRequirementsKey(key, spec);
  const auto* affinity = OwnAffinity(context);
  if (affinity == nullptr) return;
  for (const auto& [weight, preference] : affinity->preferred) {
    base::AppendKey(key, weight);
    cluster::AppendNodeSelectorTermKey(key, preference);
  }
}

std::unique_ptr<framework::PluginState> NodeAffinity::NewState(const PodContext& context) const {
  auto state = std::make_unique<State>();
  const api::PodSpec& spec = *context.pod.spec;
  const auto* affinity = OwnAffinity(context);
  state->own = cluster::CompiledNodeRequirements::Compile(spec, context.cluster.nodes,
                                                          context.cluster.symbols);
  if (args_.added_affinity && args_.added_affinity->required) {
    state->added = cluster::CompiledNodeSelector::Compile(
        *args_.added_affinity->required, context.cluster.nodes, context.cluster.symbols);
  }
  const bool required = affinity != nullptr && affinity->required;
  state->filters = required || state->added || spec.node_selector;
  if (required) state->names = NamesOf(*affinity->required);

  if (args_.added_affinity) AddPreferred(args_.added_affinity->preferred, context, *state);
  if (affinity != nullptr) AddPreferred(affinity->preferred, context, *state);
  state->has_preferences = (args_.added_affinity && !args_.added_affinity->preferred.empty()) ||
                           (affinity != nullptr && !affinity->preferred.empty());
  return state;
}

framework::PreFilterResult NodeAffinity::PreFilter(const PodContext& context,
                                                   framework::PluginState& plugin_state) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.filters) return {{Code::kSkip, {}}, {}};
  if (!state.names) return {};
  if (state.names->empty()) {
    return {{Code::kUnschedulableAndUnresolvable, {"pod affinity terms conflict"}}, {}};
  }
  NodeMask named(context.nodes().rows());
  for (const auto& name : *state.names) {
    if (const auto row = context.nodes().Find(name)) named.Set(*row);
  }
  return {{}, std::move(named)};
}

void NodeAffinity::Filter(const PodContext& context, framework::PluginState& plugin_state,
                          NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (state.added) state.added->Filter(context.nodes(), context.cluster.symbols, nodes);
  state.own.Filter(context.nodes(), context.cluster.symbols, nodes);
}

framework::NodeStatus NodeAffinity::Explain(const PodContext& context,
                                            const framework::PluginState& plugin_state,
                                            NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto& symbols = context.cluster.symbols;
  if (state.added && !state.added->Matches(context.nodes(), symbols, node)) {
    return AddedMismatch();
  }
  if (!state.own.Matches(context.nodes(), symbols, node)) {
    return OwnMismatch();
  }
  return {};
}

framework::Rejections NodeAffinity::ExplainAll(const PodContext& context,
                                               const framework::PluginState& plugin_state,
                                               const NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  framework::Rejections rejections;
  NodeMask rest = nodes;
  if (state.added) {
    state.added->Filter(context.nodes(), context.cluster.symbols, rest);
    NodeMask mismatched = nodes;
    mismatched.AndNot(rest);
    rejections.Add(std::move(mismatched), AddedMismatch());
  }
  rejections.Add(std::move(rest), OwnMismatch());
  return rejections;
}

framework::Status NodeAffinity::PreScore(const PodContext&, framework::PluginState& plugin_state,
                                         const NodeMask&) const {
  const auto& state = static_cast<const State&>(plugin_state);
  if (!state.has_preferences) return {Code::kSkip, {}};
  if (state.preference_is_broken) {
    return {Code::kError, {"parsing preferred node affinity: Gt and Lt take one integer"}};
  }
  return {};
}

void NodeAffinity::ScoreNodes(const PodContext& context, framework::PluginState& plugin_state,
                              std::span<const NodeIndex> nodes,
                              std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::ranges::transform(nodes, scores.begin(), [&](NodeIndex node) {
    std::int64_t score = 0;
    for (const auto& [term, weight] : state.preferred) {
      if (term.Matches(context.nodes(), context.cluster.symbols, node)) score += weight;
    }
    return score;
  });
}

void NodeAffinity::Score(const PodContext& context, framework::PluginState& plugin_state,
                         const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  nodes.ForEach([&](NodeIndex node) { out[node] = 0; });
  for (const auto& [term, weight] : state.preferred) {
    NodeMask matching = nodes;
    term.Filter(context.nodes(), context.cluster.symbols, matching);
    matching.ForEach([&](NodeIndex node) { out[node] += weight; });
  }
}

std::vector<framework::EventRegistration> NodeAffinity::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kNode, framework::kAdd | framework::kUpdateNodeLabel}}};
}

base::Result<Hint> NodeAffinity::QueueingHint(const PodContext&, const api::Pod& pod,
                                              const framework::ObjectChange& change) const {
  BERTH_ASSIGN(const auto node, framework::VersionsOf<api::Node>(change));
  if (node.after == nullptr || !Matches(args_.added_affinity, *node.after) ||
      !MatchesOwn(*pod.spec, *node.after)) {
    return Hint::kSkip;
  }
  return framework::QueueIf(node.before == nullptr || !MatchesOwn(*pod.spec, *node.before));
}

}  // namespace berth::plugins

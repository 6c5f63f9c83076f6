#include "plugins/podtopologyspread/pod_topology_spread.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::plugins {
namespace {

using api::NodeInclusionPolicy;
using api::TopologySpreadConstraint;
using api::UnsatisfiableAction;
using cluster::DomainCounts;
using cluster::LabelColumn;
using cluster::ValueId;
using framework::Code;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

// A constraint of one pod class, with its counts.
struct Constraint {
  std::int64_t max_skew;
  std::int64_t min_domains;
  bool is_hostname;
  bool matches_self;
  const LabelColumn* column;
  const cluster::PodCounter* counter;
  cluster::NodeSet* counted_nodes;  // with all labels, and let in by the inclusion policies
  DomainCounts* domains;
  std::int64_t fewest = 0;  // of this cycle: pods in the smallest domain
};

struct State final : framework::PluginState {
  std::vector<Constraint> hard;
  std::vector<Constraint> soft;
  bool soft_needs_all_labels = true;
  NodeMask scored;              // of this cycle: feasible nodes that are not ignored
  std::vector<double> weights;  // of this cycle, by soft constraint
};

// The constraints of a pod for one action, and what selects the pods that they count.
struct ConstraintList {
  std::vector<const TopologySpreadConstraint*> constraints;
  std::optional<cluster::CompiledSelector> default_selector;  // for default constraints
};

ConstraintList ConstraintsFor(UnsatisfiableAction action,
                              const std::vector<TopologySpreadConstraint>& defaults,
                              const PodContext& context) {
  ConstraintList list;
  const auto& own = context.pod.spec->topology_spread_constraints;
  const auto& constraints = own.empty() ? defaults : own;
  for (const auto& constraint : constraints) {
    if (constraint.when_unsatisfiable == action) list.constraints.push_back(&constraint);
  }
  if (!own.empty() || list.constraints.empty()) return list;
  list.default_selector =
      context.cluster.owners.DefaultSelector(context.pod, context.cluster.LabelsOf(context.pod));
  if (list.default_selector->MatchesEverything()) list.constraints.clear();
  return list;
}

// labelSelector, narrowed to the pod's own values of matchLabelKeys.
cluster::CompiledSelector SelectorOf(const TopologySpreadConstraint& constraint,
                                     const PodContext& context) {
  auto& symbols = context.cluster.symbols;
  auto selector = cluster::CompiledSelector::Compile(constraint.label_selector, symbols);
  if (selector.MatchesNothing()) return selector;
  for (const auto& key : constraint.match_label_keys) {
    const auto symbol = symbols.Intern(key);
    const auto value = context.cluster.label_sets.Value(context.pod.labels, symbol);
    if (value != base::kNoSymbol) selector.Add({symbol, api::SelectorOperator::kIn, {value}, 0});
  }
  return selector;
}

// The pods that a constraint counts: not terminating, in the pod's namespace. A selector that takes
// everything counts none at all here (but matches the pod itself): so does kube-scheduler.
const cluster::PodCounter& CounterOf(const cluster::CompiledSelector& selector,
                                     const PodContext& context) {
  cluster::PodMatcher matcher;
  matcher.namespaces = {context.pod.namespace_name};
  matcher.selector = selector.MatchesEverything()
                         ? cluster::CompiledSelector::Compile(std::nullopt, context.cluster.symbols)
                         : selector;
  return context.cluster.counters.Get({{std::move(matcher)}, true});
}

bool HasNodeRequirements(const api::PodSpec& spec) {
  return (spec.node_selector && !spec.node_selector->empty()) ||
         (spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required);
}

cluster::NodeSet& CountedNodes(const TopologySpreadConstraint& constraint,
                               const std::vector<cluster::Symbol>& required_labels,
                               const PodContext& context) {
  cluster::NodeSetSpec spec;
  spec.required_labels = required_labels;
  const bool honor_affinity = constraint.node_affinity_policy.value_or(
                                  NodeInclusionPolicy::kHonor) == NodeInclusionPolicy::kHonor;
  const bool honor_taints = constraint.node_taints_policy.value_or(NodeInclusionPolicy::kIgnore) ==
                            NodeInclusionPolicy::kHonor;
  if (honor_affinity && HasNodeRequirements(*context.pod.spec)) {
    spec.node_requirements_of = context.pod.spec.get();
  }
  if (honor_taints) spec.tolerations_of = context.pod.spec.get();
  return context.cluster.node_sets.Get(spec);
}

Constraint Compile(const TopologySpreadConstraint& constraint,
                   const cluster::CompiledSelector& selector,
                   const std::vector<cluster::Symbol>& required_labels, const PodContext& context) {
  cluster::Cluster& cluster = context.cluster;
  Constraint compiled;
  compiled.max_skew = constraint.max_skew;
  compiled.min_domains = constraint.min_domains.value_or(1);
  compiled.is_hostname = constraint.topology_key == kHostname;
  compiled.matches_self = selector.Matches(cluster.LabelsOf(context.pod), context.cluster.symbols);
  compiled.column = &cluster.nodes.LabelsOf(cluster.symbols.Intern(constraint.topology_key));
  compiled.counter = &CounterOf(selector, context);
  compiled.counted_nodes = &CountedNodes(constraint, required_labels, context);
  compiled.domains =
      &cluster.node_sets.Domains(*compiled.counter, *compiled.column, *compiled.counted_nodes);
  return compiled;
}

std::vector<Constraint> CompileAll(const ConstraintList& list, bool needs_all_labels,
                                   const PodContext& context) {
  std::vector<cluster::Symbol> labels;
  if (needs_all_labels) {
    for (const auto* constraint : list.constraints) {
      labels.push_back(context.cluster.symbols.Intern(constraint->topology_key));
    }
    std::ranges::sort(labels);
    labels.erase(std::ranges::unique(labels).begin(), labels.end());
  }
  std::vector<Constraint> compiled;
  for (const auto* constraint : list.constraints) {
    const auto selector =
        list.default_selector ? *list.default_selector : SelectorOf(*constraint, context);
    compiled.push_back(Compile(*constraint, selector, labels, context));
  }
  return compiled;
}

void Refresh(const Constraint& constraint, const PodContext& context) {
  context.cluster.node_sets.Refresh(*constraint.counted_nodes);
  constraint.domains->Refresh(context.nodes(), constraint.counted_nodes->rows());
}

// Pods in the smallest domain; 0 where there are fewer domains than minDomains.
std::int64_t FewestPods(const Constraint& constraint) {
  const auto pods = constraint.domains->pods();
  const auto nodes = constraint.domains->nodes();
  std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
  std::int64_t domains = 0;
  for (ValueId id = 1; id < pods.size(); ++id) {
    if (nodes[id] == 0) continue;
    ++domains;
    fewest = std::min(fewest, pods[id]);
  }
  return domains < constraint.min_domains ? 0 : fewest;
}

bool WithinSkew(const Constraint& constraint, ValueId id) {
  const std::int64_t self = constraint.matches_self ? 1 : 0;
  return constraint.domains->pods()[id] + self - constraint.fewest <= constraint.max_skew;
}

void KeepByRule(const LabelColumn& column, const std::vector<std::uint32_t>& kept,
                NodeMask& nodes) {
  scoring::KeepByTable(column.ids(), kept.data(), nodes.word_count(), nodes.words());
}

void KeepLabelled(const LabelColumn& column, NodeMask& nodes) {
  std::vector<std::uint32_t> kept(column.value_count(), 1);
  kept[cluster::kNoValue] = 0;
  KeepByRule(column, kept, nodes);
}

// How many distinct values the nodes have; no value counts as one.
std::size_t DistinctValues(const LabelColumn& column, const NodeMask& nodes) {
  std::vector<bool> seen(column.value_count());
  std::size_t distinct = 0;
  nodes.ForEach([&](NodeIndex node) {
    const ValueId id = column.At(node);
    if (seen[id]) return;
    seen[id] = true;
    ++distinct;
  });
  return distinct;
}

// Adds pods * weight + (maxSkew - 1) on nodes with the label.
void AddConstraint(const Constraint& constraint, double weight, const NodeMask& nodes,
                   scoring::Column<double>& sums) {
  const auto bias = static_cast<double>(constraint.max_skew - 1);
  if (constraint.is_hostname) {
    NodeMask labelled = nodes;
    KeepLabelled(*constraint.column, labelled);
    labelled.ForEach([&](NodeIndex node) {
      sums[node] += static_cast<double>(constraint.counter->At(node)) * weight + bias;
    });
    return;
  }
  const auto pods = constraint.domains->pods();
  std::vector<double> by_value(pods.size(), 0.0);
  for (ValueId id = 1; id < by_value.size(); ++id) {
    by_value[id] = static_cast<double>(pods[id]) * weight + bias;
  }
  scoring::AddByTable(constraint.column->ids(), by_value.data(), nodes.words(), nodes.word_count(),
                      sums.data());
}

}  // namespace

PodTopologySpread::PodTopologySpread(config::PodTopologySpreadArgs args) : args_(std::move(args)) {
  if (!args_.system_defaulting) return;
  TopologySpreadConstraint hostname;
  hostname.topology_key = kHostname;
  hostname.max_skew = 3;
  hostname.when_unsatisfiable = UnsatisfiableAction::kScheduleAnyway;
  TopologySpreadConstraint zone = hostname;
  zone.topology_key = kZone;
  zone.max_skew = 5;
  args_.default_constraints = {hostname, zone};
}

void PodTopologySpread::AppendKey(const PodContext& context, std::string& key) const {
  base::AppendKey(key, context.pod.id);
  base::AppendKey(key, context.cluster.owners.version());
}

std::unique_ptr<framework::PluginState> PodTopologySpread::NewState(
    const PodContext& context) const {
  auto state = std::make_unique<State>();
  const auto list = [&](UnsatisfiableAction action) {
    return ConstraintsFor(action, args_.default_constraints, context);
  };
  state->hard = CompileAll(list(UnsatisfiableAction::kDoNotSchedule), true, context);
  state->soft_needs_all_labels =
      !context.pod.spec->topology_spread_constraints.empty() || !args_.system_defaulting;
  state->soft =
      CompileAll(list(UnsatisfiableAction::kScheduleAnyway), state->soft_needs_all_labels, context);
  return state;
}

framework::PreFilterResult PodTopologySpread::PreFilter(
    const PodContext& context, framework::PluginState& plugin_state) const {
  auto& state = static_cast<State&>(plugin_state);
  if (state.hard.empty()) return {{Code::kSkip, {}}, {}};
  for (Constraint& constraint : state.hard) {
    Refresh(constraint, context);
    constraint.fewest = FewestPods(constraint);
  }
  return {};
}

void PodTopologySpread::Filter(const PodContext&, framework::PluginState& plugin_state,
                               NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  for (const Constraint& constraint : state.hard) {
    std::vector<std::uint32_t> kept(constraint.domains->pods().size(), 0);
    for (ValueId id = 1; id < kept.size(); ++id) kept[id] = WithinSkew(constraint, id);
    KeepByRule(*constraint.column, kept, nodes);
  }
}

framework::NodeStatus PodTopologySpread::Explain(const PodContext&,
                                                 const framework::PluginState& plugin_state,
                                                 NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  for (const Constraint& constraint : state.hard) {
    const ValueId id = constraint.column->At(node);
    if (id == cluster::kNoValue) {
      return {Code::kUnschedulableAndUnresolvable,
              {"node(s) didn't match pod topology spread constraints (missing required label)"}};
    }
    if (!WithinSkew(constraint, id)) {
      return {Code::kUnschedulable, {"node(s) didn't match pod topology spread constraints"}};
    }
  }
  return {};
}

framework::Status PodTopologySpread::PreScore(const PodContext& context,
                                              framework::PluginState& plugin_state,
                                              const NodeMask& nodes) const {
  auto& state = static_cast<State&>(plugin_state);
  if (state.soft.empty() || !nodes.Any()) return {Code::kSkip, {}};
  state.scored = nodes;
  if (state.soft_needs_all_labels) {
    for (const Constraint& constraint : state.soft) {
      KeepLabelled(*constraint.column, state.scored);
    }
  }
  state.weights.clear();
  for (const Constraint& constraint : state.soft) {
    if (!constraint.is_hostname) Refresh(constraint, context);
    const std::size_t size = constraint.is_hostname
                                 ? state.scored.Count()
                                 : DistinctValues(*constraint.column, state.scored);
    state.weights.push_back(std::log(static_cast<double>(size + 2)));
  }
  return {};
}

void PodTopologySpread::Score(const PodContext&, framework::PluginState& plugin_state,
                              const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  scoring::Column<double> sums(nodes.size());
  for (std::size_t i = 0; i < state.soft.size(); ++i) {
    AddConstraint(state.soft[i], state.weights[i], state.scored, sums);
  }
  nodes.ForEach([&](NodeIndex node) {
    out[node] = state.scored.Test(node) ? static_cast<std::int64_t>(std::round(sums[node])) : 0;
  });
}

void PodTopologySpread::NormalizeScores(const PodContext&, framework::PluginState& plugin_state,
                                        const NodeMask& nodes,
                                        std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto range =
      scoring::MinMaxOf(scores.data(), state.scored.words(), state.scored.word_count());
  const std::int64_t max = std::max<std::int64_t>(range.max, 0);
  nodes.ForEach([&](NodeIndex node) {
    if (!state.scored.Test(node)) {
      scores[node] = 0;
    } else {
      scores[node] = max == 0 ? 100 : 100 * (max + range.min - scores[node]) / max;
    }
  });
}

}  // namespace berth::plugins

#include "plugins/podtopologyspread/pod_topology_spread.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/object_text.h"
#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"
#include "scoring/kernels_scalar.h"

namespace berth::plugins {
namespace {

using api::NodeInclusionPolicy;
using api::TopologySpreadConstraint;
using api::UnsatisfiableAction;
using cluster::DomainCounts;
using cluster::LabelColumn;
using cluster::ValueId;
using framework::Code;
using framework::Hint;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

constexpr std::string_view kHostname = "kubernetes.io/hostname";
constexpr std::string_view kZone = "topology.kubernetes.io/zone";

// A constraint of one pod class, with its counts.
struct Constraint {
  std::size_t number = 0;  // among the pod's own constraints, or the default ones
  std::int64_t max_skew;
  std::int64_t min_domains;
  bool is_hostname;
  bool matches_self;
  const LabelColumn* column;
  const cluster::PodCounter* counter;
  cluster::NodeSet* counted_nodes;  // with all labels, and let in by the inclusion policies
  DomainCounts* domains;
  cluster::NodeSet* labelled_nodes;  // all nodes with the label
  cluster::CompiledSelector selector;
  // Pods that are pretended to be in a domain; negative for those pretended to have left.
  struct {
    ValueId domain = cluster::kNoValue;
    std::int64_t pods = 0;
  } pretended = {};
};

struct State final : framework::PluginState {
  std::vector<Constraint> hard;
  std::vector<Constraint> soft;
  cluster::NodeSet* soft_nodes = nullptr;  // nodes with all labels that the soft ones need
  // Of this cycle, from the feasible nodes: those that are not ignored, and the weights of the soft
  // constraints. Kept with what they were made from.
  NodeMask feasible;
  std::uint64_t topology_version = ~std::uint64_t{0};
  NodeMask scored;
  std::vector<double> weights;
};

// The constraints of a pod for one action, and what selects the pods that they count.
struct ConstraintList {
  const TopologySpreadConstraint* all = nullptr;  // of both actions
  std::vector<const TopologySpreadConstraint*> constraints;
  std::optional<cluster::CompiledSelector> default_selector;  // for default constraints
  const config::FeatureGates& gates;
};

ConstraintList ConstraintsFor(UnsatisfiableAction action,
                              const std::vector<TopologySpreadConstraint>& defaults,
                              const config::FeatureGates& gates, const PodContext& context) {
  ConstraintList list{nullptr, {}, {}, gates};
  const auto& own = context.pod.spec->topology_spread_constraints;
  const auto& constraints = own.empty() ? defaults : own;
  list.all = constraints.data();
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
                                     const ConstraintList& list, const PodContext& context) {
  if (list.default_selector) return *list.default_selector;
  auto& symbols = context.cluster.symbols;
  auto selector = cluster::CompiledSelector::Compile(constraint.label_selector, symbols);
  if (selector.MatchesNothing()) return selector;
  if (!list.gates[config::Gate::kMatchLabelKeysInPodTopologySpread]) return selector;
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
                               const config::FeatureGates& gates, const PodContext& context) {
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
  if (gates[config::Gate::kTaintTolerationComparisonOperators]) {
    spec.comparing = cluster::Comparing::kOn;
  }
  return context.cluster.node_sets.Get(spec);
}

Constraint Compile(const TopologySpreadConstraint& constraint,
                   const std::vector<cluster::Symbol>& required_labels, const ConstraintList& list,
                   const PodContext& context) {
  const auto selector = SelectorOf(constraint, list, context);
  cluster::Cluster& cluster = context.cluster;
  Constraint compiled;
  compiled.max_skew = constraint.max_skew;
  compiled.min_domains = constraint.min_domains.value_or(1);
  compiled.is_hostname = constraint.topology_key == kHostname;
  compiled.matches_self = selector.Matches(cluster.LabelsOf(context.pod), context.cluster.symbols);
  compiled.column = &cluster.nodes.LabelsOf(cluster.symbols.Intern(constraint.topology_key));
  compiled.counter = &CounterOf(selector, context);
  compiled.counted_nodes = &CountedNodes(constraint, required_labels, list.gates, context);
  compiled.domains =
      &cluster.node_sets.Domains(*compiled.counter, *compiled.column, *compiled.counted_nodes);
  compiled.labelled_nodes = &cluster.node_sets.Get({{compiled.column->key()}, nullptr, nullptr});
  compiled.selector = selector;
  return compiled;
}

std::vector<cluster::Symbol> LabelsOf(const ConstraintList& list, const PodContext& context) {
  std::vector<cluster::Symbol> labels;
  for (const auto* constraint : list.constraints) {
    labels.push_back(context.cluster.symbols.Intern(constraint->topology_key));
  }
  std::ranges::sort(labels);
  labels.erase(std::ranges::unique(labels).begin(), labels.end());
  return labels;
}

std::vector<Constraint> CompileAll(const ConstraintList& list,
                                   const std::vector<cluster::Symbol>& required_labels,
                                   const PodContext& context) {
  std::vector<Constraint> compiled;
  for (const auto* constraint : list.constraints) {
    compiled.push_back(Compile(*constraint, required_labels, list, context));
    compiled.back().number = static_cast<std::size_t>(constraint - list.all);
  }
  return compiled;
}

void Refresh(const Constraint& constraint, const PodContext& context) {
  context.cluster.node_sets.Refresh(*constraint.counted_nodes);
  context.cluster.node_sets.Refresh(*constraint.labelled_nodes);
  constraint.domains->Refresh(context.nodes(), *constraint.counted_nodes);
}

// How many matching pods a domain may hold and still take this one. The smallest domain counts as
// empty where there are fewer domains than minDomains.
std::int64_t MostPods(const Constraint& constraint, std::int64_t smallest) {
  const auto domains = static_cast<std::int64_t>(constraint.domains->domain_count());
  const std::int64_t fewest = domains < constraint.min_domains ? 0 : smallest;
  return constraint.max_skew + fewest - (constraint.matches_self ? 1 : 0);
}

// Whether the domain, pretended pods and all, holds too many matching pods.
bool IsSkewed(const Constraint& constraint, ValueId domain) {
  const DomainCounts& counts = *constraint.domains;
  const auto& [changed, change] = constraint.pretended;
  if (change == 0) return counts.pods()[domain] > MostPods(constraint, counts.fewest());
  const std::int64_t pods = counts.pods()[changed] + change;
  return (domain == changed ? pods : counts.pods()[domain]) >
         MostPods(constraint, counts.FewestIf(changed, pods));
}

// Clears the nodes, all of which have the label, whose domain holds too many matching pods.
void KeepUnskewed(const Constraint& constraint, const PodContext& context, NodeMask& nodes) {
  const cluster::ValueSums& pods = constraint.domains->pods();
  const std::int64_t most = MostPods(constraint, constraint.domains->fewest());
  if (most < 0) return nodes.ClearAll();
  if (const auto* cells = context.cluster.node_cells.Get({constraint.column})) {
    for (std::size_t cell = 0; cell < cells->count(); ++cell) {
      const ValueId id = constraint.column->At(cells->any(cell));
      if (id != cluster::kNoValue && pods[id] > most) nodes.AndNot(cells->Nodes(cell));
    }
    return;
  }
  if (pods.table() != nullptr) {
    scoring::KeepAtMost(constraint.column->ids(), pods.table(), most, nodes.word_count(),
                        nodes.words());
    return;
  }
  for (const ValueId id : pods.touched()) {
    if (pods[id] <= most) continue;
    for (const NodeIndex node : constraint.column->Rows(id)) nodes.Clear(node);
  }
}

framework::NodeStatus MissingLabel() {
  return {Code::kUnschedulableAndUnresolvable,
          {"node(s) didn't match pod topology spread constraints (missing required label)"}};
}
framework::NodeStatus TooSkewed() {
  return {Code::kUnschedulable, {"node(s) didn't match pod topology spread constraints"}};
}

// ---- Advice ----

// How far the pod would take the node's domain above the smallest one. The node has the label.
std::int64_t SkewOn(const Constraint& constraint, NodeIndex node) {
  // MostPods is what leaves the skew at maxSkew.
  return constraint.domains->pods()[constraint.column->At(node)] -
         MostPods(constraint, constraint.domains->fewest()) + constraint.max_skew;
}

bool HasLabel(const Constraint& constraint, NodeIndex node) {
  return constraint.column->At(node) != cluster::kNoValue;
}

// The constraints that a node breaks, and by how many pods the worst of them.
struct Broken {
  std::vector<std::size_t> constraints;
  std::int64_t excess = 0;
  bool lacks_labels = false;
};

Broken BrokenOn(const State& state, NodeIndex node) {
  Broken broken;
  for (std::size_t i = 0; i < state.hard.size(); ++i) {
    const Constraint& constraint = state.hard[i];
    const bool labelled = HasLabel(constraint, node);
    const std::int64_t excess =
        labelled ? SkewOn(constraint, node) - constraint.max_skew : std::int64_t{0};
    broken.lacks_labels |= !labelled;
    if (labelled && excess <= 0) continue;
    broken.constraints.push_back(i);
    broken.excess = std::max(broken.excess, excess);
  }
  return broken;
}

// A label of its own makes the node a domain without pods, unless it has matching pods itself.
bool LabelsHelp(const State& state, const Broken& broken, NodeIndex node) {
  return broken.excess == 0 && std::ranges::all_of(state.hard, [&](const Constraint& constraint) {
           return constraint.counter->At(node) == 0;
         });
}

framework::Obstacle MissingLabelOf(const std::string& key) {
  return {"no label " + key + ", over whose values the pod is to be spread",
          "label the node " + key + " with a value of its own",
          {{"topologyKey", key}}};
}

// Which pods a constraint counts; those of a default constraint are those of the same owner.
std::string CountedPods(const Constraint& constraint, const PodContext& context) {
  const auto& own = context.pod.spec->topology_spread_constraints;
  if (own.empty()) return "pod(s) of the same Service or controller";
  return "pod(s) that match {" + api::TextOf(own[constraint.number].label_selector) + "}";
}

framework::Obstacle SkewOf(const Constraint& constraint, const std::string& key,
                           const std::string& domain, const std::string& counted, NodeIndex node) {
  const std::int64_t pods = constraint.domains->pods()[constraint.column->At(node)];
  const std::int64_t skew = SkewOn(constraint, node);
  const std::int64_t fewest = pods + (constraint.matches_self ? 1 : 0) - skew;
  const auto domains = static_cast<std::int64_t>(constraint.domains->domain_count());
  std::string text = key + "=" + domain + " has " + std::to_string(pods) + " " + counted +
                     ", the smallest domain " + std::to_string(fewest) + ": skew would be " +
                     std::to_string(skew) + ", maxSkew is " + std::to_string(constraint.max_skew);
  if (domains < constraint.min_domains) {
    text += " (" + std::to_string(domains) + " domain(s), minDomains is " +
            std::to_string(constraint.min_domains) + ")";
  }
  return {std::move(text),
          "raise maxSkew to " + std::to_string(skew) + ", or take " +
              std::to_string(skew - constraint.max_skew) + " of these pods out of the domain",
          {{"constraint", static_cast<std::int64_t>(constraint.number)},
           {"topologyKey", key},
           {"domain", domain},
           {"matchingPods", pods},
           {"fewestPods", fewest},
           {"skew", skew},
           {"maxSkew", constraint.max_skew},
           {"domains", domains},
           {"minDomains", constraint.min_domains}}};
}

framework::Obstacle ObstacleOf(const Constraint& constraint, NodeIndex node,
                               const PodContext& context) {
  const auto& symbols = context.cluster.symbols;
  const std::string key(symbols.Text(constraint.column->key()));
  if (!HasLabel(constraint, node)) return MissingLabelOf(key);
  const auto value = constraint.column->Value(constraint.column->At(node));
  return SkewOf(constraint, key, std::string(symbols.Text(value)), CountedPods(constraint, context),
                node);
}

// How many distinct values the nodes have; no value counts as one.
std::size_t DistinctValues(const Constraint& constraint, const NodeMask& nodes) {
  std::size_t distinct = nodes.IsSubsetOf(constraint.labelled_nodes->rows()) ? 0 : 1;
  for (ValueId id = 1; id < constraint.column->value_count(); ++id) {
    // Found at the first node or so, unless the whole domain is full.
    const auto rows = constraint.column->Rows(id);
    if (std::ranges::any_of(rows, [&](NodeIndex row) { return nodes.Test(row); })) ++distinct;
  }
  return distinct;
}

// A column for sums, kept for its memory: thousands of states would each hold one.
scoring::Column<double>& ZeroedSums(std::size_t rows) {
  thread_local scoring::Column<double> sums;
  sums.Resize(rows);
  sums.Fill(0);
  return sums;
}

// What is in `sums` outside of `nodes` does not matter.
void AddBias(double bias, const NodeMask& labelled, const NodeMask& nodes,
             scoring::Column<double>& sums) {
  if (bias == 0) return;
  if (labelled != nodes) {
    labelled.ForEach([&](NodeIndex node) { sums[node] += bias; });
    return;
  }
  for (std::size_t row = 0; row < sums.size(); ++row) sums[row] += bias;
}

// On hosts it is the node's own pods that count.
void AddHostConstraint(const Constraint& constraint, double weight, double bias,
                       const NodeMask& nodes, scoring::Column<double>& sums) {
  const cluster::PodCounter& counter = *constraint.counter;
  NodeMask labelled = nodes;
  labelled.And(constraint.labelled_nodes->rows());
  if (labelled == nodes && counter.table() != nullptr) {
    scoring::AddScaledCounts(counter.table(), weight, bias, nodes.words(), nodes.word_count(),
                             sums.data());
    return;
  }
  boost::container::small_vector<std::pair<NodeIndex, double>, 64> counted;
  counter.ForEachCounted([&](NodeIndex node, std::int32_t pods) {
    if (!labelled.Test(node)) return;
    counted.emplace_back(node, sums[node] + (static_cast<double>(pods) * weight + bias));
  });
  AddBias(bias, labelled, nodes, sums);
  for (const auto& [node, sum] : counted) sums[node] = sum;
}

// Adds pods * weight + (maxSkew - 1) on nodes with the label.
void AddConstraint(const Constraint& constraint, double weight, const NodeMask& nodes,
                   scoring::Column<double>& sums) {
  const auto bias = static_cast<double>(constraint.max_skew - 1);
  if (constraint.is_hostname) return AddHostConstraint(constraint, weight, bias, nodes, sums);
  const cluster::ValueSums& pods = constraint.domains->pods();
  std::vector<double> by_value(pods.size(), 0.0);
  for (ValueId id = 1; id < by_value.size(); ++id) {
    by_value[id] = static_cast<double>(pods[id]) * weight + bias;
  }
  scoring::AddByTable(constraint.column->ids(), by_value.data(), nodes.words(), nodes.word_count(),
                      sums.data());
}

// To the nearest integer, half away from zero, as scoring::RoundColumn does: nothing that is summed
// is negative.
std::int64_t Rounded(double sum) { return static_cast<std::int64_t>(sum + 0.49999999999999994); }

// What the constraints add up to on one node.
std::int64_t SumOfConstraints(const State& state, NodeIndex node) {
  double sum = 0;
  for (std::size_t i = 0; i < state.soft.size(); ++i) {
    const Constraint& constraint = state.soft[i];
    const ValueId id = constraint.column->At(node);
    if (id == cluster::kNoValue) continue;
    const auto pods =
        constraint.is_hostname ? constraint.counter->At(node) : constraint.domains->pods()[id];
    sum +=
        static_cast<double>(pods) * state.weights[i] + static_cast<double>(constraint.max_skew - 1);
  }
  return Rounded(sum);
}

// Scores by cells of nodes with equal labels: on hosts a constraint counts the node's own pods, of
// which most nodes have none.
class ScoresByCells {
 public:
  ScoresByCells(const State& state, const PodContext& context, framework::CellScores& out)
      : state_(state), context_(context), out_(out) {}

  // False where nodes of one cell would differ by more than their own pods.
  bool Write(const NodeMask& nodes) {
    if (!FindHosts(nodes)) return false;
    out_.cells = context_.cluster.node_cells.Get(DomainColumns());
    if (out_.cells == nullptr) return false;
    WriteCells();
    if (hosts_ != nullptr) WriteCounted(nodes);
    return true;
  }

 private:
  bool FindHosts(const NodeMask& nodes) {
    for (const Constraint& constraint : state_.soft) {
      if (!constraint.is_hostname) continue;
      const bool is_sparse = constraint.counter->table() == nullptr;
      if (hosts_ != nullptr || !is_sparse) return false;
      if (!nodes.IsSubsetOf(constraint.labelled_nodes->rows())) return false;
      hosts_ = &constraint;
    }
    return true;
  }

  cluster::LabelColumns DomainColumns() const {
    cluster::LabelColumns columns;
    for (const Constraint& constraint : state_.soft) {
      if (!constraint.is_hostname) columns.push_back(constraint.column);
    }
    return columns;
  }

  // What each constraint adds in each cell, where there are no pods on the host.
  void WriteCells() {
    const auto& cells = *out_.cells;
    amounts_.reserve(cells.count() * state_.soft.size());
    for (std::size_t cell = 0; cell < cells.count(); ++cell) {
      for (std::size_t i = 0; i < state_.soft.size(); ++i) {
        amounts_.push_back(AmountIn(i, cells.any(cell)));
      }
      out_.by_cell.push_back(ScoreIn(cell, 0));
    }
  }

  double AmountIn(std::size_t i, NodeIndex node) const {
    const Constraint& constraint = state_.soft[i];
    if (constraint.is_hostname) return Amount(i, 0);
    const ValueId id = constraint.column->At(node);
    return id == cluster::kNoValue ? 0 : Amount(i, constraint.domains->pods()[id]);
  }

  double Amount(std::size_t i, std::int64_t pods) const {
    return static_cast<double>(pods) * state_.weights[i] +
           static_cast<double>(state_.soft[i].max_skew - 1);
  }

  // The sum in the order of the constraints, as everywhere: a sum of doubles.
  std::int64_t ScoreIn(std::size_t cell, std::int64_t pods_on_host) const {
    double sum = 0;
    for (std::size_t i = 0; i < state_.soft.size(); ++i) {
      const bool is_host = &state_.soft[i] == hosts_;
      sum += is_host ? Amount(i, pods_on_host) : amounts_[cell * state_.soft.size() + i];
    }
    return Rounded(sum);
  }

  void WriteCounted(const NodeMask& nodes) {
    hosts_->counter->ForEachCounted([&](NodeIndex node, std::int32_t pods) {
      if (!nodes.Test(node)) return;
      out_.others.emplace_back(node, ScoreIn(out_.cells->At(node), pods));
    });
  }

  const State& state_;
  const PodContext& context_;
  framework::CellScores& out_;
  const Constraint* hosts_ = nullptr;
  boost::container::small_vector<double, 32> amounts_;  // by cell and constraint
};

// The constraints that can turn a pod away, as its queueing hints need them: which pods each
// counts, and which labels a node must have.
class HardConstraints {
 public:
  HardConstraints(const PodContext& context, const std::vector<TopologySpreadConstraint>& defaults,
                  const config::FeatureGates& gates)
      : context_(context),
        list_(ConstraintsFor(UnsatisfiableAction::kDoNotSchedule, defaults, gates, context)) {
    for (const auto* constraint : list_.constraints) {
      selectors_.push_back(SelectorOf(*constraint, list_, context));
    }
  }

  Hint HintOfPod(const api::Pod& pod, const framework::Versions<api::Pod>& changed) const {
    if (!MayCount(pod, changed.before) || !MayCount(pod, changed.after)) return Hint::kSkip;
    if (!changed.IsUpdate()) {
      return framework::QueueIf(std::ranges::any_of(
          selectors_, [&](const auto& selector) { return Selects(selector, changed.Any()); }));
    }
    const bool own = framework::IsSamePod(*changed.after, pod);
    const bool tolerates_else =
        changed.before->spec->tolerations != changed.after->spec->tolerations;
    if (own && tolerates_else && AnyHonorsTaints()) return Hint::kQueue;
    if (changed.before->meta.labels == changed.after->meta.labels) return Hint::kSkip;
    return framework::QueueIf(std::ranges::any_of(selectors_, [&](const auto& selector) {
      return Selects(selector, *changed.before) != Selects(selector, *changed.after);
    }));
  }

  // A node may come to count, cease to, or count for another domain.
  Hint HintOfNode(const framework::Versions<api::Node>& node) const {
    if (!node.IsUpdate()) return framework::QueueIf(HasAllKeys(node.Any()));
    const bool now = HasAllKeys(*node.after);
    if (now != HasAllKeys(*node.before)) return Hint::kQueue;
    return framework::QueueIf(
        now && (HasMoved(*node.before, *node.after) || node.before->taints != node.after->taints));
  }

 private:
  // The pod itself, or one of its namespace that is on a node or about to be.
  static bool MayCount(const api::Pod& pod, const api::Pod* other) {
    if (other == nullptr || framework::IsSamePod(*other, pod)) return true;
    return other->meta.namespace_name == pod.meta.namespace_name && framework::HoldsRoom(*other);
  }
  bool Selects(const cluster::CompiledSelector& selector, const api::Pod& pod) const {
    auto& label_sets = context_.cluster.label_sets;
    return selector.Matches(label_sets.Get(label_sets.Intern(pod.meta.labels)),
                            context_.cluster.symbols);
  }
  bool AnyHonorsTaints() const {
    return std::ranges::any_of(list_.constraints, [](const auto* constraint) {
      return constraint->node_taints_policy == NodeInclusionPolicy::kHonor;
    });
  }
  bool HasAllKeys(const api::Node& node) const {
    return std::ranges::all_of(list_.constraints, [&](const auto* constraint) {
      return node.meta.labels.Contains(constraint->topology_key);
    });
  }
  bool HasMoved(const api::Node& before, const api::Node& after) const {
    return std::ranges::any_of(list_.constraints, [&](const auto* constraint) {
      const auto* then = before.meta.labels.Find(constraint->topology_key);
      const auto* now = after.meta.labels.Find(constraint->topology_key);
      return *then != *now;
    });
  }

  const PodContext& context_;
  ConstraintList list_;
  std::vector<cluster::CompiledSelector> selectors_;
};

}  // namespace

PodTopologySpread::PodTopologySpread(config::PodTopologySpreadArgs args,
                                     const config::FeatureGates& gates)
    : args_(std::move(args)), gates_(gates) {
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
    return ConstraintsFor(action, args_.default_constraints, gates_, context);
  };
  const ConstraintList hard = list(UnsatisfiableAction::kDoNotSchedule);
  state->hard = CompileAll(hard, LabelsOf(hard, context), context);
  const ConstraintList soft = list(UnsatisfiableAction::kScheduleAnyway);
  const bool needs_all_labels =
      !context.pod.spec->topology_spread_constraints.empty() || !args_.system_defaulting;
  std::vector<cluster::Symbol> labels;
  if (needs_all_labels) labels = LabelsOf(soft, context);
  state->soft = CompileAll(soft, labels, context);
  state->soft_nodes = &context.cluster.node_sets.Get({labels, nullptr, nullptr});
  return state;
}

framework::PreFilterResult PodTopologySpread::PreFilter(
    const PodContext& context, framework::PluginState& plugin_state) const {
  auto& state = static_cast<State&>(plugin_state);
  if (state.hard.empty()) return {{Code::kSkip, {}}, {}};
  for (Constraint& constraint : state.hard) {
    Refresh(constraint, context);
    constraint.pretended = {};
  }
  return {};
}

// Unlike the count that PreFilter begins with, kube-scheduler minds neither whether the pod is
// terminating nor whether the selector takes everything.
bool PodTopologySpread::PretendPod(const PodContext& context, framework::PluginState& plugin_state,
                                   const cluster::PodClass& other, NodeIndex node,
                                   std::int32_t change) const {
  if (other.namespace_name != context.pod.namespace_name) return true;
  const auto labels = context.cluster.LabelsOf(other);
  for (Constraint& constraint : static_cast<State&>(plugin_state).hard) {
    if (!constraint.counted_nodes->rows().Test(node)) continue;
    if (!constraint.selector.Matches(labels, context.cluster.symbols)) continue;
    const ValueId domain = constraint.column->At(node);
    auto& pretended = constraint.pretended;
    // All that was pretended of the node before has been taken back.
    if (pretended.domain != domain) pretended = {domain, 0};
    pretended.pods += change;
  }
  return true;
}

void PodTopologySpread::Filter(const PodContext& context, framework::PluginState& plugin_state,
                               NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  for (const Constraint& constraint : state.hard) {
    nodes.And(constraint.labelled_nodes->rows());
    KeepUnskewed(constraint, context, nodes);
  }
}

framework::NodeStatus PodTopologySpread::Explain(const PodContext&,
                                                 const framework::PluginState& plugin_state,
                                                 NodeIndex node) const {
  const auto& state = static_cast<const State&>(plugin_state);
  for (const Constraint& constraint : state.hard) {
    const ValueId id = constraint.column->At(node);
    if (id == cluster::kNoValue) {
      return MissingLabel();
    }
    if (IsSkewed(constraint, id)) return TooSkewed();
  }
  return {};
}

framework::Rejections PodTopologySpread::ExplainAll(const PodContext& context,
                                                    const framework::PluginState& plugin_state,
                                                    const NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  framework::Rejections rejections;
  NodeMask left = nodes;
  for (const Constraint& constraint : state.hard) {
    NodeMask unlabelled = left;
    unlabelled.AndNot(constraint.labelled_nodes->rows());
    left.AndNot(unlabelled);
    rejections.Add(std::move(unlabelled), MissingLabel());
    NodeMask skewed = left;
    KeepUnskewed(constraint, context, left);
    skewed.AndNot(left);
    rejections.Add(std::move(skewed), TooSkewed());
  }
  return rejections;
}

// One remedy for each set of constraints that nodes break: where they are broken by least.
std::vector<framework::Remedy> PodTopologySpread::Advise(const PodContext& context,
                                                         const framework::PluginState& plugin_state,
                                                         const NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  struct Alike {
    std::int64_t excess = 0;
    NodeMask nodes;
  };
  std::map<std::pair<bool, std::vector<std::size_t>>, Alike> by_broken;
  nodes.ForEach([&](NodeIndex node) {
    const Broken broken = BrokenOn(state, node);
    if (broken.lacks_labels && !LabelsHelp(state, broken, node)) return;
    Alike& alike = by_broken[{broken.lacks_labels, broken.constraints}];
    if (!alike.nodes.Any() || broken.excess < alike.excess) {
      alike = {broken.excess, NodeMask(nodes.size())};
    }
    if (broken.excess == alike.excess) alike.nodes.Set(node);
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [key, alike] : by_broken) {
    framework::Remedy& remedy = remedies.emplace_back();
    const NodeIndex any = alike.nodes.First();
    for (const std::size_t i : key.second) {
      remedy.obstacles.push_back(ObstacleOf(state.hard[i], any, context));
    }
    const auto differs = [&](NodeIndex node) {
      return std::ranges::any_of(key.second, [&](std::size_t i) {
        const auto* column = state.hard[i].column;
        return column->At(node) != column->At(any);
      });
    };
    remedy.nodes = alike.nodes;
    alike.nodes.ForEach([&](NodeIndex node) {
      if (differs(node)) remedy.nodes.Clear(node);
    });
  }
  framework::SortByEase(remedies);
  return remedies;
}

framework::Status PodTopologySpread::PreScore(const PodContext& context,
                                              framework::PluginState& plugin_state,
                                              const NodeMask& nodes) const {
  auto& state = static_cast<State&>(plugin_state);
  if (state.soft.empty() || !nodes.Any()) return {Code::kSkip, {}};
  for (const Constraint& constraint : state.soft) Refresh(constraint, context);
  const std::uint64_t version = context.nodes().topology_version();
  if (state.topology_version == version && state.feasible == nodes) return {};
  state.topology_version = version;
  state.feasible = nodes;
  context.cluster.node_sets.Refresh(*state.soft_nodes);
  state.scored = nodes;
  state.scored.And(state.soft_nodes->rows());
  state.weights.clear();
  for (const Constraint& constraint : state.soft) {
    const std::size_t size =
        constraint.is_hostname ? state.scored.Count() : DistinctValues(constraint, state.scored);
    state.weights.push_back(std::log(static_cast<double>(size + 2)));
  }
  return {};
}

void PodTopologySpread::ScoreNodes(const PodContext&, framework::PluginState& plugin_state,
                                   std::span<const NodeIndex> nodes,
                                   std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  std::ranges::transform(nodes, scores.begin(), [&](NodeIndex node) {
    return state.scored.Test(node) ? SumOfConstraints(state, node) : 0;
  });
}

void PodTopologySpread::Score(const PodContext&, framework::PluginState& plugin_state,
                              const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  scoring::Column<double>& sums = ZeroedSums(nodes.size());
  for (std::size_t i = 0; i < state.soft.size(); ++i) {
    AddConstraint(state.soft[i], state.weights[i], state.scored, sums);
  }
  scoring::RoundColumn(sums.data(), state.scored.words(), state.scored.word_count(), out.data());
  NodeMask ignored = nodes;
  ignored.AndNot(state.scored);
  ignored.ForEach([&](NodeIndex node) { out[node] = 0; });
}

bool PodTopologySpread::ScoreByCells(const PodContext& context,
                                     framework::PluginState& plugin_state, const NodeMask& nodes,
                                     framework::CellScores& out) const {
  return ScoresByCells(static_cast<const State&>(plugin_state), context, out).Write(nodes);
}

bool PodTopologySpread::AddTraits(const PodContext& context, framework::PluginState& plugin_state,
                                  framework::Traits& traits) const {
  auto& state = static_cast<State&>(plugin_state);
  for (const Constraint& constraint : state.hard) {
    traits.AddSum(*constraint.column, constraint.domains->pods());
  }
  if (state.soft.empty()) return true;
  context.cluster.node_sets.Refresh(*state.soft_nodes);
  traits.masks.push_back(&state.soft_nodes->rows());
  for (const Constraint& constraint : state.soft) {
    Refresh(constraint, context);
    if (constraint.is_hostname) {
      traits.masks.push_back(&constraint.labelled_nodes->rows());
      traits.counters.push_back(constraint.counter);
    } else {
      traits.AddSum(*constraint.column, constraint.domains->pods());
    }
  }
  return true;
}

void PodTopologySpread::NormalizeNodes(const PodContext&, framework::PluginState& plugin_state,
                                       std::span<const NodeIndex> nodes,
                                       std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  scoring::MinMax range{std::numeric_limits<std::int64_t>::max(),
                        std::numeric_limits<std::int64_t>::min()};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!state.scored.Test(nodes[i])) continue;
    range.min = std::min(range.min, scores[i]);
    range.max = std::max(range.max, scores[i]);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!state.scored.Test(nodes[i])) {
      scores[i] = 0;
    } else {
      scores[i] = range.max > 0 ? scoring::scalar::NormalizedFlipped(range, scores[i]) : 100;
    }
  }
}

void PodTopologySpread::NormalizeScores(const PodContext&, framework::PluginState& plugin_state,
                                        const NodeMask& nodes,
                                        std::span<std::int64_t> scores) const {
  const auto& state = static_cast<const State&>(plugin_state);
  const auto range =
      scoring::MinMaxOf(scores.data(), state.scored.words(), state.scored.word_count());
  NodeMask ignored = nodes;
  ignored.AndNot(state.scored);
  if (range.max > 0) {
    scoring::NormalizeFlipped(range, state.scored.words(), state.scored.word_count(),
                              scores.data());
  } else {
    state.scored.ForEach([&](NodeIndex node) { scores[node] = 100; });
  }
  ignored.ForEach([&](NodeIndex node) { scores[node] = 0; });
}

std::vector<framework::EventRegistration> PodTopologySpread::EventsToRegister() const {
  using framework::EventResource;
  return {{{EventResource::kPod, framework::kAdd | framework::kDelete | framework::kUpdatePodLabel |
                                     framework::kUpdatePodToleration}},
          {{EventResource::kNode, framework::kAdd | framework::kDelete |
                                      framework::kUpdateNodeLabel | framework::kUpdateNodeTaint}}};
}

base::Result<Hint> PodTopologySpread::QueueingHint(const PodContext& context, const api::Pod& pod,
                                                   const framework::ObjectChange& change) const {
  const HardConstraints hard(context, args_.default_constraints, gates_);
  if (framework::IsPod(change.event.resource)) {
    BERTH_ASSIGN(const auto changed, framework::VersionsOf<api::Pod>(change));
    return hard.HintOfPod(pod, changed);
  }
  BERTH_ASSIGN(const auto node, framework::VersionsOf<api::Node>(change));
  return hard.HintOfNode(node);
}

}  // namespace berth::plugins

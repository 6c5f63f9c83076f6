#include "plugins/interpodaffinity/inter_pod_affinity.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "scheduler/api/object_text.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/text.h"
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
  cluster::NodeSet* all_nodes = nullptr;
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
  Clearing(const PodContext& context, NodeMask& nodes) : context_(context), nodes_(nodes) {}

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
    if (const auto* cells = context_.cluster.node_cells.Get({&domains.column})) {
      return KeepByCells(*cells, domains, where_any);
    }
    std::vector<std::uint32_t> kept(domains.column.value_count(), where_any ? 0 : 1);
    for (const ValueId id : domains.sums.touched()) {
      if (domains.sums[id] != 0) kept[id] = where_any ? 1 : 0;
    }
    scoring::KeepByTable(domains.column.ids(), kept.data(), nodes_.word_count(), nodes_.words());
  }

  void KeepByCells(const cluster::NodeCells& cells, const Domains& domains, bool where_any) {
    for (std::size_t cell = 0; cell < cells.count(); ++cell) {
      if (domains.Has(cells.any(cell)) != where_any) nodes_.AndNot(cells.Nodes(cell));
    }
  }

  const PodContext& context_;
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

// Calls add(column, sums, factor) for everything that makes the scores.
template <typename Add>
void VisitScores(const State& state, std::int64_t hard_weight, Add&& add) {
  for (const CountedTerm& term : state.preferred) {
    add(term.domains->column(), term.domains->pods(), term.weight);
  }
  for (const auto& key : state.matching->Of(TermRole::kPreferred)) add(*key.column, key.sums, 1);
  if (hard_weight <= 0) return;
  for (const auto& key : state.matching->Of(TermRole::kRequiredAffinity)) {
    add(*key.column, key.sums, hard_weight);
  }
}

// Zero between its uses, kept for its memory.
scoring::Column<std::int64_t>& AmountsOfSomeNodes(std::size_t rows) {
  thread_local scoring::Column<std::int64_t> amounts;
  amounts.Resize(rows);
  return amounts;
}

// Scores by cells of nodes with equal labels. Labels with a value a node, such as the host name,
// make scores of their own for the few nodes that count.
class ScoresByCells {
 public:
  ScoresByCells(const PodContext& context, const NodeMask& nodes, framework::CellScores& out)
      : context_(context), nodes_(nodes), out_(out) {}

  void Add(const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
    (column.IsWide() ? wide_ : narrow_).push_back({Domains{column, sums}, factor});
  }

  // False if there are too many cells, or too many nodes with scores of their own.
  bool Write() {
    cluster::LabelColumns columns;
    for (const auto& [domains, factor] : narrow_) columns.push_back(&domains.column);
    out_.cells = context_.cluster.node_cells.Get(std::move(columns));
    if (out_.cells == nullptr || HasMuchWide()) return false;
    for (std::size_t cell = 0; cell < out_.cells->count(); ++cell) {
      std::int64_t score = 0;
      for (const auto& [domains, factor] : narrow_) {
        score += factor * domains.SumOf(out_.cells->any(cell));
      }
      out_.by_cell.push_back(score);
    }
    WriteWide();
    return true;
  }

 private:
  struct Part {
    Domains domains;
    std::int64_t factor;
  };

  bool HasMuchWide() const {
    constexpr std::size_t kRowsPerOther = 16;
    std::size_t touched = 0;
    for (const auto& [domains, factor] : wide_) touched += domains.sums.touched().size();
    return touched > nodes_.size() / kRowsPerOther;
  }

  void WriteWide() {
    scoring::Column<std::int64_t>& amounts = AmountsOfSomeNodes(nodes_.size());
    for (const auto& [domains, factor] : wide_) {
      for (const ValueId id : domains.sums.touched()) {
        const std::int64_t amount = factor * domains.sums[id];
        if (amount == 0) continue;
        for (const NodeIndex node : domains.column.Rows(id)) {
          if (!nodes_.Test(node)) continue;
          if (amounts[node] == 0) out_.others.emplace_back(node, 0);
          amounts[node] += amount;
        }
      }
    }
    // Amounts that came to nothing on the way have named their nodes twice.
    std::erase_if(out_.others, [&](auto& other) {
      const std::int64_t amount = std::exchange(amounts[other.first], 0);
      other.second = out_.by_cell[out_.cells->At(other.first)] + amount;
      return amount == 0;
    });
  }

  const PodContext& context_;
  const NodeMask& nodes_;
  framework::CellScores& out_;
  boost::container::small_vector<Part, 8> narrow_;
  boost::container::small_vector<Part, 8> wide_;
};

void FillZero(const NodeMask& nodes, std::span<std::int64_t> out) {
  for (std::size_t i = 0; i < nodes.word_count(); ++i) {
    if (nodes.words()[i] == 0) continue;
    std::ranges::fill(out.subspan(i * scoring::kRowsPerWord, scoring::kRowsPerWord), 0);
  }
}

// ---- Advice ----

constexpr std::size_t kFewNames = 3;

// What one node breaks, by numbers of terms and of topology keys.
struct Broken {
  std::vector<std::size_t> affinity;
  std::vector<std::size_t> anti_affinity;
  std::vector<std::size_t> existing;
  friend auto operator<=>(const Broken&, const Broken&) = default;
};

Domains DomainsOf(const CountedTerm& term) {
  return {term.domains->column(), term.domains->pods()};
}
Domains DomainsOf(const MatchingTerms::KeySums& key) { return {*key.column, key.sums}; }

Broken BrokenOn(const State& state, NodeIndex node) {
  Broken broken;
  const bool first = IsFirstOfItsKind(state);
  for (std::size_t i = 0; i < state.affinity.size(); ++i) {
    const CountedTerm& term = state.affinity[i];
    const bool kept =
        term.labelled_nodes->rows().Test(node) && (first || DomainsOf(term).Has(node));
    if (!kept) broken.affinity.push_back(i);
  }
  for (std::size_t i = 0; i < state.anti_affinity.size(); ++i) {
    if (DomainsOf(state.anti_affinity[i]).Has(node)) broken.anti_affinity.push_back(i);
  }
  const auto& existing = state.matching->Of(TermRole::kRequiredAntiAffinity);
  for (std::size_t i = 0; i < existing.size(); ++i) {
    if (existing[i].carriers > 0 && DomainsOf(existing[i]).Has(node)) broken.existing.push_back(i);
  }
  return broken;
}

// Tells in words what keeps the pod from one node, and by whom. Compiles terms anew and walks the
// pods: for a person who asks.
class Adviser {
 public:
  Adviser(const PodContext& context, const State& state) : context_(context), state_(state) {
    const auto& affinity = context.pod.spec->affinity;
    if (affinity && affinity->pod_affinity) {
      affinity_ = &affinity->pod_affinity->required;
      for (const auto& term : *affinity_) all_of_.push_back(CompileIncoming(term, context));
    }
    if (affinity && affinity->pod_anti_affinity) {
      anti_affinity_ = &affinity->pod_anti_affinity->required;
    }
  }

  // Nothing where what would help with one term hurts with another.
  std::optional<framework::Remedy> Advise(const Broken& broken, NodeIndex node) {
    framework::Remedy remedy{{}, NodeMask(context_.nodes().rows())};
    remedy.nodes.Set(node);
    for (const std::size_t i : broken.affinity) {
      if (!state_.affinity[i].labelled_nodes->rows().Test(node)) return std::nullopt;
      remedy.obstacles.push_back(MissingPods(i, node));
    }
    helps_ = true;
    for (const std::size_t i : broken.anti_affinity) {
      remedy.obstacles.push_back(PodsInTheWay(i, node));
    }
    for (const std::size_t i : broken.existing) {
      remedy.obstacles.push_back(PodsThatRefuse(i, node));
    }
    if (!helps_ || remedy.obstacles.empty()) return std::nullopt;
    return remedy;
  }

 private:
  using Names = std::vector<std::string>;

  std::string Text(cluster::Symbol symbol) const {
    return std::string(context_.cluster.symbols.Text(symbol));
  }
  std::string Domain(const LabelColumn& column, NodeIndex node) const {
    return Text(column.Value(column.At(node)));
  }

  bool Matches(const cluster::PodMatcher& matcher, const api::Pod& pod) const {
    cluster::Cluster& cluster = context_.cluster;
    const auto labels = cluster.label_sets.Get(cluster.label_sets.Intern(pod.meta.labels));
    return matcher.Matches(cluster.symbols.Intern(pod.meta.namespace_name), {}, labels,
                           cluster.symbols);
  }
  bool IsWanted(const api::Pod& pod) const {
    return !all_of_.empty() &&
           std::ranges::all_of(
               all_of_, [&](const cluster::PodMatcher& matcher) { return Matches(matcher, pod); });
  }

  // The pods in the node's domain for which `picks` says yes.
  template <typename Picks>
  Names PodsIn(const LabelColumn& column, NodeIndex node, Picks picks) {
    Names names;
    for (const NodeIndex other : column.Rows(column.At(node))) {
      for (const cluster::PodIndex index : context_.cluster.PodsOn(other)) {
        const api::Pod& pod = context_.cluster.pod(index);
        if (!picks(pod)) continue;
        names.push_back(pod.Key());
        // Whoever leaves must not be one whom the pod wants to be with.
        helps_ = helps_ && !IsWanted(pod);
      }
    }
    std::ranges::sort(names);
    return names;
  }

  framework::Obstacle MissingPods(std::size_t i, NodeIndex node) {
    const api::PodAffinityTerm& term = (*affinity_)[i];
    const LabelColumn& column = state_.affinity[i].domains->column();
    const std::string domain = Domain(column, node);
    const std::string selector = api::TextOf(term.label_selector);
    Names with_pods;
    const auto& pods = state_.affinity[i].domains->pods();
    for (const ValueId id : pods.touched()) {
      if (pods[id] > 0) with_pods.push_back(Text(column.Value(id)));
    }
    std::ranges::sort(with_pods);
    std::string text =
        "no pod that matches {" + selector + "} in " + term.topology_key + "=" + domain;
    text += with_pods.empty() ? "; there is none anywhere"
                              : "; there are some in " + base::ListFew(with_pods, kFewNames);
    return {std::move(text),
            "a pod that matches has to run in the same " + term.topology_key,
            {{"rule", "affinity"},
             {"topologyKey", term.topology_key},
             {"domain", domain},
             {"labelSelector", selector},
             {"domainsWithPods", std::move(with_pods)}}};
  }

  framework::Obstacle PodsInTheWay(std::size_t i, NodeIndex node) {
    const api::PodAffinityTerm& term = (*anti_affinity_)[i];
    const LabelColumn& column = state_.anti_affinity[i].domains->column();
    const cluster::PodMatcher matcher = CompileIncoming(term, context_);
    Names names = PodsIn(column, node, [&](const api::Pod& pod) { return Matches(matcher, pod); });
    return InTheWay("antiAffinity", term.topology_key, Domain(column, node),
                    api::TextOf(term.label_selector), std::move(names));
  }

  framework::Obstacle PodsThatRefuse(std::size_t i, NodeIndex node) {
    const auto& key = state_.matching->Of(TermRole::kRequiredAntiAffinity)[i];
    const std::string topology_key = Text(key.column->key());
    Names names =
        PodsIn(*key.column, node, [&](const api::Pod& pod) { return Refuses(pod, topology_key); });
    return InTheWay("existingAntiAffinity", topology_key, Domain(*key.column, node), "",
                    std::move(names));
  }

  // Whether a required anti-affinity term of a pod on a node means the pod at hand.
  bool Refuses(const api::Pod& pod, const std::string& topology_key) const {
    const auto& affinity = pod.spec->affinity;
    if (!affinity || !affinity->pod_anti_affinity) return false;
    cluster::Cluster& cluster = context_.cluster;
    return std::ranges::any_of(affinity->pod_anti_affinity->required, [&](const auto& term) {
      if (term.topology_key != topology_key) return false;
      const auto matcher = cluster::CompilePodMatcher(
          term, cluster.symbols.Intern(pod.meta.namespace_name), cluster.symbols);
      const auto namespace_labels =
          cluster.label_sets.Get(cluster.terms.NamespaceLabels(context_.pod.namespace_name));
      return matcher.Matches(context_.pod.namespace_name, namespace_labels,
                             cluster.LabelsOf(context_.pod), cluster.symbols);
    });
  }

  static framework::Obstacle InTheWay(std::string_view rule, const std::string& topology_key,
                                      const std::string& domain, const std::string& selector,
                                      Names names) {
    const std::string where = " in " + topology_key + "=" + domain + ": ";
    const std::string what = selector.empty() ? "pods with anti-affinity to this one"
                                              : "pods that match {" + selector + "}";
    framework::Facts facts = {
        {"rule", std::string(rule)}, {"topologyKey", topology_key}, {"domain", domain}};
    if (!selector.empty()) facts.emplace_back("labelSelector", selector);
    std::string text = what + where + base::ListFew(names, kFewNames);
    facts.emplace_back("pods", std::move(names));
    return {std::move(text), "take those pods out of the domain", std::move(facts)};
  }

  const PodContext& context_;
  const State& state_;
  const std::vector<api::PodAffinityTerm>* affinity_ = nullptr;
  const std::vector<api::PodAffinityTerm>* anti_affinity_ = nullptr;
  std::vector<cluster::PodMatcher> all_of_;
  bool helps_ = true;
};

bool AreInTheSameDomains(const State& state, const Broken& broken, NodeIndex a, NodeIndex b) {
  const auto same = [&](const LabelColumn& column) { return column.At(a) == column.At(b); };
  const auto same_by_term = [&](const std::vector<CountedTerm>& terms) {
    return [&](std::size_t i) { return same(terms[i].domains->column()); };
  };
  const auto& existing = state.matching->Of(TermRole::kRequiredAntiAffinity);
  return std::ranges::all_of(broken.affinity, same_by_term(state.affinity)) &&
         std::ranges::all_of(broken.anti_affinity, same_by_term(state.anti_affinity)) &&
         std::ranges::all_of(broken.existing,
                             [&](std::size_t i) { return same(*existing[i].column); });
}

// How many pods (or terms of theirs) are in the way.
std::int64_t CostOf(const State& state, const Broken& broken, NodeIndex node) {
  std::int64_t cost = 0;
  for (const std::size_t i : broken.anti_affinity) {
    cost += DomainsOf(state.anti_affinity[i]).SumOf(node);
  }
  const auto& existing = state.matching->Of(TermRole::kRequiredAntiAffinity);
  for (const std::size_t i : broken.existing) cost += DomainsOf(existing[i]).SumOf(node);
  return cost;
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
  context.cluster.node_sets.Refresh(*state.all_nodes);
  context.cluster.terms.Refresh(*state.matching);
  Refresh(state.affinity, context, state);
  Refresh(state.anti_affinity, context, state);
  if (!HasTerms(state) && !AnyCarrier(state.matching->Of(TermRole::kRequiredAntiAffinity))) {
    return {{Code::kSkip, {}}, {}};
  }
  return {};
}

void InterPodAffinity::Filter(const PodContext& context, framework::PluginState& plugin_state,
                              NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  VisitAffinity(state, Clearing(context, nodes));
  VisitAntiAffinity(state, Clearing(context, nodes));
  VisitExistingAntiAffinity(state, Clearing(context, nodes));
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

framework::Rejections InterPodAffinity::ExplainAll(const PodContext& context,
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
  VisitAffinity(state, Clearing(context, left));
  add_cleared(AffinityMismatch());
  VisitAntiAffinity(state, Clearing(context, left));
  add_cleared(AntiAffinityMismatch());
  VisitExistingAntiAffinity(state, Clearing(context, left));
  add_cleared(ExistingAntiAffinityMismatch());
  return rejections;
}

// One remedy for each set of terms that nodes break: the domains with the fewest pods in the way.
std::vector<framework::Remedy> InterPodAffinity::Advise(const PodContext& context,
                                                        const framework::PluginState& plugin_state,
                                                        const NodeMask& nodes) const {
  const auto& state = static_cast<const State&>(plugin_state);
  struct Alike {
    std::int64_t cost;
    NodeIndex node;
    std::vector<NodeIndex> nodes;
  };
  std::map<Broken, Alike> by_broken;
  nodes.ForEach([&](NodeIndex node) {
    Broken broken = BrokenOn(state, node);
    const std::int64_t cost = CostOf(state, broken, node);
    Alike& alike = by_broken.try_emplace(std::move(broken), Alike{cost, node, {}}).first->second;
    if (cost < alike.cost) std::tie(alike.cost, alike.node) = std::pair(cost, node);
    alike.nodes.push_back(node);
  });
  Adviser adviser(context, state);
  std::vector<framework::Remedy> remedies;
  for (const auto& [broken, alike] : by_broken) {
    auto remedy = adviser.Advise(broken, alike.node);
    if (!remedy) continue;
    for (const NodeIndex node : alike.nodes) {
      if (AreInTheSameDomains(state, broken, node, alike.node)) remedy->nodes.Set(node);
    }
    remedies.push_back(*std::move(remedy));
  }
  framework::SortByEase(remedies);
  return remedies;
}

framework::Status InterPodAffinity::PreScore(const PodContext& context,
                                             framework::PluginState& plugin_state,
                                             const NodeMask&) const {
  auto& state = static_cast<State&>(plugin_state);
  const bool has_preferences = !state.preferred.empty();
  if (args_.ignore_preferred_terms_of_existing_pods && !has_preferences) {
    return {Code::kSkip, {}};
  }
  context.cluster.node_sets.Refresh(*state.all_nodes);
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
  VisitScores(state, args_.hard_pod_affinity_weight, add);
}

void InterPodAffinity::Score(const PodContext&, framework::PluginState& plugin_state,
                             const NodeMask& nodes, std::span<std::int64_t> out) const {
  const auto& state = static_cast<const State&>(plugin_state);
  FillZero(nodes, out);
  DomainScores scores(nodes, out);
  VisitScores(state, args_.hard_pod_affinity_weight,
              [&](const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
                scores.Add(column, sums, factor);
              });
  scores.Finish();
}

bool InterPodAffinity::ScoreByCells(const PodContext& context, framework::PluginState& plugin_state,
                                    const NodeMask& nodes, framework::CellScores& out) const {
  ScoresByCells scores(context, nodes, out);
  VisitScores(static_cast<const State&>(plugin_state), args_.hard_pod_affinity_weight,
              [&](const LabelColumn& column, const cluster::ValueSums& sums, std::int64_t factor) {
                scores.Add(column, sums, factor);
              });
  return scores.Write();
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

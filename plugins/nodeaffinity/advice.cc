// What NodeAffinity would want changed.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/nodeaffinity/node_affinity.h"
#include "scheduler/api/object_text.h"
#include "scheduler/api/selector_match.h"
#include "scheduler/base/text.h"

namespace berth::plugins {
namespace {

using api::Requirement;
using api::SelectorOperator;
using framework::NodeIndex;
using framework::NodeMask;
using framework::PodContext;

// One requirement that nodes have to meet, and which of the nodes at hand do not.
struct Wanted {
  Requirement requirement;
  bool on_name;  // a matchFields requirement
  NodeMask missing;
};
using Term = std::vector<Wanted>;  // all of them
using Terms = std::vector<Term>;   // any of them

// Everything that is required: of each list of terms one has to be met.
using Required = std::vector<Terms>;

NodeMask MissingOn(const api::NodeSelectorTerm& term, const PodContext& context,
                   const NodeMask& nodes) {
  NodeMask matching = nodes;
  cluster::CompiledNodeTerm::Compile(term, context.cluster.nodes, context.cluster.symbols)
      .Filter(context.nodes(), context.cluster.symbols, matching);
  NodeMask missing = nodes;
  missing.AndNot(matching);
  return missing;
}

// Terms that can never match are left out.
Terms TermsOf(const api::NodeSelector& selector, const PodContext& context, const NodeMask& nodes) {
  Terms terms;
  for (const auto& term : selector.terms) {
    if (api::ParseError(term)) continue;
    Term wanted;
    for (const auto& requirement : term.match_expressions) {
      wanted.push_back({requirement, false, MissingOn({{requirement}, {}}, context, nodes)});
    }
    for (const auto& requirement : term.match_fields) {
      wanted.push_back({requirement, true, MissingOn({{}, {requirement}}, context, nodes)});
    }
    if (!wanted.empty()) terms.push_back(std::move(wanted));
  }
  return terms;
}

Required RequiredOf(const std::optional<api::NodeAffinity>& added, const PodContext& context,
                    const NodeMask& nodes) {
  Required required;
  if (added && added->required) required.push_back(TermsOf(*added->required, context, nodes));
  const api::PodSpec& spec = *context.pod.spec;
  if (spec.node_selector && !spec.node_selector->empty()) {
    api::NodeSelectorTerm term;
    for (const auto& [key, value] : *spec.node_selector) {
      term.match_expressions.push_back({key, SelectorOperator::kIn, {value}});
    }
    required.push_back(TermsOf({{term}}, context, nodes));
  }
  if (spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required) {
    required.push_back(TermsOf(*spec.affinity->node_affinity->required, context, nodes));
  }
  return required;
}

// ---- Labels that would do ----

// Labels to set, and (without a value) to take away.
using LabelChanges = std::map<std::string, std::optional<std::string>>;

std::optional<std::string> Beside(const std::string& operand, std::int64_t step) {
  std::int64_t moved = 0;
  const auto number = cluster::ParseInt64(operand);
  if (!number || __builtin_add_overflow(*number, step, &moved)) return std::nullopt;
  return std::to_string(moved);
}

// What would make a node meet the requirement. False where no label can.
bool AddChange(const Requirement& requirement, LabelChanges& changes) {
  std::optional<std::string> value;
  switch (requirement.op) {
    case SelectorOperator::kIn:
      value = requirement.values.front();
      break;
    case SelectorOperator::kExists:
      value = "true";
      break;
    case SelectorOperator::kGt:
      value = Beside(requirement.values.front(), 1);
      if (!value) return false;
      break;
    case SelectorOperator::kLt:
      value = Beside(requirement.values.front(), -1);
      if (!value) return false;
      break;
    case SelectorOperator::kNotIn:
    case SelectorOperator::kDoesNotExist:
      break;
  }
  const auto [entry, is_new] = changes.emplace(requirement.key, value);
  return is_new || entry->second == value;
}

api::StringMap Changed(api::StringMap labels, const LabelChanges& changes) {
  for (const auto& [key, value] : changes) {
    if (value) {
      labels[key] = *value;
    } else {
      labels.Erase(key);
    }
  }
  return labels;
}

bool Meets(const Term& term, const api::StringMap& labels, NodeIndex node) {
  return std::ranges::all_of(term, [&](const Wanted& wanted) {
    return wanted.on_name ? !wanted.missing.Test(node) : api::Matches(wanted.requirement, labels);
  });
}

bool Meets(const Required& required, const api::StringMap& labels, NodeIndex node) {
  return std::ranges::all_of(required, [&](const Terms& terms) {
    return std::ranges::any_of(terms, [&](const Term& term) { return Meets(term, labels, node); });
  });
}

// ---- What one node misses ----

// Numbers into Required: list, term, requirement.
struct Number {
  std::size_t list;
  std::size_t term;
  std::size_t requirement;
  friend auto operator<=>(const Number&, const Number&) = default;
};

bool IsMet(const Term& term, NodeIndex node) {
  return std::ranges::none_of(term, [&](const Wanted& w) { return w.missing.Test(node); });
}

// Of the term that misses least among those that labels can mend; nothing if none can.
std::optional<std::vector<Number>> MissesOf(const Terms& terms, std::size_t list, NodeIndex node) {
  std::optional<std::vector<Number>> least;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    std::vector<Number> misses;
    bool mendable = true;
    for (std::size_t r = 0; r < terms[t].size(); ++r) {
      if (!terms[t][r].missing.Test(node)) continue;
      misses.push_back({list, t, r});
      mendable = mendable && !terms[t][r].on_name;
    }
    if (mendable && (!least || misses.size() < least->size())) least = std::move(misses);
  }
  return least;
}

struct Misses {
  std::vector<Number> numbers;
  LabelChanges changes;
};

// Nothing where labels cannot help: requirements that contradict each other, or the node's name.
std::optional<Misses> MissesOf(const Required& required, const PodContext& context,
                               NodeIndex node) {
  Misses misses;
  for (std::size_t list = 0; list < required.size(); ++list) {
    const auto any_met = [&](const Term& term) { return IsMet(term, node); };
    if (std::ranges::any_of(required[list], any_met)) continue;
    const auto numbers = MissesOf(required[list], list, node);
    if (!numbers) return std::nullopt;
    misses.numbers.insert(misses.numbers.end(), numbers->begin(), numbers->end());
  }
  for (const auto& [list, term, number] : misses.numbers) {
    if (!AddChange(required[list][term][number].requirement, misses.changes)) return std::nullopt;
  }
  const auto labels = Changed(context.nodes().node(node).meta.labels, misses.changes);
  if (misses.numbers.empty() || !Meets(required, labels, node)) return std::nullopt;
  return misses;
}

// ---- In words ----

// The values of a label on some nodes, sorted; `absent` if one of them has none.
std::vector<std::string> ValuesOn(const NodeMask& nodes, const std::string& key,
                                  const PodContext& context, bool& absent) {
  const auto& column = context.cluster.nodes.LabelsOf(context.cluster.symbols.Intern(key));
  std::set<cluster::ValueId> ids;
  nodes.ForEach([&](NodeIndex node) { ids.insert(column.At(node)); });
  absent = ids.erase(cluster::kNoValue) > 0;
  std::vector<std::string> values;
  for (const auto id : ids) {
    values.emplace_back(context.cluster.symbols.Text(column.Value(id)));
  }
  std::ranges::sort(values);
  return values;
}

std::string ChangeText(const Requirement& requirement, const std::optional<std::string>& value) {
  const std::string drop = ", or drop the requirement";
  if (!value) return "remove the label " + requirement.key + drop;
  return "label the node " + requirement.key + "=" + *value + drop;
}

framework::Obstacle ObstacleOf(const Wanted& wanted, const std::optional<std::string>& value,
                               const NodeMask& nodes, const PodContext& context) {
  constexpr std::size_t kFew = 5;
  const Requirement& requirement = wanted.requirement;
  bool absent = false;
  bool ignored = false;
  auto found = ValuesOn(nodes, requirement.key, context, absent);
  auto existing = ValuesOn(context.nodes().alive(), requirement.key, context, ignored);
  std::vector<std::string> seen = found;
  if (absent) seen.insert(seen.begin(), "(no such label)");
  std::string text = "wanted " + api::TextOf(requirement) + ", found " + base::ListFew(seen, kFew);
  if (existing.empty()) {
    text += "; no node has the label";
  } else if (existing != found) {
    text += "; values that exist: " + base::ListFew(existing, kFew);
  }
  framework::Facts facts = {{"key", requirement.key},
                            {"operator", std::string(api::NameOf(requirement.op))},
                            {"values", requirement.values},
                            {"found", std::move(found)},
                            {"existingValues", std::move(existing)}};
  if (value) facts.emplace_back("labelValue", *value);
  return {std::move(text), ChangeText(requirement, value), std::move(facts)};
}

}  // namespace

std::vector<framework::Remedy> NodeAffinity::Advise(const PodContext& context,
                                                    const framework::PluginState&,
                                                    const NodeMask& nodes) const {
  const Required required = RequiredOf(args_.added_affinity, context, nodes);
  struct Alike {
    LabelChanges changes;
    NodeMask nodes;
  };
  std::map<std::vector<Number>, Alike> by_misses;
  nodes.ForEach([&](NodeIndex node) {
    const auto misses = MissesOf(required, context, node);
    if (!misses) return;
    by_misses.try_emplace(misses->numbers, Alike{misses->changes, NodeMask(nodes.size())})
        .first->second.nodes.Set(node);
  });
  std::vector<framework::Remedy> remedies;
  for (auto& [numbers, alike] : by_misses) {
    framework::Remedy& remedy = remedies.emplace_back();
    for (const auto& [list, term, number] : numbers) {
      const Wanted& wanted = required[list][term][number];
      remedy.obstacles.push_back(
          ObstacleOf(wanted, alike.changes.at(wanted.requirement.key), alike.nodes, context));
    }
    remedy.nodes = std::move(alike.nodes);
  }
  framework::SortByEase(remedies);
  return remedies;
}

}  // namespace berth::plugins

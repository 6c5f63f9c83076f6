#include "scheduler/cluster/node_selector.h"

#include <algorithm>

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::cluster {
namespace {

using api::SelectorOperator;
using api::TaintEffect;

constexpr std::string_view kNameField = "metadata.name";

void KeepMatching(const CompiledRequirement& requirement, const LabelColumn& column,
                  const base::Interner& symbols, scoring::NodeMask& rows) {
  std::vector<std::uint32_t> table(column.value_count());
  for (ValueId id = 0; id < table.size(); ++id) {
    table[id] = requirement.Matches(column.Value(id), symbols);
  }
  scoring::KeepByTable(column.ids(), table.data(), rows.word_count(), rows.words());
}

// In and NotIn want values, Exists and DoesNotExist none: anything else cannot be parsed.
bool HasRightArity(const api::Requirement& requirement) {
  switch (requirement.op) {
    case SelectorOperator::kIn:
    case SelectorOperator::kNotIn:
      return !requirement.values.empty();
    case SelectorOperator::kExists:
    case SelectorOperator::kDoesNotExist:
      return requirement.values.empty();
    default:
      return true;
  }
}

void AppendRequirementKey(std::string& key, const api::Requirement& requirement) {
  base::AppendKey(key, requirement.key);
  base::AppendKey(key, requirement.op);
  base::AppendKey(key, requirement.values.size());
  for (const auto& value : requirement.values) base::AppendKey(key, value);
}

// Without a plus sign and leading zeros, which ParseInt64 takes.
std::optional<std::int64_t> ParseCanonical(const std::string& text) {
  const auto number = ParseInt64(text);
  return number && std::to_string(*number) == text ? number : std::nullopt;
}

// Lt and Gt.
bool Compares(const api::Toleration& toleration, const api::Taint& taint) {
  const auto limit = ParseCanonical(toleration.value);
  const auto value = ParseCanonical(taint.value);
  if (!limit || !value) return false;
  return toleration.op == api::TolerationOperator::kLt ? *value < *limit : *value > *limit;
}

}  // namespace

CompiledNodeTerm CompiledNodeTerm::Compile(const api::NodeSelectorTerm& term, NodeTable& nodes,
                                           base::Interner& symbols) {
  CompiledNodeTerm compiled;
  compiled.never_ = term.match_expressions.empty() && term.match_fields.empty();
  for (const auto& expression : term.match_expressions) {
    auto requirement = CompileRequirement(expression, symbols);
    if (!requirement || !HasRightArity(expression)) {
      compiled.never_ = true;
      return compiled;
    }
    const LabelColumn& column = nodes.LabelsOf(requirement->key);
    compiled.labels_.push_back({*std::move(requirement), &column});
  }
  for (const auto& field : term.match_fields) {
    const bool equal = field.op == SelectorOperator::kIn;
    if (field.key != kNameField || field.values.size() != 1 ||
        (!equal && field.op != SelectorOperator::kNotIn)) {
      compiled.never_ = true;
      return compiled;
    }
    compiled.names_.push_back({field.values.front(), equal});
  }
  return compiled;
}

void CompiledNodeTerm::Filter(const NodeTable& nodes, const base::Interner& symbols,
                              scoring::NodeMask& rows) const {
  if (never_) return rows.ClearAll();
  for (const auto& [name, equal] : names_) {
    const auto row = nodes.Find(name);
    const bool kept = row && rows.Test(*row);
    if (equal) rows.ClearAll();
    if (row && kept) rows.SetTo(*row, equal);
  }
  for (const auto& [requirement, column] : labels_) {
    KeepMatching(requirement, *column, symbols, rows);
  }
}

bool CompiledNodeTerm::Matches(const NodeTable& nodes, const base::Interner& symbols,
                               NodeIndex row) const {
  if (never_) return false;
  for (const auto& [name, equal] : names_) {
    if ((nodes.Name(row) == name) != equal) return false;
  }
  return std::ranges::all_of(labels_, [&](const LabelRequirement& label) {
    return label.requirement.Matches(label.column->Value(label.column->At(row)), symbols);
  });
}

CompiledNodeSelector CompiledNodeSelector::Compile(const api::NodeSelector& selector,
                                                   NodeTable& nodes, base::Interner& symbols) {
  CompiledNodeSelector compiled;
  for (const auto& term : selector.terms) {
    compiled.terms_.push_back(CompiledNodeTerm::Compile(term, nodes, symbols));
  }
  return compiled;
}

void CompiledNodeSelector::Filter(const NodeTable& nodes, const base::Interner& symbols,
                                  scoring::NodeMask& rows) const {
  if (terms_.size() == 1) return terms_.front().Filter(nodes, symbols, rows);
  scoring::NodeMask any(rows.size());
  for (const auto& term : terms_) {
    scoring::NodeMask matching = rows;
    term.Filter(nodes, symbols, matching);
    any.Or(matching);
  }
  rows = std::move(any);
}

bool CompiledNodeSelector::Matches(const NodeTable& nodes, const base::Interner& symbols,
                                   NodeIndex row) const {
  return std::ranges::any_of(
      terms_, [&](const CompiledNodeTerm& term) { return term.Matches(nodes, symbols, row); });
}

CompiledNodeRequirements CompiledNodeRequirements::Compile(const api::PodSpec& spec,
                                                           NodeTable& nodes,
                                                           base::Interner& symbols) {
  CompiledNodeRequirements compiled;
  if (spec.node_selector && !spec.node_selector->empty()) {
    api::NodeSelectorTerm term;
    for (const auto& [key, value] : *spec.node_selector) {
      term.match_expressions.push_back({key, SelectorOperator::kIn, {value}});
    }
    compiled.node_selector_ = CompiledNodeTerm::Compile(term, nodes, symbols);
  }
  if (spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required) {
    compiled.affinity_ =
        CompiledNodeSelector::Compile(*spec.affinity->node_affinity->required, nodes, symbols);
  }
  return compiled;
}

void CompiledNodeRequirements::Filter(const NodeTable& nodes, const base::Interner& symbols,
                                      scoring::NodeMask& rows) const {
  if (node_selector_) node_selector_->Filter(nodes, symbols, rows);
  if (affinity_) affinity_->Filter(nodes, symbols, rows);
}

bool CompiledNodeRequirements::Matches(const NodeTable& nodes, const base::Interner& symbols,
                                       NodeIndex row) const {
  return (!node_selector_ || node_selector_->Matches(nodes, symbols, row)) &&
         (!affinity_ || affinity_->Matches(nodes, symbols, row));
}

void AppendNodeSelectorTermKey(std::string& key, const api::NodeSelectorTerm& term) {
  base::AppendKey(key, term.match_expressions.size());
  for (const auto& requirement : term.match_expressions) AppendRequirementKey(key, requirement);
  base::AppendKey(key, term.match_fields.size());
  for (const auto& requirement : term.match_fields) AppendRequirementKey(key, requirement);
}

void AppendNodeRequirementsKey(std::string& key, const api::PodSpec& spec) {
  base::AppendKey(key, spec.node_selector ? spec.node_selector->size() : 0);
  if (spec.node_selector) {
    for (const auto& [name, value] : *spec.node_selector) {
      base::AppendKey(key, name);
      base::AppendKey(key, value);
    }
  }
  const bool required =
      spec.affinity && spec.affinity->node_affinity && spec.affinity->node_affinity->required;
  base::AppendKey(key, required);
  if (!required) return;
  for (const auto& term : spec.affinity->node_affinity->required->terms) {
    AppendNodeSelectorTermKey(key, term);
  }
}

void AppendTolerationsKey(std::string& key, const std::vector<api::Toleration>& tolerations) {
  base::AppendKey(key, tolerations.size());
  for (const auto& toleration : tolerations) {
    base::AppendKey(key, toleration.key);
    base::AppendKey(key, toleration.op);
    base::AppendKey(key, toleration.value);
    base::AppendKey(key, toleration.effect);
  }
}

bool Tolerates(const api::Toleration& toleration, const api::Taint& taint, Comparing comparing) {
  if (toleration.effect != TaintEffect::kNone && toleration.effect != taint.effect) return false;
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  switch (toleration.op) {
    case api::TolerationOperator::kEqual:
      return toleration.value == taint.value;
    case api::TolerationOperator::kExists:
      return true;
    default:
      return comparing == Comparing::kOn && Compares(toleration, taint);
  }
}

bool Tolerates(const std::vector<api::Toleration>& tolerations, const api::Taint& taint,
               Comparing comparing) {
  return std::ranges::any_of(tolerations, [&](const api::Toleration& toleration) {
    return Tolerates(toleration, taint, comparing);
  });
}

bool ToleratesScheduling(const std::vector<api::Toleration>& tolerations,
                         const std::vector<api::Taint>& taints, Comparing comparing) {
  return std::ranges::all_of(taints, [&](const api::Taint& taint) {
    const bool bars =
        taint.effect == TaintEffect::kNoSchedule || taint.effect == TaintEffect::kNoExecute;
    return !bars || Tolerates(tolerations, taint, comparing);
  });
}

void FilterUntolerated(const std::vector<api::Toleration>& tolerations, const NodeTable& nodes,
                       scoring::NodeMask& rows, Comparing comparing) {
  std::vector<std::uint32_t> table(nodes.taint_set_count());
  for (TaintSetId id = 0; id < table.size(); ++id) {
    table[id] = ToleratesScheduling(tolerations, nodes.TaintSet(id), comparing);
  }
  scoring::KeepByTable(nodes.taint_sets().data(), table.data(), rows.word_count(), rows.words());
}

}  // namespace berth::cluster

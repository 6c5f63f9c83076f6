#include "scheduler/cluster/node_sets.h"

#include "scheduler/base/key_builder.h"
#include "scoring/kernels.h"

namespace berth::cluster {
namespace {

void KeepLabelled(const LabelColumn& column, scoring::NodeMask& rows) {
  std::vector<std::uint32_t> table(column.value_count(), 1);
  table[kNoValue] = 0;
  scoring::KeepByTable(column.ids(), table.data(), rows.word_count(), rows.words());
}

std::string SetKey(const NodeSetSpec& spec) {
  std::string key;
  base::AppendKey(key, spec.required_labels.size());
  for (const Symbol label : spec.required_labels) base::AppendKey(key, label);
  base::AppendKey(key, spec.node_requirements_of != nullptr);
  if (spec.node_requirements_of != nullptr) {
    AppendNodeRequirementsKey(key, *spec.node_requirements_of);
  }
  base::AppendKey(key, spec.tolerations_of != nullptr);
  if (spec.tolerations_of != nullptr) {
    AppendTolerationsKey(key, spec.tolerations_of->tolerations);
    base::AppendKey(key, spec.comparing == Comparing::kOn);
  }
  return key;
}

}  // namespace

std::size_t NodeSet::DomainCount(const LabelColumn& column) const {
  for (const auto& [known, count] : domain_counts_) {
    if (known == &column) return count;
  }
  std::vector<bool> seen(column.value_count());
  rows_.ForEach([&](NodeIndex row) { seen[column.At(row)] = true; });
  seen[kNoValue] = false;
  const auto count = static_cast<std::size_t>(std::ranges::count(seen, true));
  domain_counts_.emplace_back(&column, count);
  return count;
}

NodeSet& NodeSets::Get(const NodeSetSpec& spec) {
  const auto id = keys_.Intern(SetKey(spec));
  if (id < sets_.size()) return sets_[id];
  NodeSet& set = sets_.emplace_back();
  for (const Symbol label : spec.required_labels) {
    set.required_labels_.push_back(&nodes_.LabelsOf(label));
  }
  if (spec.node_requirements_of != nullptr) {
    set.requirements_ =
        CompiledNodeRequirements::Compile(*spec.node_requirements_of, nodes_, symbols_);
  }
  if (spec.tolerations_of != nullptr) set.tolerations_ = spec.tolerations_of->tolerations;
  set.comparing_ = spec.comparing;
  return set;
}

void NodeSets::Refresh(NodeSet& set) const {
  if (set.topology_version_ == nodes_.topology_version()) return;
  set.topology_version_ = nodes_.topology_version();
  set.domain_counts_.clear();
  set.rows_ = nodes_.alive();
  for (const auto* column : set.required_labels_) KeepLabelled(*column, set.rows_);
  if (set.requirements_) set.requirements_->Filter(nodes_, symbols_, set.rows_);
  if (set.tolerations_) FilterUntolerated(*set.tolerations_, nodes_, set.rows_, set.comparing_);
}

DomainCounts& NodeSets::Domains(const PodCounter& counter, const LabelColumn& column,
                                const NodeSet& set) {
  auto& domains = domains_[{&counter, &column, &set}];
  if (domains == nullptr) domains = std::make_unique<DomainCounts>(counter, column);
  return *domains;
}

}  // namespace berth::cluster

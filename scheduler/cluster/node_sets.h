// Sets of nodes that pods count domains over, shared by all pods with the same requirements, and
// the domain counts over them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "scheduler/cluster/domain_counts.h"
#include "scheduler/cluster/node_selector.h"
#include "scheduler/cluster/node_table.h"

namespace berth::cluster {

// Nodes that have all of some labels and, where asked for, match a pod's node requirements and have
// only taints that it tolerates.
struct NodeSetSpec {
  std::vector<Symbol> required_labels;
  const api::PodSpec* node_requirements_of = nullptr;  // null: any node
  const api::PodSpec* tolerations_of = nullptr;        // null: any taint
  Comparing comparing = Comparing::kOff;               // of tolerations
};

class NodeSets;

// One such set; up to date after NodeSets::Refresh.
class NodeSet {
 public:
  const scoring::NodeMask& rows() const { return rows_; }

  // How many values of a label the nodes have, the lack of it left out. Remembered until the set is
  // refreshed: counts as writing.
  std::size_t DomainCount(const LabelColumn& column) const;

 private:
  friend class NodeSets;
  std::vector<const LabelColumn*> required_labels_;
  std::optional<CompiledNodeRequirements> requirements_;
  std::optional<std::vector<api::Toleration>> tolerations_;
  Comparing comparing_ = Comparing::kOff;
  scoring::NodeMask rows_;
  std::uint64_t topology_version_ = ~std::uint64_t{0};
  mutable std::vector<std::pair<const LabelColumn*, std::size_t>> domain_counts_;
};

// References stay valid. Not thread-safe.
class NodeSets {
 public:
  NodeSets(base::Interner& symbols, NodeTable& nodes) : symbols_(symbols), nodes_(nodes) {}

  NodeSet& Get(const NodeSetSpec& spec);
  void Refresh(NodeSet& set) const;

  // The domain counts of a counter by a label over a set, one for all who ask for the same.
  DomainCounts& Domains(const PodCounter& counter, const LabelColumn& column, const NodeSet& set);

 private:
  base::Interner& symbols_;
  NodeTable& nodes_;
  base::Interner keys_;
  std::deque<NodeSet> sets_;
  std::map<std::tuple<const PodCounter*, const LabelColumn*, const NodeSet*>,
           std::unique_ptr<DomainCounts>>
      domains_;
};

}  // namespace berth::cluster

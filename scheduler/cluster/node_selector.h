// Node selectors and tolerations evaluated over columns: once a distinct label value or taint set,
// then spread to the nodes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/labels.h"
#include "scheduler/cluster/node_table.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

// One term: all of its requirements on labels, and at most on the node's name. A term that
// Kubernetes cannot parse, or an empty one, matches no node.
class CompiledNodeTerm {
 public:
  static CompiledNodeTerm Compile(const api::NodeSelectorTerm& term, NodeTable& nodes,
                                  base::Interner& symbols);

  // Clears the rows of nodes that the term does not match.
  void Filter(const NodeTable& nodes, const base::Interner& symbols, scoring::NodeMask& rows) const;
  bool Matches(const NodeTable& nodes, const base::Interner& symbols, NodeIndex row) const;

 private:
  struct LabelRequirement {
    CompiledRequirement requirement;
    const LabelColumn* column;
  };
  struct NameRequirement {
    std::string name;
    bool equal;  // In or NotIn
  };

  bool never_ = false;
  std::vector<LabelRequirement> labels_;
  std::vector<NameRequirement> names_;
};

// Any of several terms.
class CompiledNodeSelector {
 public:
  static CompiledNodeSelector Compile(const api::NodeSelector& selector, NodeTable& nodes,
                                      base::Interner& symbols);

  void Filter(const NodeTable& nodes, const base::Interner& symbols, scoring::NodeMask& rows) const;
  bool Matches(const NodeTable& nodes, const base::Interner& symbols, NodeIndex row) const;

 private:
  std::vector<CompiledNodeTerm> terms_;
};

// spec.nodeSelector and spec.affinity.nodeAffinity.required of a pod: both must match.
class CompiledNodeRequirements {
 public:
  static CompiledNodeRequirements Compile(const api::PodSpec& spec, NodeTable& nodes,
                                          base::Interner& symbols);

  void Filter(const NodeTable& nodes, const base::Interner& symbols, scoring::NodeMask& rows) const;
  bool Matches(const NodeTable& nodes, const base::Interner& symbols, NodeIndex row) const;

 private:
  std::optional<CompiledNodeTerm> node_selector_;
  std::optional<CompiledNodeSelector> affinity_;
};

// Equal keys for equal node requirements of two pods.
void AppendNodeRequirementsKey(std::string& key, const api::PodSpec& spec);
void AppendNodeSelectorTermKey(std::string& key, const api::NodeSelectorTerm& term);
void AppendTolerationsKey(std::string& key, const std::vector<api::Toleration>& tolerations);

// Whether tolerations with Lt and Gt take a taint whose value is less, or greater, than theirs;
// behind a feature gate that is off in 1.36. Both must be decimal int64 as Go would print them.
enum class Comparing : std::uint8_t { kOff, kOn };

// Whether a toleration takes a taint.
bool Tolerates(const api::Toleration& toleration, const api::Taint& taint,
               Comparing comparing = Comparing::kOff);
// Whether any of them does.
bool Tolerates(const std::vector<api::Toleration>& tolerations, const api::Taint& taint,
               Comparing comparing = Comparing::kOff);
// Whether every NoSchedule and NoExecute taint is tolerated.
bool ToleratesScheduling(const std::vector<api::Toleration>& tolerations,
                         const std::vector<api::Taint>& taints,
                         Comparing comparing = Comparing::kOff);

// Clears the rows of nodes with a NoSchedule or NoExecute taint that is not tolerated.
void FilterUntolerated(const std::vector<api::Toleration>& tolerations, const NodeTable& nodes,
                       scoring::NodeMask& rows, Comparing comparing = Comparing::kOff);

}  // namespace berth::cluster

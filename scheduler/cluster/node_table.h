// The nodes as columns: one row a node, one aligned column a quantity, attributes as dictionary
// ids.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/labels.h"
#include "scheduler/cluster/resources.h"
#include "scoring/column.h"
#include "scoring/node_mask.h"

namespace berth::cluster {

using TaintSetId = std::uint32_t;
using ImageSetId = std::uint32_t;

// What one pod takes of its node.
struct NodeUsage {
  ResourceVector requested;  // exact, for the filter
  std::int64_t non_zero_milli_cpu = 0;
  std::int64_t non_zero_memory = 0;  // with the defaults for containers without a request
  friend bool operator==(const NodeUsage&, const NodeUsage&) = default;
};

// Rows are stable: a node keeps its NodeIndex until it is removed, then the row is used again. The
// rows that hold a node are in alive(). Not thread-safe for writing; label columns are made on
// first use, so LabelsOf counts as writing.
class NodeTable {
 public:
  NodeTable(ResourceNames& resources, LabelSets& label_sets, ChangeLog& log);

  // The name must not be in the table.
  NodeIndex Add(std::shared_ptr<const api::Node> node);
  void Update(NodeIndex row, std::shared_ptr<const api::Node> node);
  // Pods on the node must have been taken away.
  void Remove(NodeIndex row);

  void AddUsage(NodeIndex row, const NodeUsage& usage);
  void RemoveUsage(NodeIndex row, const NodeUsage& usage);

  std::size_t rows() const { return alive_.size(); }
  std::size_t node_count() const { return node_count_; }
  const scoring::NodeMask& alive() const { return alive_; }
  const api::Node& node(NodeIndex row) const { return *nodes_[row]; }
  const std::string& Name(NodeIndex row) const { return nodes_[row]->meta.name; }
  std::optional<NodeIndex> Find(std::string_view name) const;

  // Zero on every row for a resource that no node has.
  const scoring::Column<std::int64_t>& allocatable(ResourceId id) const {
    return Of(id).allocatable;
  }
  const scoring::Column<std::int64_t>& requested(ResourceId id) const { return Of(id).requested; }
  // 0 on every row.
  const scoring::Column<std::int64_t>& zeros() const { return none_.allocatable; }
  // scoring::Reciprocal of allocatable, and scoring::UsedFraction of requested in it.
  const scoring::Column<double>& reciprocal(ResourceId id) const { return Of(id).reciprocal; }
  const scoring::Column<double>& requested_fraction(ResourceId id) const {
    return Of(id).requested_fraction;
  }
  // For bounds of scores (scoring::BoundTerm), of resources that are plain: what of each is not
  // requested, and 100 / allocatable.
  const scoring::Column<float>& free_percent(ResourceId id) const { return Of(id).free_percent; }
  const scoring::Column<float>& percent_per_unit(ResourceId id) const {
    return Of(id).percent_per_unit;
  }
  const scoring::Column<float>& non_zero_free_cpu() const { return non_zero_free_cpu_; }
  const scoring::Column<float>& non_zero_free_memory() const { return non_zero_free_memory_; }
  // Whether scores may take the resource for plain with a pod that asks for so much of it: see
  // scoring::ResourceTerm.
  bool IsPlain(ResourceId id, std::int64_t request) const;
  const scoring::Column<std::int64_t>& non_zero_milli_cpu() const { return non_zero_milli_cpu_; }
  const scoring::Column<std::int64_t>& non_zero_memory() const { return non_zero_memory_; }
  const scoring::Column<std::int64_t>& pod_count() const { return pod_count_; }
  const scoring::Column<std::int64_t>& allowed_pods() const { return allowed_pods_; }
  // Nodes that may have one more pod.
  const scoring::NodeMask& with_room() const { return with_room_; }
  std::size_t resource_count() const { return resource_columns_.size(); }

  const scoring::NodeMask& unschedulable() const { return unschedulable_; }
  const scoring::Column<TaintSetId>& taint_sets() const { return taint_sets_; }
  const std::vector<api::Taint>& TaintSet(TaintSetId id) const { return taint_set_values_[id]; }
  std::size_t taint_set_count() const { return taint_set_values_.size(); }

  // The column of a label key; the reference stays valid.
  const LabelColumn& LabelsOf(Symbol key);
  std::span<const Label> Labels(NodeIndex row) const { return label_sets_.Get(label_set_[row]); }
  LabelSetId LabelSet(NodeIndex row) const { return label_set_[row]; }

  // Grows whenever a node comes, goes or changes its labels or taints: what is counted over the
  // nodes of a label value has to be counted anew.
  std::uint64_t topology_version() const { return topology_version_; }

 private:
  struct ResourceColumns {
    scoring::Column<std::int64_t> allocatable;
    scoring::Column<std::int64_t> requested;
    scoring::Column<double> reciprocal;
    scoring::Column<double> requested_fraction;
    scoring::Column<float> free_percent;
    scoring::Column<float> percent_per_unit;
    // Of all that nodes ever had: bounds that only widen.
    std::int64_t lowest_capacity = std::numeric_limits<std::int64_t>::max();
    std::int64_t highest_capacity = 0;

    void Resize(std::size_t rows);
  };

  NodeIndex TakeRow();
  void Grow(std::size_t rows);
  void EnsureResource(ResourceId id);
  static void UpdateFraction(ResourceColumns& columns, NodeIndex row);
  void UpdateRoom(NodeIndex row);
  void UpdateNonZeroFree(NodeIndex row);
  void NoteCapacities(NodeIndex row);
  void NoteUse(std::int64_t used);
  void SetAllocatable(NodeIndex row, const api::ResourceList& list);
  void SetLabels(NodeIndex row, const api::StringMap& labels);
  void SetTaints(NodeIndex row, const std::vector<api::Taint>& taints);
  template <typename Apply>
  void ApplyUsage(NodeIndex row, const NodeUsage& usage, Apply apply);

  ResourceNames& resources_;
  LabelSets& label_sets_;
  ChangeLog& log_;

  std::vector<std::shared_ptr<const api::Node>> nodes_;
  boost::unordered_flat_map<std::string_view, NodeIndex> by_name_;
  std::vector<NodeIndex> free_rows_;
  std::size_t node_count_ = 0;
  scoring::NodeMask alive_;

  const ResourceColumns& Of(ResourceId id) const {
    return id < resource_columns_.size() ? *resource_columns_[id] : none_;
  }
  std::vector<std::unique_ptr<ResourceColumns>> resource_columns_;  // by ResourceId
  ResourceColumns none_;                                            // all 0
  bool use_is_plain_ = true;  // nothing used was ever below 0 or near 2^53
  scoring::Column<float> non_zero_free_cpu_;
  scoring::Column<float> non_zero_free_memory_;
  scoring::Column<std::int64_t> non_zero_milli_cpu_;
  scoring::Column<std::int64_t> non_zero_memory_;
  scoring::Column<std::int64_t> pod_count_;
  scoring::Column<std::int64_t> allowed_pods_;
  scoring::NodeMask with_room_;

  scoring::NodeMask unschedulable_;
  scoring::Column<TaintSetId> taint_sets_;
  base::Interner taint_set_keys_;
  std::deque<std::vector<api::Taint>> taint_set_values_;
  std::vector<LabelSetId> label_set_;
  std::map<Symbol, std::unique_ptr<LabelColumn>> label_columns_;
  std::uint64_t topology_version_ = 0;
};

}  // namespace berth::cluster

#include "scheduler/cluster/node_table.h"

#include <algorithm>

#include "scheduler/base/check.h"
#include "scheduler/base/key_builder.h"
#include "scheduler/base/wrapping.h"
#include "scoring/bounds.h"
#include "scoring/kernels.h"

namespace berth::cluster {
namespace {

using base::WrapAdd;
using base::WrapSub;

std::string TaintSetKey(const std::vector<api::Taint>& taints) {
  std::string key;
  for (const auto& taint : taints) {
    base::AppendKey(key, taint.key);
    base::AppendKey(key, taint.value);
    base::AppendKey(key, taint.effect);
  }
  return key;
}

}  // namespace

NodeTable::NodeTable(ResourceNames& resources, LabelSets& label_sets, ChangeLog& log)
    : resources_(resources), label_sets_(label_sets), log_(log) {
  for (ResourceId id = 0; id < kFirstScalar; ++id) EnsureResource(id);
  taint_set_keys_.Intern("");
  taint_set_values_.emplace_back();
}

std::optional<NodeIndex> NodeTable::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

NodeIndex NodeTable::Add(std::shared_ptr<const api::Node> node) {
  BERTH_CHECK(!Find(node->meta.name));
  const NodeIndex row = TakeRow();
  nodes_[row] = std::move(node);
  const api::Node& added = *nodes_[row];
  by_name_.emplace(added.meta.name, row);
  alive_.Set(row);
  ++node_count_;
  SetAllocatable(row, added.allocatable);
  NoteCapacities(row);
  SetLabels(row, added.meta.labels);
  SetTaints(row, added.taints);
  unschedulable_.SetTo(row, added.unschedulable);
  log_.Append(row, ~kClusterWide);
  return row;
}

void NodeTable::Update(NodeIndex row, std::shared_ptr<const api::Node> node) {
  const auto old = std::move(nodes_[row]);
  BERTH_CHECK(old->meta.name == node->meta.name);
  by_name_.erase(old->meta.name);  // the key is a view of the old name
  nodes_[row] = std::move(node);
  const api::Node& updated = *nodes_[row];
  by_name_.emplace(updated.meta.name, row);
  ChangeSet kinds = kNoChange;
  if (old->allocatable != updated.allocatable) {
    SetAllocatable(row, updated.allocatable);
    NoteCapacities(row);
    kinds |= kAllocatableChange;
  }
  if (old->meta.labels != updated.meta.labels) {
    SetLabels(row, updated.meta.labels);
    kinds |= kLabelChange;
  }
  if (old->taints != updated.taints || old->unschedulable != updated.unschedulable) {
    SetTaints(row, updated.taints);
    unschedulable_.SetTo(row, updated.unschedulable);
    kinds |= kTaintChange;
  }
  if (old->images != updated.images) kinds |= kImageChange;
  if (old->declared_features != updated.declared_features) kinds |= kFeatureChange;
  if (kinds != kNoChange) log_.Append(row, kinds);
}

void NodeTable::Remove(NodeIndex row) {
  BERTH_CHECK(alive_.Test(row) && pod_count_[row] == 0);
  by_name_.erase(nodes_[row]->meta.name);
  nodes_[row] = nullptr;
  alive_.Clear(row);
  --node_count_;
  SetAllocatable(row, {});
  SetLabels(row, {});
  SetTaints(row, {});
  unschedulable_.Clear(row);
  free_rows_.push_back(row);
  log_.Append(row, ~kClusterWide);
}

NodeIndex NodeTable::TakeRow() {
  if (!free_rows_.empty()) {
    const NodeIndex row = free_rows_.back();
    free_rows_.pop_back();
    return row;
  }
  const std::size_t row = rows();
  Grow(row + 1);
  return static_cast<NodeIndex>(row);
}

void NodeTable::Grow(std::size_t rows) {
  nodes_.resize(rows);
  label_set_.resize(rows, kNoLabels);
  alive_.Resize(rows);
  unschedulable_.Resize(rows);
  for (auto& columns : resource_columns_) columns->Resize(rows);
  none_.Resize(rows);
  non_zero_free_cpu_.Resize(rows);
  non_zero_free_memory_.Resize(rows);
  for (auto* column : {&non_zero_milli_cpu_, &non_zero_memory_, &pod_count_, &allowed_pods_}) {
    column->Resize(rows);
  }
  with_room_.Resize(rows);
  taint_sets_.Resize(rows);
  for (auto& [key, column] : label_columns_) column->Resize(rows);
  log_.SetLimit(4 * rows);
}

void NodeTable::ResourceColumns::Resize(std::size_t rows) {
  allocatable.Resize(rows);
  requested.Resize(rows);
  reciprocal.Resize(rows);
  requested_fraction.Resize(rows);
  free_percent.Resize(rows);
  percent_per_unit.Resize(rows);
}

void NodeTable::EnsureResource(ResourceId id) {
  while (resource_columns_.size() <= id) {
    auto& columns = *resource_columns_.emplace_back(std::make_unique<ResourceColumns>());
    columns.Resize(rows());
    // Nodes that are there already have none of it.
    if (node_count_ > 0) columns.lowest_capacity = 0;
  }
}

void NodeTable::NoteCapacities(NodeIndex row) {
  for (auto& columns : resource_columns_) {
    const std::int64_t capacity = columns->allocatable[row];
    columns->lowest_capacity = std::min(columns->lowest_capacity, capacity);
    columns->highest_capacity = std::max(columns->highest_capacity, capacity);
  }
}

constexpr std::int64_t kMaxPlainUse = std::int64_t{1} << 52;

void NodeTable::NoteUse(std::int64_t used) {
  use_is_plain_ = use_is_plain_ && used >= 0 && used < kMaxPlainUse;
}

bool NodeTable::IsPlain(ResourceId id, std::int64_t request) const {
  if (id >= resource_columns_.size()) return false;
  const ResourceColumns& columns = Of(id);
  return columns.lowest_capacity > 0 && columns.highest_capacity < scoring::kMaxPlainCapacity &&
         use_is_plain_ && request < kMaxPlainUse;
}

void NodeTable::UpdateFraction(ResourceColumns& columns, NodeIndex row) {
  const std::int64_t requested = columns.requested[row];
  columns.requested_fraction[row] = scoring::UsedFraction(requested, columns.allocatable[row]);
  columns.free_percent[row] = scoring::FreePercent(requested, columns.reciprocal[row]);
}

void NodeTable::UpdateNonZeroFree(NodeIndex row) {
  non_zero_free_cpu_[row] =
      scoring::FreePercent(non_zero_milli_cpu_[row], Of(kCpu).reciprocal[row]);
  non_zero_free_memory_[row] =
      scoring::FreePercent(non_zero_memory_[row], Of(kMemory).reciprocal[row]);
}

void NodeTable::UpdateRoom(NodeIndex row) {
  with_room_.SetTo(row, WrapSub(allowed_pods_[row], pod_count_[row]) >= 1);
}

void NodeTable::SetAllocatable(NodeIndex row, const api::ResourceList& list) {
  for (auto& columns : resource_columns_) columns->allocatable[row] = 0;
  for (const auto& [id, amount] : ToVector(list, resources_)) {
    EnsureResource(id);
    resource_columns_[id]->allocatable[row] = amount;
  }
  for (auto& columns : resource_columns_) {
    columns->reciprocal[row] = scoring::Reciprocal(columns->allocatable[row]);
    columns->percent_per_unit[row] = static_cast<float>(100.0 * columns->reciprocal[row]);
    UpdateFraction(*columns, row);
  }
  UpdateNonZeroFree(row);
  const auto* pods = list.Find("pods");
  allowed_pods_[row] = pods == nullptr ? 0 : pods->Value();
  UpdateRoom(row);
}

void NodeTable::SetLabels(NodeIndex row, const api::StringMap& labels) {
  label_set_[row] = label_sets_.Intern(labels);
  for (auto& [key, column] : label_columns_) {
    column->Set(row, label_sets_.Value(label_set_[row], key));
  }
  ++topology_version_;
}

void NodeTable::SetTaints(NodeIndex row, const std::vector<api::Taint>& taints) {
  const TaintSetId id = taint_set_keys_.Intern(TaintSetKey(taints));
  if (id == taint_set_values_.size()) taint_set_values_.push_back(taints);
  taint_sets_[row] = id;
  ++topology_version_;
}

const LabelColumn& NodeTable::LabelsOf(Symbol key) {
  auto& column = label_columns_[key];
  if (column == nullptr) {
    column = std::make_unique<LabelColumn>(key);
    column->Resize(rows());
    alive_.ForEach(
        [&](NodeIndex row) { column->Set(row, label_sets_.Value(label_set_[row], key)); });
  }
  return *column;
}

template <typename Apply>
void NodeTable::ApplyUsage(NodeIndex row, const NodeUsage& usage, Apply apply) {
  for (const auto& [id, amount] : usage.requested) {
    EnsureResource(id);
    ResourceColumns& columns = *resource_columns_[id];
    columns.requested[row] = apply(columns.requested[row], amount);
    NoteUse(columns.requested[row]);
    UpdateFraction(columns, row);
  }
  non_zero_milli_cpu_[row] = apply(non_zero_milli_cpu_[row], usage.non_zero_milli_cpu);
  non_zero_memory_[row] = apply(non_zero_memory_[row], usage.non_zero_memory);
  NoteUse(non_zero_milli_cpu_[row]);
  NoteUse(non_zero_memory_[row]);
  UpdateNonZeroFree(row);
  pod_count_[row] = apply(pod_count_[row], 1);
  UpdateRoom(row);
  log_.Append(row, kPodResourceChange);
}

void NodeTable::AddUsage(NodeIndex row, const NodeUsage& usage) { ApplyUsage(row, usage, WrapAdd); }

void NodeTable::RemoveUsage(NodeIndex row, const NodeUsage& usage) {
  ApplyUsage(row, usage, WrapSub);
}

}  // namespace berth::cluster

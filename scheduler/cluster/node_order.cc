#include "scheduler/cluster/node_order.h"

#include <algorithm>

namespace berth::cluster {
namespace {

std::string LabelOr(const api::Node& node, std::string_view key, std::string_view otherwise) {
  if (const auto* value = node.meta.labels.Find(key)) return *value;
  const auto* value = node.meta.labels.Find(otherwise);
  return value == nullptr ? "" : *value;
}

}  // namespace

std::string NodeOrder::ZoneKey(const api::Node& node) {
  const std::string zone =
      LabelOr(node, "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone");
  const std::string region =
      LabelOr(node, "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region");
  if (zone.empty() && region.empty()) return "";
  return region + std::string(":\0:", 3) + zone;
}

void NodeOrder::Add(const api::Node& node) {
  Insert(ZoneKey(node), node.meta.name);
  nodes_came_or_went_ = true;
}

void NodeOrder::Update(const api::Node& old_node, const api::Node& new_node) {
  const std::string old_key = ZoneKey(old_node);
  const std::string new_key = ZoneKey(new_node);
  if (old_key == new_key) return;
  Erase(old_key, old_node.meta.name);
  Insert(new_key, new_node.meta.name);
}

void NodeOrder::Remove(const api::Node& node) {
  Erase(ZoneKey(node), node.meta.name);
  nodes_came_or_went_ = true;
}

void NodeOrder::Insert(const std::string& zone_key, const std::string& name) {
  auto zone = std::ranges::find(zones_, zone_key, &Zone::key);
  if (zone == zones_.end()) zone = zones_.insert(zone, {zone_key, {}});
  zone->names.push_back(name);
}

void NodeOrder::Erase(const std::string& zone_key, const std::string& name) {
  const auto zone = std::ranges::find(zones_, zone_key, &Zone::key);
  if (zone == zones_.end()) return;
  std::erase(zone->names, name);
  if (zone->names.empty()) zones_.erase(zone);
}

void NodeOrder::Refresh(const NodeTable& nodes) {
  if (!nodes_came_or_went_) return;
  nodes_came_or_went_ = false;
  std::vector<NodeIndex> rows;
  for (const auto& name : names_) {
    if (const auto row = nodes.Find(name)) rows.push_back(*row);
  }
  const bool same_names = rows.size() == names_.size() && rows.size() == nodes.node_count();
  if (!same_names) rows = Rebuild(nodes);  // else a node that came back may be in another row
  SetRows(rows, nodes.rows());
}

std::vector<NodeIndex> NodeOrder::Rebuild(const NodeTable& nodes) {
  std::vector<NodeIndex> rows;
  names_.clear();
  std::size_t longest = 0;
  for (const auto& zone : zones_) longest = std::max(longest, zone.names.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (const auto& zone : zones_) {
      if (i >= zone.names.size()) continue;
      names_.push_back(zone.names[i]);
      rows.push_back(*nodes.Find(zone.names[i]));
    }
  }
  return rows;
}

void NodeOrder::SetRows(const std::vector<NodeIndex>& rows, std::size_t table_rows) {
  rows_ = scoring::Column<NodeIndex>(rows.size());
  is_row_order_ = rows.size() == table_rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows_[i] = rows[i];
    is_row_order_ = is_row_order_ && rows[i] == i;
  }
}

}  // namespace berth::cluster

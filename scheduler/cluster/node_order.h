// The order in which kube-scheduler looks at nodes: round-robin over zones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/cluster/node_table.h"

namespace berth::cluster {

// Follows kube-scheduler's node tree and the node list of its snapshots: zones in order of first
// sight, nodes in order of arrival within a zone, taken one from each zone in turn. The list is
// made anew only when a snapshot meets a name that it does not know or misses one; a changed zone
// label, or a node deleted and added again between two snapshots, leaves it as it is.
class NodeOrder {
 public:
  void Add(const api::Node& node);
  void Update(const api::Node& old_node, const api::Node& new_node);
  void Remove(const api::Node& node);

  // Called before each cycle; cheap when no node came or went.
  void Refresh(const NodeTable& nodes);

  // The nodes in order, as of the last Refresh.
  const scoring::Column<NodeIndex>& rows() const { return rows_; }
  // Whether position i holds row i, for all of them.
  bool is_row_order() const { return is_row_order_; }

 private:
  struct Zone {
    std::string key;
    std::vector<std::string> names;
  };

  static std::string ZoneKey(const api::Node& node);
  void Insert(const std::string& zone_key, const std::string& name);
  void Erase(const std::string& zone_key, const std::string& name);
  std::vector<NodeIndex> Rebuild(const NodeTable& nodes);
  void SetRows(const std::vector<NodeIndex>& rows, std::size_t table_rows);

  std::vector<Zone> zones_;
  bool nodes_came_or_went_ = false;
  std::vector<std::string> names_;  // of the current list
  scoring::Column<NodeIndex> rows_;
  bool is_row_order_ = true;
};

}  // namespace berth::cluster

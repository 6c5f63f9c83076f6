// Nodes that a plugin rejects, grouped by what it says of them.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/framework/status.h"
#include "scoring/node_mask.h"

namespace berth::framework {

// Nodes with the same verdict, at least one.
struct Rejection {
  NodeStatus status;
  scoring::NodeMask nodes;
};

// Thousands of nodes are rejected for a handful of reasons, so a diagnosis is kept by reason. The
// groups are disjoint. Not thread-safe.
class Rejections {
 public:
  // Adds one node; to the group with an equal status, if there is one. `rows` is the size of masks.
  void Add(scoring::NodeIndex node, const NodeStatus& status, std::size_t rows);

  // Adds nodes that are in no group yet; none of them is fine.
  void Add(scoring::NodeMask nodes, NodeStatus status);

  // All nodes in one group; no group if there are none.
  static Rejections Of(scoring::NodeMask nodes, NodeStatus status);
  // Gives `nodes` one more reason: groups that are hit in part are split.
  void AddReason(const scoring::NodeMask& nodes, std::string_view reason);
  // Changes the code of `nodes`, splitting likewise.
  void SetCode(const scoring::NodeMask& nodes, Code code);

  std::span<const Rejection> groups() const { return groups_; }

 private:
  template <typename Change>
  void Split(const scoring::NodeMask& nodes, Change change);

  std::vector<Rejection> groups_;
  std::size_t last_ = 0;  // the group of the last Add
};

}  // namespace berth::framework

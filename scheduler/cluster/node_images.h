// Which images are on which nodes, and what kube-scheduler believes of them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/change_log.h"

namespace berth::cluster {

// The size of an image is what the first node that reported it said, for as long as any node has
// it. On how many nodes an image is, is remembered for each node from the time when that node last
// changed (kube-scheduler clones it into its snapshot then), so it may be out of date. Not
// thread-safe for writing.
class NodeImages {
 public:
  struct State {
    base::Symbol name;
    std::int64_t size_bytes;
    std::int32_t node_count;  // as remembered for this node
  };

  explicit NodeImages(base::Interner& symbols) : symbols_(symbols) {}

  void Resize(std::size_t rows) { by_row_.resize(rows); }
  void SetNode(NodeIndex row, const std::vector<api::ContainerImage>& images);

  // Remembers the counts of now for a node that has changed. True if any of them differs.
  bool Recount(NodeIndex row);

  // Ascending by name symbol.
  const std::vector<State>& Of(NodeIndex row) const { return by_row_[row]; }
  // Calls visit(NodeIndex, size in bytes, node count as remembered there) for every node that has
  // the image, in ascending order.
  template <typename Visit>
  void ForEachHolder(base::Symbol name, Visit&& visit) const {
    const auto it = images_.find(name);
    if (it == images_.end()) return;
    for (const Holder& holder : it->second.holders) {
      visit(holder.row, it->second.size_bytes, holder.node_count);
    }
  }
  // nullptr where the node does not have the image.
  const State* Find(NodeIndex row, base::Symbol name) const;
  // Whether any node has it.
  bool Known(base::Symbol name) const { return images_.contains(name); }
  // Grows when an image becomes known or is no longer.
  std::uint64_t known_version() const { return known_version_; }

 private:
  struct Holder {
    NodeIndex row;
    std::int32_t node_count;  // as remembered for this node
  };
  struct Image {
    std::int64_t size_bytes;
    std::vector<Holder> holders;  // ascending by row
  };

  static std::vector<Holder>::iterator PlaceOf(Image& image, NodeIndex row);

  base::Interner& symbols_;
  boost::unordered_flat_map<base::Symbol, Image> images_;
  std::vector<std::vector<State>> by_row_;
  std::uint64_t known_version_ = 0;
};

}  // namespace berth::cluster

// The GPUs of each node, one by one, and which pod has which.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/cluster/gpu_request.h"
#include "scheduler/cluster/pod_index.h"
#include "scoring/column.h"

namespace berth::cluster {

// How much of each GPU is free, in thousandths, with the columns that filters and scores read. A
// node has as many GPUs as its allocatable nvidia.com/gpu, or else thousands of
// alibabacloud.com/gpu-milli.
//
// A pod's GPUs are chosen by a plugin before the pod is on its node (Choose), or named by the
// annotation gpu-index of a pod that runs already; failing both they are the tightest that fit.
// Pods on a node that has too little hold what there is, below zero if need be, so that whatever
// is taken can be given back. Every change goes to the log as kGpuChange. Not thread-safe; changed
// through Cluster only, but for choices.
class GpuDevices {
 public:
  GpuDevices(base::Interner& symbols, ChangeLog& log) : symbols_(symbols), log_(log) {}

  // ---- Reading ----

  // A row of every column for each node; 0 where it has no GPU.
  const scoring::Column<std::int64_t>& count() const { return count_; }
  const scoring::Column<std::int64_t>& largest_free() const { return largest_free_; }
  // How many GPUs nobody has a part of.
  const scoring::Column<std::int64_t>& whole_free() const { return whole_free_; }
  const scoring::Column<std::int64_t>& total_free() const { return total_free_; }

  // By GPU; below 0 where more is taken than there is.
  std::span<const std::int32_t> FreeOn(NodeIndex row) const;
  // The value of the node's model label; kNoSymbol without one.
  base::Symbol ModelOn(NodeIndex row) const;
  // How many pods with GPUs are on the node, and how many of one class.
  std::uint32_t PodsOn(NodeIndex row) const;
  std::uint32_t PodsOn(NodeIndex row, GpuClass gpu_class) const;
  bool Fits(NodeIndex row, const GpuRequest& request) const;
  // Whether any node has ever had a GPU.
  bool any() const { return any_; }

  // For a request that fits: the tightest GPU for a share, the first free ones for whole GPUs.
  GpuMask TightestFit(NodeIndex row, const GpuRequest& request) const;

  // What the pod on a node has; 0 for none.
  GpuMask DevicesOf(PodIndex pod) const;

  // ---- Choices ----

  // The pod (namespace/name) is about to come to the node and gets these GPUs there.
  void Choose(std::string_view pod, NodeIndex row, GpuMask devices);
  void DropChoice(std::string_view pod);

  // ---- What happens to nodes and pods ----

  void Resize(std::size_t rows);
  // Whether SetNode would change anything.
  bool Differs(NodeIndex row, const api::Node& node) const;
  // Nothing on the node may be taken.
  void SetNode(NodeIndex row, const api::Node& node);
  void RemoveNode(NodeIndex row);

  // Settles which GPUs a pod gets; it has them only once they are taken.
  void Assign(PodIndex index, const api::Pod& pod, const GpuRequest& request, NodeIndex row);
  // Again, after the node has changed: the same ones if they are still there.
  void AssignAgain(PodIndex index);
  void Take(PodIndex index) { Apply(index, -1); }
  void GiveBack(PodIndex index) { Apply(index, 1); }
  void Forget(PodIndex index) { assigned_.erase(index); }

 private:
  struct NodeGpus {
    std::vector<std::int32_t> free;
    base::Symbol model = base::kNoSymbol;
    std::uint32_t pods = 0;
    std::vector<std::uint32_t> pods_by_class;
  };
  struct Assignment {
    NodeIndex row;
    GpuRequest request;
    GpuMask devices;
  };
  struct Choice {
    NodeIndex row;
    GpuMask devices;
  };

  void Apply(PodIndex index, std::int32_t sign);
  void RefreshColumns(NodeIndex row);
  base::Symbol ModelOf(const api::Node& node) const;
  bool IsPossible(NodeIndex row, const GpuRequest& request, GpuMask devices) const;
  GpuMask BestEffort(NodeIndex row, const GpuRequest& request) const;
  std::optional<GpuMask> TakeChoice(std::string_view pod, NodeIndex row);
  void WarnOnce(const api::Pod& pod);

  base::Interner& symbols_;
  ChangeLog& log_;
  std::vector<NodeGpus> nodes_;  // by row
  scoring::Column<std::int64_t> count_;
  scoring::Column<std::int64_t> largest_free_;
  scoring::Column<std::int64_t> whole_free_;
  scoring::Column<std::int64_t> total_free_;
  boost::unordered_flat_map<PodIndex, Assignment> assigned_;
  boost::unordered_flat_map<std::string, Choice> choices_;
  bool any_ = false;
  bool warned_ = false;
};

}  // namespace berth::cluster

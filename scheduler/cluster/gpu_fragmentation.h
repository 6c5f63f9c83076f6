// How much of the free GPU capacity of a node is of no use to the pods that usually come: the
// measure of "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient
// Descent" (Weng, Yang et al., USENIX ATC 2023).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/interner.h"
#include "scheduler/cluster/gpu_devices.h"
#include "scheduler/cluster/gpu_request.h"
#include "scheduler/cluster/node_table.h"
#include "scheduler/cluster/pod_class.h"

namespace berth::cluster {

// What one kind of pod asks for, and how often it comes.
struct GpuShape {
  std::int64_t milli_cpu = 0;
  GpuRequest gpu = {};               // none: a pod without GPUs
  std::vector<base::Symbol> models;  // ascending; empty: any model will do
  std::int64_t weight = 1;           // above 0; relative to the others
};

// The models that a pod's node selector or required node affinity leaves, ascending; empty if they
// do not say.
std::vector<base::Symbol> GpuModelsOf(const api::PodSpec& spec, base::Interner& symbols);

// The shapes of the pods that `classes` has been asked about: the most frequent first, until 95 %
// of the pods are covered.
std::vector<GpuShape> LearnGpuShapes(const PodClasses& classes, base::Interner& symbols);

// What placing a pod would do to a node.
struct GpuFragmentationChange {
  std::int64_t before = 0;
  std::int64_t after = 0;
  GpuMask devices = 0;  // that lead to `after`
};

// Amounts are thousandths of a GPU times weight: whole numbers, so that equal nodes come out equal
// and the order of sums does not matter. Divide by weight(). Immutable.
//
// For each shape, all that is free counts as fragmented if the shape has no GPU or cannot be placed
// on the node (model, devices, CPU); else what is free on GPUs with less left than it asks of one.
class GpuFragmentation {
 public:
  GpuFragmentation() = default;
  explicit GpuFragmentation(std::span<const GpuShape> shapes);

  // The sum of the weights; 0 without shapes.
  std::int64_t weight() const { return weight_; }

  std::int64_t Of(const GpuDevices& gpus, const NodeTable& nodes, NodeIndex row) const;

  // The pod fits the node. A share goes to the GPU where fragmentation is least afterwards, whole
  // GPUs are the first free ones.
  GpuFragmentationChange Placing(const GpuDevices& gpus, const NodeTable& nodes, NodeIndex row,
                                 std::int64_t milli_cpu, const GpuRequest& request) const;

 private:
  // The shapes that nodes of one model may take, by columns, ascending by CPU.
  struct Table {
    std::int64_t barred_weight = 0;  // of those that have no GPU or want another model
    std::vector<std::int64_t> milli_cpu;
    std::vector<std::uint16_t> devices;
    std::vector<std::uint16_t> level;  // of what it asks of one GPU, in levels_
    std::vector<std::int64_t> weight;
    std::vector<std::int64_t> weight_from;  // of this one and all behind it; one more than shapes
  };
  struct ModelTable {
    base::Symbol model;
    Table table;
  };

  Table TableFor(std::span<const GpuShape> shapes, base::Symbol model) const;
  const Table& TableOf(base::Symbol model) const;
  std::int64_t Sum(const Table& table, std::span<const std::int32_t> free,
                   std::int64_t cpu_free) const;

  std::int64_t weight_ = 0;
  std::vector<std::int32_t> levels_;  // distinct amounts asked of one GPU, ascending
  Table any_;                         // for models that no shape names
  std::vector<ModelTable> tables_;
};

// The shapes that a cluster learns by itself: when it first decides, and whenever it has been asked
// about twice as many pods as at the last time. Not thread-safe.
class TypicalGpuPods {
 public:
  // True if they have been learned anew.
  bool Refresh(const PodClasses& classes, base::Interner& symbols);
  const GpuFragmentation& fragmentation() const { return fragmentation_; }

 private:
  GpuFragmentation fragmentation_;
  std::uint64_t next_at_ = 1;
};

}  // namespace berth::cluster

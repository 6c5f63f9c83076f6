// Sums by the values of a label, most of which are 0.
#pragma once

#include <cstdint>
#include <span>

#include "scheduler/cluster/bounded_log.h"
#include "scheduler/cluster/label_column.h"
#include "scheduler/cluster/sparse_array.h"

namespace berth::cluster {

// Sums by ValueId, with a log of what has changed: a label such as the host name has a value a
// node, few of which ever count. Not thread-safe.
class ValueSums {
 public:
  // All 0, for `values` ids.
  void Reset(std::size_t values) {
    sums_.Clear(values);
    changes_.Forget();
  }
  // New ids are 0.
  void Grow(std::size_t values) { sums_.Grow(values); }

  void Add(ValueId id, std::int64_t amount) {
    sums_.Add(id, amount);
    changes_.Append(id, kMaxChanges);
  }

  std::int64_t operator[](ValueId id) const { return sums_[id]; }
  std::size_t size() const { return sums_.size(); }
  // All of them for kernels; nullptr while few are known to differ from 0.
  const std::int64_t* table() const { return sums_.table(); }

  // The ids whose sums have changed, in order.
  const BoundedLog<ValueId>& changes() const { return changes_; }

  // Every id whose sum is not 0, and perhaps others, in no particular order.
  std::span<const ValueId> touched() const { return sums_.touched(); }

 private:
  static constexpr std::size_t kMaxChanges = 1024;

  SparseArray<std::int64_t> sums_;
  BoundedLog<ValueId> changes_;
};

}  // namespace berth::cluster

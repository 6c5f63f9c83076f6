// Sums by the values of a label, most of which are 0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/cluster/bounded_log.h"
#include "scheduler/cluster/label_column.h"

namespace berth::cluster {

// A table by ValueId for kernels, and a list of where it may differ from 0 for everybody else: a
// label such as the host name has a value a node, few of which ever count. Not thread-safe.
class ValueSums {
 public:
  // All 0, for `values` ids.
  void Reset(std::size_t values) {
    for (const ValueId id : touched_) {
      sums_[id] = 0;
      is_touched_[id] = 0;
    }
    touched_.clear();
    changes_.Forget();
    Grow(values);
  }
  // New ids are 0.
  void Grow(std::size_t values) {
    if (values <= sums_.size()) return;
    sums_.resize(values);
    is_touched_.resize(values);
  }

  void Add(ValueId id, std::int64_t amount) {
    sums_[id] += amount;
    changes_.Append(id, kMaxChanges);
    if (is_touched_[id] != 0) return;
    is_touched_[id] = 1;
    touched_.push_back(id);
  }

  std::int64_t operator[](ValueId id) const { return sums_[id]; }
  std::span<const std::int64_t> sums() const { return sums_; }
  std::size_t size() const { return sums_.size(); }

  // The ids whose sums have changed, in order.
  const BoundedLog<ValueId>& changes() const { return changes_; }

  // Every id whose sum is not 0, and perhaps others, in no particular order.
  std::span<const ValueId> touched() const { return touched_; }

 private:
  static constexpr std::size_t kMaxChanges = 1024;

  std::vector<std::int64_t> sums_;
  std::vector<ValueId> touched_;
  std::vector<std::uint8_t> is_touched_;
  BoundedLog<ValueId> changes_;
};

}  // namespace berth::cluster

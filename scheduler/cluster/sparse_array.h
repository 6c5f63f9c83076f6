// An array of numbers most of which are 0.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "scoring/column.h"

namespace berth::cluster {

// A hash map while few entries of a long array were ever set, then a table. Clusters count
// thousands of kinds of pods, most of which are on a handful of nodes: a table for each would cost
// more to clear than everything that is done with it. Not thread-safe.
template <typename T>
class SparseArray {
 public:
  using Index = std::uint32_t;

  // All 0, for indices below `size`.
  void Clear(std::size_t size) {
    if (HasTable()) {
      for (const Index i : touched_) {
        table_[i] = T();
        is_touched_[i] = 0;
      }
    }
    few_.clear();
    touched_.clear();
    Grow(size);
  }
  // New entries are 0.
  void Grow(std::size_t size) {
    if (size <= size_) return;
    size_ = size;
    if (HasTable()) MakeTable();
  }

  std::size_t size() const { return size_; }

  T operator[](Index i) const {
    if (HasTable()) return table_[i];
    const auto it = few_.find(i);
    return it == few_.end() ? T() : it->second;
  }

  void Add(Index i, T amount) {
    if (!HasTable() && touched_.size() >= size_ / kTableShare) MakeTable();
    if (HasTable()) {
      table_[i] += amount;
      if (is_touched_[i] != 0) return;
      is_touched_[i] = 1;
    } else {
      const auto [it, is_new] = few_.emplace(i, T());
      it->second += amount;
      if (!is_new) return;
    }
    touched_.push_back(i);
  }

  // Every index whose entry is not 0, and perhaps others, each once, in no particular order.
  std::span<const Index> touched() const { return touched_; }

  // All entries for kernels, in whole words of 64; nullptr while only few were ever set.
  const T* table() const { return HasTable() ? table_.data() : nullptr; }

 private:
  // With a table from one touched entry in so many on: at once where the array is short.
  static constexpr std::size_t kTableShare = 16;

  bool HasTable() const { return !is_touched_.empty(); }

  void MakeTable() {
    const bool had_table = HasTable();
    table_.Resize(size_);
    is_touched_.resize(size_);
    if (had_table) return;
    for (const auto& [i, value] : few_) {
      table_[i] = value;
      is_touched_[i] = 1;
    }
    few_.clear();
  }

  std::size_t size_ = 0;
  boost::unordered_flat_map<Index, T> few_;
  scoring::Column<T> table_;
  std::vector<std::uint8_t> is_touched_;
  std::vector<Index> touched_;
};

}  // namespace berth::cluster

// The values of one label over all nodes, dictionary-encoded.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "scheduler/base/interner.h"
#include "scoring/column.h"

namespace berth::cluster {

// Number of a distinct value of one label key; 0 stands for "the node has no such label".
using ValueId = std::uint32_t;
inline constexpr ValueId kNoValue = 0;

class LabelColumn {
 public:
  explicit LabelColumn(base::Symbol key) : key_(key), values_{base::kNoSymbol} {}

  base::Symbol key() const { return key_; }
  ValueId At(scoring::NodeIndex row) const { return ids_[row]; }
  const ValueId* ids() const { return ids_.data(); }

  // The label value of an id; kNoSymbol for kNoValue.
  base::Symbol Value(ValueId id) const { return values_[id]; }
  // How many ids there are, kNoValue included: tables by id have this size.
  std::size_t value_count() const { return values_.size(); }

  void Resize(std::size_t rows) {
    ids_.Resize(rows);
    index_is_valid_ = false;
  }
  void Set(scoring::NodeIndex row, base::Symbol value) {
    const ValueId id = value == base::kNoSymbol ? kNoValue : IdOf(value);
    index_is_valid_ = index_is_valid_ && ids_[row] == id;
    ids_[row] = id;
  }

  // The rows that have a value, ascending; not for kNoValue. Valid until the next change. Made on
  // first use: counts as writing.
  std::span<const scoring::NodeIndex> Rows(ValueId id) const {
    if (!index_is_valid_) MakeIndex();
    return {rows_.data() + first_row_[id], rows_.data() + first_row_[id + 1]};
  }

  // Whether tables by id are so large beside the column that work by value beats work by row.
  bool IsWide() const { return value_count() > ids_.size() / 8; }

 private:
  ValueId IdOf(base::Symbol value) {
    const auto [it, is_new] = by_value_.emplace(value, static_cast<ValueId>(values_.size()));
    if (is_new) values_.push_back(value);
    return it->second;
  }

  // Counting sort: rows_ by id, first_row_ where each id begins.
  void MakeIndex() const {
    first_row_.assign(value_count() + 1, 0);
    for (std::size_t row = 0; row < ids_.size(); ++row) ++first_row_[ids_[row] + 1];
    first_row_[1] = 0;  // rows without the label are left out
    for (std::size_t id = 1; id < first_row_.size(); ++id) first_row_[id] += first_row_[id - 1];
    rows_.resize(first_row_.back());
    std::vector<std::uint32_t> next = first_row_;
    for (std::size_t row = 0; row < ids_.size(); ++row) {
      const ValueId id = ids_[row];
      if (id != kNoValue) rows_[next[id]++] = static_cast<scoring::NodeIndex>(row);
    }
    index_is_valid_ = true;
  }

  base::Symbol key_;
  scoring::Column<ValueId> ids_;
  std::vector<base::Symbol> values_;
  boost::unordered_flat_map<base::Symbol, ValueId> by_value_;
  mutable bool index_is_valid_ = false;
  mutable std::vector<scoring::NodeIndex> rows_;
  mutable std::vector<std::uint32_t> first_row_;
};

}  // namespace berth::cluster

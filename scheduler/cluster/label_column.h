// The values of one label over all nodes, dictionary-encoded.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
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

  void Resize(std::size_t rows) { ids_.Resize(rows); }
  void Set(scoring::NodeIndex row, base::Symbol value) {
    ids_[row] = value == base::kNoSymbol ? kNoValue : IdOf(value);
  }

 private:
  ValueId IdOf(base::Symbol value) {
    const auto [it, is_new] = by_value_.emplace(value, static_cast<ValueId>(values_.size()));
    if (is_new) values_.push_back(value);
    return it->second;
  }

  base::Symbol key_;
  scoring::Column<ValueId> ids_;
  std::vector<base::Symbol> values_;
  boost::unordered_flat_map<base::Symbol, ValueId> by_value_;
};

}  // namespace berth::cluster

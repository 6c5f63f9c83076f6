// What changed on which node, in order: how cached columns learn which of their rows are stale.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/base/check.h"
#include "scoring/column.h"

namespace berth::cluster {

using scoring::NodeIndex;

// Kinds of change to one node, as bits.
using ChangeSet = std::uint32_t;
inline constexpr ChangeSet kNoChange = 0;
inline constexpr ChangeSet kNodeLifeChange = 1u << 0;  // the row came into use or fell out of it
inline constexpr ChangeSet kAllocatableChange = 1u << 1;
inline constexpr ChangeSet kLabelChange = 1u << 2;
inline constexpr ChangeSet kTaintChange = 1u << 3;        // taints and spec.unschedulable
inline constexpr ChangeSet kImageChange = 1u << 4;        // images, or on how many nodes they are
inline constexpr ChangeSet kPodResourceChange = 1u << 5;  // pods came or went
inline constexpr ChangeSet kHostPortChange = 1u << 6;     // pods with host ports came or went
inline constexpr ChangeSet kFeatureChange = 1u << 7;      // status.declaredFeatures
inline constexpr ChangeSet kDeviceChange = 1u << 8;       // devices, or what of them is taken
inline constexpr ChangeSet kGpuChange = 1u << 9;  // GPUs, what of them is taken, what is typical
// Not a change of one node but a dependency: pods anywhere, counts of nodes, namespaces. A column
// that depends on it is computed anew in every cycle.
inline constexpr ChangeSet kClusterWide = 1u << 31;

// An append-only log with a moving start. Readers remember end() and later ask for what came since.
// Not thread-safe.
class ChangeLog {
 public:
  using Position = std::uint64_t;

  struct Change {
    NodeIndex node;
    ChangeSet kinds;
  };

  void Append(NodeIndex node, ChangeSet kinds) {
    if (changes_.size() >= limit_) DropOldHalf();
    changes_.push_back({node, kinds});
    for (ChangeSet left = kinds; left != 0; left &= left - 1) {
      last_of_kind_[static_cast<std::size_t>(std::countr_zero(left))] = end();
    }
  }

  // Whether anything of these kinds has come since `position`: quick, without looking at the log.
  bool AnySince(Position position, ChangeSet kinds) const {
    for (ChangeSet left = kinds; left != 0; left &= left - 1) {
      if (last_of_kind_[static_cast<std::size_t>(std::countr_zero(left))] > position) return true;
    }
    return false;
  }

  Position end() const { return start_ + changes_.size(); }

  // False if what came since `position` is no longer all there: then everything may have changed.
  bool Covers(Position position) const { return position >= start_; }

  // Calls visit(Change) for everything since `position`, which must be covered.
  template <typename Visit>
  void ForEachSince(Position position, Visit&& visit) const {
    BERTH_DCHECK(Covers(position));
    for (std::size_t i = static_cast<std::size_t>(position - start_); i < changes_.size(); ++i) {
      visit(changes_[i]);
    }
  }

  // A reader further behind than this many changes starts anew instead.
  void SetLimit(std::size_t limit) { limit_ = limit < kMinLimit ? kMinLimit : limit; }

 private:
  static constexpr std::size_t kMinLimit = 4096;

  void DropOldHalf() {
    const std::size_t dropped = changes_.size() / 2;
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(dropped));
    start_ += dropped;
  }

  std::vector<Change> changes_;
  std::array<Position, 32> last_of_kind_{};  // by bit: end() right after the last such change
  Position start_ = 0;
  std::size_t limit_ = kMinLimit;
};

}  // namespace berth::cluster

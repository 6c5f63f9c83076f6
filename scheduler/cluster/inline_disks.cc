#include "scheduler/cluster/inline_disks.h"

#include <algorithm>

#include "scheduler/base/check.h"

namespace berth::cluster {

void InlineDisks::Add(NodeIndex row, const std::vector<InlineDisk>& disks) {
  used_[row].insert(used_[row].end(), disks.begin(), disks.end());
  nodes_.SetTo(row, !used_[row].empty());
}

void InlineDisks::Remove(NodeIndex row, const std::vector<InlineDisk>& disks) {
  for (const InlineDisk& disk : disks) {
    const auto it = std::ranges::find(used_[row], disk);
    BERTH_CHECK(it != used_[row].end());
    used_[row].erase(it);
  }
  nodes_.SetTo(row, !used_[row].empty());
}

bool InlineDisks::Conflicts(NodeIndex row, const std::vector<InlineDisk>& wanted) const {
  return std::ranges::any_of(wanted, [&](const InlineDisk& disk) {
    return std::ranges::any_of(used_[row],
                               [&](const InlineDisk& used) { return Conflict(used, disk); });
  });
}

}  // namespace berth::cluster

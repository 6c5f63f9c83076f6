// A log that forgets its older half when it grows too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scheduler/base/check.h"

namespace berth::cluster {

// Readers remember end() and later ask for what came since, unless that is no longer covered: then
// they start anew. Not thread-safe.
template <typename Entry>
class BoundedLog {
 public:
  using Position = std::uint64_t;

  void Append(const Entry& entry, std::size_t limit) {
    if (entries_.size() >= limit) Drop(entries_.size() / 2);
    entries_.push_back(entry);
  }
  // Leaves every reader behind.
  void Forget() {
    Drop(entries_.size());
    ++start_;
  }

  Position end() const { return start_ + entries_.size(); }
  bool Covers(Position position) const { return position >= start_; }

  // Calls visit(Entry) for everything since `position`, which must be covered.
  template <typename Visit>
  void ForEachSince(Position position, Visit&& visit) const {
    BERTH_DCHECK(Covers(position));
    for (auto i = static_cast<std::size_t>(position - start_); i < entries_.size(); ++i) {
      visit(entries_[i]);
    }
  }

 private:
  void Drop(std::size_t count) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    start_ += count;
  }

  std::vector<Entry> entries_;
  Position start_ = 0;
};

}  // namespace berth::cluster

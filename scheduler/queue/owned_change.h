// An event that can be kept: it shares the ownership of the object that it is about.
#pragma once

#include <memory>

#include "scheduler/framework/object_change.h"

namespace berth::queue {

// A plain value; the pointers in `change` are good as long as it lives.
struct OwnedChange {
  framework::ObjectChange change;
  std::shared_ptr<const void> before;
  std::shared_ptr<const void> after;

  // Either version may be null: the object was added or deleted.
  template <typename T>
  static OwnedChange Of(const framework::ClusterEvent& event, std::shared_ptr<const T> before,
                        std::shared_ptr<const T> after) {
    framework::ObjectChange change{event, {}, {}};
    if (before != nullptr) change.before = before.get();
    if (after != nullptr) change.after = after.get();
    return {change, std::move(before), std::move(after)};
  }
};

}  // namespace berth::queue

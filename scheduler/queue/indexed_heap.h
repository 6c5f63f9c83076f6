// A binary heap whose items know where they are in it, so that any of them can be taken out or
// moved in O(log n).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "scheduler/base/check.h"

namespace berth::queue {

inline constexpr std::size_t kNotInHeap = static_cast<std::size_t>(-1);

// `index` is the member of Item that the heap keeps its place in: kNotInHeap while it is outside.
// Before is a strict weak order of items, the first of which is on top. Items are not owned.
template <typename Item, std::size_t Item::* index, typename Before>
class IndexedHeap {
 public:
  explicit IndexedHeap(Before before) : before_(std::move(before)) {}

  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  Item& top() const { return *items_.front(); }

  void Push(Item& item) {
    BERTH_DCHECK(item.*index == kNotInHeap);
    items_.push_back(&item);
    SiftUp(items_.size() - 1);
  }

  void Remove(Item& item) {
    const std::size_t at = item.*index;
    BERTH_DCHECK(at < items_.size() && items_[at] == &item);
    Item* last = items_.back();
    items_.pop_back();
    item.*index = kNotInHeap;
    if (last == &item) return;
    items_[at] = last;
    last->*index = at;
    Restore(*last);
  }

  // After a change of what Before looks at.
  void Restore(Item& item) {
    if (SiftUp(item.*index) == item.*index) SiftDown(item.*index);
  }

 private:
  // Where the item comes to lie; its place is then up to date.
  std::size_t SiftUp(std::size_t at) {
    Item* item = items_[at];
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!before_(*item, *items_[parent])) break;
      Put(items_[parent], at);
      at = parent;
    }
    Put(item, at);
    return at;
  }

  void SiftDown(std::size_t at) {
    Item* item = items_[at];
    while (true) {
      std::size_t child = 2 * at + 1;
      if (child >= items_.size()) break;
      if (child + 1 < items_.size() && before_(*items_[child + 1], *items_[child])) ++child;
      if (!before_(*items_[child], *item)) break;
      Put(items_[child], at);
      at = child;
    }
    Put(item, at);
  }

  void Put(Item* item, std::size_t at) {
    items_[at] = item;
    item->*index = at;
  }

  Before before_;
  std::vector<Item*> items_;
};

}  // namespace berth::queue

// A small map from string to value, sorted by key: labels, annotations, resource lists.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::api {

// Sorted vector: compact, ordered when iterated, quick for the handful of entries that objects
// carry. Not thread-safe for writing.
template <typename V>
class SmallMap {
 public:
  using Entry = std::pair<std::string, V>;

  SmallMap() = default;
  SmallMap(std::initializer_list<Entry> entries) {
    for (const auto& [key, value] : entries) (*this)[key] = value;
  }

  V& operator[](std::string_view key) {
    auto it = LowerBound(key);
    if (it == entries_.end() || it->first != key) {
      it = entries_.emplace(it, std::string(key), V());
    }
    return it->second;
  }

  // nullptr when the key is absent.
  const V* Find(std::string_view key) const {
    const auto it = std::lower_bound(entries_.begin(), entries_.end(), key, KeyLess);
    return it == entries_.end() || it->first != key ? nullptr : &it->second;
  }
  bool Contains(std::string_view key) const { return Find(key) != nullptr; }

  void Erase(std::string_view key) {
    const auto it = LowerBound(key);
    if (it != entries_.end() && it->first == key) entries_.erase(it);
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }

  friend bool operator==(const SmallMap&, const SmallMap&) = default;

 private:
  static bool KeyLess(const Entry& entry, std::string_view key) { return entry.first < key; }
  auto LowerBound(std::string_view key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key, KeyLess);
  }

  std::vector<Entry> entries_;
};

using StringMap = SmallMap<std::string>;

}  // namespace berth::api

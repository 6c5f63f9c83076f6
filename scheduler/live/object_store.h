// The objects of one kind, as the API server last showed them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/objects.h"

namespace berth::live {

// "namespace/name", or the name of an object without a namespace.
inline std::string KeyOf(const api::ObjectMeta& meta) {
  return meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name;
}

// What became of one object: two versions, null where there is none.
template <typename T>
struct ObjectVersions {
  std::shared_ptr<const T> before;
  std::shared_ptr<const T> after;
};

// Not thread-safe. A list that replaces everything comes between BeginList and EndList.
template <typename T>
class ObjectStore {
 public:
  ObjectVersions<T> Set(std::shared_ptr<const T> object) {
    Entry& entry = objects_[KeyOf(object->meta)];
    ObjectVersions<T> change{std::move(entry.object), object};
    entry = {std::move(object), list_};
    return change;
  }

  // `before` is null where there was none.
  ObjectVersions<T> Remove(const std::string& key) {
    ObjectVersions<T> change;
    if (const auto it = objects_.find(key); it != objects_.end()) {
      change.before = std::move(it->second.object);
      objects_.erase(it);
    }
    return change;
  }

  void BeginList() { ++list_; }
  // Takes what was not in the list away: it has been deleted unseen. In no order.
  std::vector<ObjectVersions<T>> EndList() {
    std::vector<std::string> gone;
    for (const auto& [key, entry] : objects_) {
      if (entry.list != list_) gone.push_back(key);
    }
    std::vector<ObjectVersions<T>> changes;
    for (const std::string& key : gone) changes.push_back(Remove(key));
    return changes;
  }

  std::shared_ptr<const T> Find(const std::string& key) const {
    const auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : it->second.object;
  }
  std::size_t size() const { return objects_.size(); }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [key, entry] : objects_) visit(entry.object);
  }

 private:
  struct Entry {
    std::shared_ptr<const T> object;
    std::uint64_t list = 0;  // the last one that had it
  };

  boost::unordered_flat_map<std::string, Entry> objects_;
  std::uint64_t list_ = 0;
};

}  // namespace berth::live

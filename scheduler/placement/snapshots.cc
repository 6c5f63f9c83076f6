#include "scheduler/placement/snapshots.h"

#include <algorithm>
#include <utility>

#include "scheduler/base/text.h"

namespace berth::placement {

SnapshotInfo InfoOf(const std::string& id, const api::ClusterObjects& objects) {
  const auto running = static_cast<std::size_t>(std::ranges::count_if(
      objects.pods, [](const api::Pod& pod) { return !pod.node_name.empty(); }));
  return {id, objects.nodes.size(), running, objects.pods.size() - running};
}

namespace {

std::unexpected<Failure> Unknown(const std::string& id) {
  constexpr std::size_t kMost = 80;
  return Refuse(FailureKind::kNotFound,
                "there is no snapshot \"" + base::Printable(id.substr(0, kMost)) + "\"");
}

}  // namespace

Outcome<SnapshotInfo> Snapshots::Add(SharedObjects objects) {
  const std::lock_guard lock(mutex_);
  if (objects_.size() >= limit_) {
    return Refuse(FailureKind::kExhausted,
                  "there are " + std::to_string(limit_) + " snapshots, which is as many as may be");
  }
  const std::string id = "snapshot-" + std::to_string(++last_id_);
  SnapshotInfo info = InfoOf(id, *objects);
  objects_.emplace(id, std::move(objects));
  return info;
}

Outcome<SharedObjects> Snapshots::Find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto it = objects_.find(id);
  if (it == objects_.end()) return Unknown(id);
  return it->second;
}

Outcome<void> Snapshots::Replace(const std::string& id, const SharedObjects& before,
                                 SharedObjects after) {
  const std::lock_guard lock(mutex_);
  const auto it = objects_.find(id);
  if (it == objects_.end()) return Unknown(id);
  if (it->second != before) {
    return Refuse(FailureKind::kConflict,
                  "snapshot \"" + id + "\" was changed meanwhile: nothing was kept");
  }
  it->second = std::move(after);
  return {};
}

Outcome<void> Snapshots::Delete(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (objects_.erase(id) == 0) return Unknown(id);
  return {};
}

std::vector<SnapshotInfo> Snapshots::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<SnapshotInfo> list;
  for (const auto& [id, objects] : objects_) list.push_back(InfoOf(id, *objects));
  return list;
}

}  // namespace berth::placement

// The clusters that clients have submitted, by id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/placement/failure.h"

namespace berth::placement {

// Shared and never changed: a request works on what it found, whatever becomes of the id.
using SharedObjects = std::shared_ptr<const api::ClusterObjects>;

struct SnapshotInfo {
  std::string id;
  std::size_t nodes = 0;
  std::size_t running_pods = 0;
  std::size_t pending_pods = 0;
};

SnapshotInfo InfoOf(const std::string& id, const api::ClusterObjects& objects);

// Thread-safe.
class Snapshots {
 public:
  explicit Snapshots(std::size_t limit) : limit_(limit) {}

  // kExhausted where there are as many as may be.
  Outcome<SnapshotInfo> Add(SharedObjects objects);
  Outcome<SharedObjects> Find(const std::string& id) const;
  // kConflict where `id` no longer holds `before`.
  Outcome<void> Replace(const std::string& id, const SharedObjects& before, SharedObjects after);
  Outcome<void> Delete(const std::string& id);
  std::vector<SnapshotInfo> List() const;

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<std::string, SharedObjects> objects_;
};

}  // namespace berth::placement

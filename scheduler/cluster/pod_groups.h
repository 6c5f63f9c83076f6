// Pods that are scheduled together: the PodGroup objects, and how many of their pods are where.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "scheduler/api/objects.h"

namespace berth::cluster {

// Not thread-safe for writing. Pods without a group are passed over.
class PodGroups {
 public:
  // Adds, or replaces the one of that name.
  void Set(api::PodGroup group);
  // nullptr where the pod's group is not there.
  const api::PodGroup* Of(const api::Pod& pod) const;

  // A pod that waits for a node came (1) or left the queue for good (-1).
  void CountWaiting(const api::Pod& pod, std::int32_t change);
  // Called by Cluster: a pod came to a node or left it.
  void CountPlaced(const api::Pod& pod, std::int32_t change);

  // Pods of the group of `pod`: all of them, and those on nodes.
  std::int32_t Known(const api::Pod& pod) const;
  std::int32_t Placed(const api::Pod& pod) const;

 private:
  struct Counts {
    std::int32_t waiting = 0;
    std::int32_t placed = 0;
  };

  Counts CountsOf(const api::Pod& pod) const;

  // By namespace/name.
  boost::unordered_flat_map<std::string, api::PodGroup> groups_;
  boost::unordered_flat_map<std::string, Counts> counts_;
};

}  // namespace berth::cluster

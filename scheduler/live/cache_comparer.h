// Whether what the scheduler works with is what the API server has shown it.
#pragma once

#include <string>
#include <vector>

#include "scheduler/live/object_store.h"
#include "scheduler/live/pod_cache.h"
#include "scheduler/queue/profiles.h"
#include "scheduler/queue/scheduling_queue.h"

namespace berth::live {

// Names of objects, sorted. Missed: the API server has it and the scheduler does not; redundant:
// the other way round, but for pods that are assumed to be on a node.
struct CacheDifferences {
  std::vector<std::string> missed_nodes;
  std::vector<std::string> redundant_nodes;
  std::vector<std::string> missed_pods;  // on nodes
  std::vector<std::string> redundant_pods;
  std::vector<std::string> missed_waiting_pods;  // neither queued nor in flight nor assumed
  std::vector<std::string> redundant_waiting_pods;
  // Nodes on which the sums of what their pods take are not what counting anew gives.
  std::vector<std::string> miscounted_nodes;

  bool empty() const {
    return missed_nodes.empty() && redundant_nodes.empty() && missed_pods.empty() &&
           redundant_pods.empty() && missed_waiting_pods.empty() &&
           redundant_waiting_pods.empty() && miscounted_nodes.empty();
  }
};

// What there is to compare; on the scheduler's thread.
struct CacheContents {
  const ObjectStore<api::Node>& nodes;  // as the API server has shown them
  const ObjectStore<api::Pod>& pods;
  const cluster::Cluster& cluster;
  const PodCache& pod_cache;
  const queue::SchedulingQueue& queue;
  const queue::Profiles& profiles;
};

CacheDifferences CompareCache(const CacheContents& contents);

// As kube-scheduler does on SIGUSR2: a line that says so and, where there are any, what differs.
void LogCacheDifferences(const CacheDifferences& differences);

}  // namespace berth::live

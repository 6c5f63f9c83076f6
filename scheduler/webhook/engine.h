// Profiles and cycles over one cluster, for questions about nodes that the asker has chosen.
#pragma once

#include <string>
#include <utility>

#include "scheduler/cycle/scheduling_algorithm.h"
#include "scheduler/queue/profiles.h"

namespace berth::webhook {

// Not thread-safe.
class Engine {
 public:
  // `first_profile` serves pods whose schedulerName no profile has. All outlive the engine.
  Engine(cluster::Cluster& cluster, const queue::Profiles& profiles, std::string first_profile)
      : cluster_(cluster),
        profiles_(profiles),
        first_profile_(std::move(first_profile)),
        algorithm_(cluster, {}) {}

  cycle::FilteredNodes Filter(const api::Pod& pod, const scoring::NodeMask& nodes) {
    return algorithm_.FilterNodes(ProfileOf(pod), ClassOf(pod), &pod, nodes);
  }
  cycle::ScoredNodes Score(const api::Pod& pod, const scoring::NodeMask& nodes) {
    return algorithm_.ScoreNodes(ProfileOf(pod), ClassOf(pod), &pod, nodes);
  }
  std::vector<bool> FitsAfter(const api::Pod& pod, std::span<const cycle::Departure> departures) {
    return algorithm_.FitsAfter(ProfileOf(pod), ClassOf(pod), &pod, departures);
  }

 private:
  framework::ProfileRuntime& ProfileOf(const api::Pod& pod) const {
    framework::ProfileRuntime* own = profiles_.Of(pod);
    return own != nullptr ? *own : *profiles_.Named(first_profile_);
  }
  const cluster::PodClass& ClassOf(const api::Pod& pod) {
    return cluster_.classes.ClassOfPending(pod);
  }

  cluster::Cluster& cluster_;
  const queue::Profiles& profiles_;
  const std::string first_profile_;
  cycle::SchedulingAlgorithm algorithm_;
};

}  // namespace berth::webhook

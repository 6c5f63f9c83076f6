// What the service answers, as functions of objects: nothing here knows of gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "scheduler/api/cluster_objects.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/placement/failure.h"

namespace berth::placement {

struct PlaceQuestion {
  // Pods and workloads to be placed in the place of those that wait; empty: those that wait.
  std::string_view pods = {};
  bool preempt = false;
};

struct Decided {
  std::string pod = {};      // namespace/name
  std::string node = {};     // empty: none
  std::string message = {};  // why there is none
  std::uint64_t feasible = 0;
  std::string json = {};  // docs/simulate-output.md
};

struct ExplainQuestion {
  std::string pod;        // namespace/name
  std::string node = {};  // may be empty
  std::size_t top = 0;    // 0: all
};

// Each call makes a cluster of its own from the objects: thread-safe, and as costly as that.
class Engine {
 public:
  // Fails where a profile of the configuration cannot be built.
  static base::Result<Engine> Make(config::Configuration config, framework::Registry registry);

  // Decides one pod after the other, each told to `decided` at once, until that is false: then the
  // outcome is kCancelled. What the objects are then, with pods on their nodes; volumes and devices
  // that were assumed for them are not bound in it.
  Outcome<api::ClusterObjects> Place(const api::ClusterObjects& objects,
                                     const PlaceQuestion& question,
                                     const std::function<bool(const Decided&)>& decided) const;

  // The object of `berth explain --output json`.
  Outcome<std::string> Explain(const api::ClusterObjects& objects,
                               const ExplainQuestion& question) const;

 private:
  Engine(config::Configuration config, framework::Registry registry)
      : config_(std::move(config)), registry_(std::move(registry)) {}

  config::Configuration config_;
  framework::Registry registry_;
};

}  // namespace berth::placement

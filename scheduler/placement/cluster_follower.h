// A cluster as its API server shows it, for questions.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/client_config.h"
#include "scheduler/live/cluster_watch.h"
#include "scheduler/live/scheduler.h"
#include "scheduler/live/silence.h"
#include "scheduler/placement/failure.h"
#include "scheduler/placement/snapshots.h"

namespace berth::placement {

// What `berth schedule` watches, without its decisions: lists and watches what the plugins of the
// configuration look at, on threads of its own, and never writes. Where the API server cannot be
// reached, the objects stay what they were last.
class ClusterFollower {
 public:
  // Begins at once, whether the API server can be reached or not. Fails where credentials or a
  // profile cannot be used. The clock outlives it.
  static base::Result<std::unique_ptr<ClusterFollower>> Start(kube::ClientConfig cluster,
                                                              config::Configuration config,
                                                              const framework::Registry& registry,
                                                              const base::Clock& clock);
  ~ClusterFollower();

  // All objects as they are now; the same ones again while nothing has changed. kUnavailable until
  // everything has been listed. Thread-safe, and waits for the copy; not while it is being ended.
  Outcome<SharedObjects> Now();

 private:
  ClusterFollower(std::unique_ptr<kube::Client> client, const base::Clock& clock)
      : clock_(clock), client_(std::move(client)) {}

  // On its thread.
  void Follow();
  Outcome<SharedObjects> Copy();

  const base::Clock& clock_;
  live::Silence silence_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<live::Scheduler> scheduler_;
  std::unique_ptr<live::ClusterWatch> watch_;
  SharedObjects kept_;
  std::uint64_t kept_version_ = 0;  // of the watch
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace berth::placement

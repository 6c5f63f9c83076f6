// Runs leader election: a LeaderElector with a client and a thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "scheduler/base/clock.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/leader_elector.h"

namespace berth::kube {

class LeaderElection {
 public:
  // Called on the thread of the election, one at a time. Must be short, or the lease is not renewed
  // meanwhile, and must not destroy the election.
  struct Callbacks {
    std::function<void()> on_started_leading = [] {};
    // Before the lease is given back after Stop; or it is `lost`, and the process should end, for
    // it is never tried again.
    std::function<void(bool lost)> on_stopped_leading = [](bool) {};
    // Somebody holds the lease who did not before; may be this process.
    std::function<void(const std::string& identity)> on_new_leader = [](const std::string&) {};
  };

  // Begins at once. The client must outlive the election.
  LeaderElection(LeaseSettings settings, Client& client, const base::Clock& clock,
                 std::uint64_t seed, Callbacks callbacks);
  // Does not give the lease back: Stop before.
  ~LeaderElection();
  LeaderElection(const LeaderElection&) = delete;
  LeaderElection& operator=(const LeaderElection&) = delete;

  // See LeaderElector::MayLead. From any thread.
  bool MayLead() const;
  // leader_election_slowpath_total. From any thread.
  std::uint64_t slow_paths() const;

  // Gives the lease back if it is held, and waits until that is done. From now on MayLead is false;
  // stop what only the leader may do before. False: the time was up. From any thread but that of
  // the callbacks.
  bool Stop(std::chrono::steady_clock::time_point deadline);

  // For tests and for owners with a loop of their own: an election without a thread, and what its
  // thread would do now. Returns when it has something to do next; time_point::max() if never.
  struct WithoutThread {};
  LeaderElection(LeaseSettings settings, Client& client, const base::Clock& clock,
                 std::uint64_t seed, Callbacks callbacks, WithoutThread);
  base::Clock::Steady Step();

 private:
  class Core;
  std::shared_ptr<Core> core_;
  std::jthread thread_;
};

}  // namespace berth::kube

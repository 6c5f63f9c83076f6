// Leader election by a Lease, as kube-scheduler does it, so that either may take over from the
// other: what to ask the API server next, and whether this process is the leader.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/base/clock.h"
#include "scheduler/base/random.h"
#include "scheduler/kube/client.h"
#include "scheduler/kube/event.h"
#include "scheduler/kube/lease_record.h"

namespace berth::kube {

struct LeaseSettings {
  std::string namespace_name = "kube-system";
  std::string name = "kube-scheduler";
  std::string identity = {};  // see LeaderIdentity
  // lease_duration > renew_deadline > 1.2 * retry_period, as the configuration is checked for.
  std::chrono::nanoseconds lease_duration{std::chrono::seconds(15)};
  std::chrono::nanoseconds renew_deadline{std::chrono::seconds(10)};
  std::chrono::nanoseconds retry_period{std::chrono::seconds(2)};
};

// "HOSTNAME_UUID", another one for every process.
std::string LeaderIdentity(std::string_view hostname, base::Random& random);

// "IDENTITY became leader" and "IDENTITY stopped leading": about the Lease, of core/v1.
Event BecameLeaderEvent(const LeaseSettings& settings, std::string_view controller);
Event StoppedLeadingEvent(const LeaseSettings& settings, std::string_view controller);

// A state machine without a thread or a network: Tick says what to send, OnResponse takes the
// answer, and there is one request at a time.
//
//   standby    every retry_period, up to 2.2 times that: reads the Lease, and takes it if there is
//              none, if nobody holds it or this identity does, or if it has been seen unchanged for
//              the leaseDurationSeconds that stand in it. Only the time of seeing counts, and only
//              by the steady clock: neither other machines' clocks nor jumps of this one's matter.
//   leading    writes the Lease every retry_period as it knows it; where that fails it reads it
//              again first. When that comes to nothing for renew_deadline, or when it sees another
//              holder, it is lost.
//   lost       for good: the process must end and start anew, as kube-scheduler does.
//   releasing  after Stop: waits for what is under way and gives the Lease back if it is held, so
//              that others need not wait.
//   stopped    nothing is to be done any more.
//
// For one thread, but for MayLead.
class LeaderElector {
 public:
  enum class Phase : std::uint8_t { kStandby, kLeading, kLost, kReleasing, kStopped };

  // The identity must not be empty.
  LeaderElector(LeaseSettings settings, const base::Clock& clock, std::uint64_t seed);

  // What to send now, if anything. Also notices that the deadline is over.
  std::optional<Request> Tick();
  // When Tick has something to do next unless an answer comes before; time_point::max() if never.
  base::Clock::Steady NextTick() const;
  // The answer to what Tick has handed out last.
  void OnResponse(const Response& response);

  // Gives the lease back if this is the leader. From now on MayLead is false.
  void Stop();

  Phase phase() const { return phase_; }
  // Who was seen to hold the lease last; empty if nobody.
  const std::string& holder() const { return observed_.holder; }
  // How often a write as leader failed, so that the Lease had to be read again.
  std::uint64_t slow_paths() const { return slow_paths_; }

  // Whether this process may act as the leader at this moment, whether or not anybody calls Tick:
  // until renew_deadline after the last successful write was sent, since others can take the lease
  // no earlier than lease_duration after that. So it is false for the last retry_period before a
  // leader is lost, and true again if it then succeeds. From any thread.
  bool MayLead() const;

 private:
  // What is to be sent, or is under way.
  enum class Step : std::uint8_t { kNone, kGet, kCreate, kUpdate, kRelease };

  void StartAttempt();
  Request RequestFor(Step step);
  LeaseRecord RecordToWrite() const;

  void OnGet(const Response& response);
  void OnWritten(Step step, const Response& response);
  void OnResponseWhileReleasing(Step step, const Response& response);
  void Release();

  // false: the answer is no Lease.
  bool Observe(const Response& response);
  bool IsHeldByAnother() const;
  bool HasExpired() const;

  void Succeed();
  // The attempt has come to nothing; the next one comes when it is due.
  void Retry();
  void Lose();

  bool Holds() const { return !object_.empty() && observed_.holder == settings_.identity; }
  void SetDeadline(base::Clock::Steady deadline);

  const LeaseSettings settings_;
  const base::Clock& clock_;
  base::Random random_;
  std::string lock_;  // for logs
  std::string path_;  // of all Leases of the namespace

  Phase phase_ = Phase::kStandby;
  Step next_ = Step::kNone;
  Step under_way_ = Step::kNone;
  bool fast_ = false;            // the attempt began with a write
  bool reread_ = false;          // while releasing, which is done once
  base::Clock::Steady wake_;     // when the next attempt begins
  base::Clock::Steady lost_at_;  // of a leader, unless it succeeds before
  base::Clock::Steady sent_;     // the request that is under way

  std::string object_;  // the Lease as it was read or written last; empty if not known
  LeaseRecord observed_;
  base::Clock::Steady observed_at_;  // when it was first seen as it is
  std::uint64_t slow_paths_ = 0;

  // Of the steady clock, in its ticks: MayLead before that.
  std::atomic<base::Clock::Steady::rep> deadline_;
};

}  // namespace berth::kube

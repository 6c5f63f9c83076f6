#include "scheduler/kube/leader_election.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace berth::kube {

using base::Clock;

// Shared with the calls that the client makes back. Step is for one thread at a time, all else for
// any.
class LeaderElection::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(LeaseSettings settings, Client& client, const Clock& clock, std::uint64_t seed,
       Callbacks callbacks)
      : client_(client),
        callbacks_(std::move(callbacks)),
        elector_(std::move(settings), clock, seed) {}

  bool MayLead() const { return !stopping_ && elector_.MayLead(); }
  std::uint64_t slow_paths() const { return slow_paths_; }

  Clock::Steady Step() {
    TakeIn();
    Report();
    auto request = elector_.Tick();
    Report();
    if (request) Send(*std::move(request));
    return elector_.NextTick();
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Clock::Steady next = Step();
      std::unique_lock lock(mutex_);
      const auto has_work = [&] { return response_.has_value() || stop_wanted_; };
      if (next == Clock::Steady::max()) {
        wake_.wait(lock, stop, has_work);
      } else {
        wake_.wait_until(lock, stop, next, has_work);
      }
    }
  }

  bool Stop(std::chrono::steady_clock::time_point deadline) {
    stopping_ = true;
    std::unique_lock lock(mutex_);
    if (!ended_) stop_wanted_ = true;
    wake_.notify_one();
    return end_.wait_until(lock, deadline, [&] { return ended_; });
  }

 private:
  void TakeIn() {
    std::optional<Response> response;
    bool stop = false;
    {
      const std::scoped_lock lock(mutex_);
      response = std::exchange(response_, std::nullopt);
      stop = std::exchange(stop_wanted_, false);
    }
    if (response) elector_.OnResponse(*response);
    if (stop) elector_.Stop();
  }

  void Send(Request request) {
    client_.Send(std::move(request), [weak = weak_from_this()](Response response) {
      if (const auto core = weak.lock()) core->Push(std::move(response));
    });
  }

  void Push(Response response) {
    const std::scoped_lock lock(mutex_);
    response_ = std::move(response);
    wake_.notify_one();
  }

  // Tells what has changed since the last time.
  void Report() {
    using Phase = LeaderElector::Phase;
    slow_paths_ = elector_.slow_paths();
    const Phase phase = elector_.phase();
    if (!elector_.holder().empty() && elector_.holder() != reported_holder_) {
      reported_holder_ = elector_.holder();
      callbacks_.on_new_leader(reported_holder_);
    }
    if (phase == Phase::kLeading && !std::exchange(leading_, true)) callbacks_.on_started_leading();
    if (phase != Phase::kLeading && std::exchange(leading_, false)) {
      callbacks_.on_stopped_leading(phase == Phase::kLost);
    }
    if (phase != Phase::kLost && phase != Phase::kStopped) return;
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    stop_wanted_ = false;
    end_.notify_all();
  }

  Client& client_;
  const Callbacks callbacks_;
  std::atomic<std::uint64_t> slow_paths_ = 0;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable end_;
  std::optional<Response> response_;
  bool stop_wanted_ = false;
  bool ended_ = false;

  // Of Step, but for MayLead.
  LeaderElector elector_;
  std::string reported_holder_;
  bool leading_ = false;
};

LeaderElection::LeaderElection(LeaseSettings settings, Client& client, const base::Clock& clock,
                               std::uint64_t seed, Callbacks callbacks)
    : LeaderElection(std::move(settings), client, clock, seed, std::move(callbacks),
                     WithoutThread()) {
  thread_ = std::jthread([core = core_](const std::stop_token& stop) { core->Run(stop); });
}

LeaderElection::LeaderElection(LeaseSettings settings, Client& client, const base::Clock& clock,
                               std::uint64_t seed, Callbacks callbacks, WithoutThread)
    : core_(
          std::make_shared<Core>(std::move(settings), client, clock, seed, std::move(callbacks))) {}

LeaderElection::~LeaderElection() = default;

bool LeaderElection::MayLead() const { return core_->MayLead(); }

std::uint64_t LeaderElection::slow_paths() const { return core_->slow_paths(); }

bool LeaderElection::Stop(std::chrono::steady_clock::time_point deadline) {
  return core_->Stop(deadline);
}

base::Clock::Steady LeaderElection::Step() { return core_->Step(); }

}  // namespace berth::kube

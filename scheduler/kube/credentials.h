// Keeps a credential fresh beside the thread that uses it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "scheduler/base/clock.h"
#include "scheduler/kube/credential.h"

namespace berth::kube {

// Files are read again at most once a minute and the old content serves until then; a plugin is
// asked again when its credential expires. Either is asked at once after the API server has refused
// what there was. All on a thread of its own, which is there only where something can change.
class Credentials {
 public:
  struct Answer {
    std::shared_ptr<const Credential> credential;  // null: wait, or fail with `error`
    std::uint64_t generation = 0;  // another one whenever the credential has been fetched anew
    std::string error;             // with neither: on_change will be called
  };

  // `on_change` is called on the thread of its own whenever Look has something new to say. The
  // clock outlives this.
  Credentials(ClientConfig config, const base::Clock& clock, std::function<void()> on_change);
  // Kills a plugin that is running.
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // What to show now. Never waits.
  Answer Look();

  // The API server has answered 401 to the credential of a generation. True if a new one is being
  // fetched, so that it is worth another try.
  bool Refused(std::uint64_t generation);

 private:
  bool CanChange() const;
  bool IsExpired() const;
  bool IsStale() const;
  void Ask();
  void Run();
  void Store(base::Result<Credential> fetched);

  const ClientConfig config_;
  const base::Clock& clock_;
  const std::function<void()> on_change_;
  const Interrupt interrupt_;

  std::mutex mutex_;  // of all that follows
  std::condition_variable wake_;
  std::shared_ptr<const Credential> credential_;
  std::uint64_t generation_ = 0;
  std::string error_;     // of the last time, if that failed
  bool was_told_ = true;  // that error, so that each is told even to who comes late
  base::Clock::Steady fetched_;
  bool asked_ = false;    // a fetch is due or under way
  bool refused_ = false;  // credential_ is not to be shown any more
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace berth::kube

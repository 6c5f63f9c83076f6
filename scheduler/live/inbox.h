// What other threads have for the scheduler's: watch events, answers of the API server, questions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "scheduler/base/clock.h"

namespace berth::live {

// Messages run on the scheduler's thread, one after the other, in the order in which they came. All
// that the scheduler knows is changed there and nowhere else, so that nothing in it needs a lock.
class Inbox {
 public:
  using Message = std::move_only_function<void()>;

  // From any thread, its own included: then it runs in the next Run.
  void Post(Message message);

  // Runs what has come so far; false if that was nothing.
  bool Run();

  // Waits until something comes, at most so long.
  void WaitUntil(base::Clock::Steady deadline);

 private:
  std::atomic<bool> any_ = false;  // so that a look between two decisions costs no lock
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Message> messages_;
  std::vector<Message> running_;
};

}  // namespace berth::live

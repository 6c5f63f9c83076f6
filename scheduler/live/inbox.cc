#include "scheduler/live/inbox.h"

#include <utility>

namespace berth::live {

void Inbox::Post(Message message) {
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    any_.store(true, std::memory_order_release);
  }
  came_.notify_one();
}

bool Inbox::Run() {
  if (!any_.load(std::memory_order_acquire)) return false;
  {
    const std::lock_guard lock(mutex_);
    running_.swap(messages_);
    any_.store(false, std::memory_order_release);
  }
  for (Message& message : running_) message();
  running_.clear();
  return true;
}

void Inbox::WaitUntil(base::Clock::Steady deadline) {
  std::unique_lock lock(mutex_);
  came_.wait_until(lock, deadline, [&] { return !messages_.empty(); });
}

}  // namespace berth::live

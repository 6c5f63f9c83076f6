// Answers that a test waits for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/kube/client.h"

namespace berth::kube {

// Values that arrive on other threads, in the order in which they arrive.
template <typename T>
class Collected {
 public:
  void Add(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  // All there are once there are so many; fewer after a long time.
  std::vector<T> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return values_.size() >= count; });
    return values_;
  }
  std::vector<T> values() {
    const std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
};

// The bytes of a stream and how it ended.
class CollectedStream {
 public:
  StreamCalls Calls() {
    return {.on_data =
                [this](std::string_view bytes) {
                  const std::lock_guard lock(mutex_);
                  bytes_ += bytes;
                  changed_.notify_all();
                },
            .on_end = [this](Response response) { ends_.Add(std::move(response)); }};
  }
  bool WaitForBytes(const std::string& bytes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return bytes_ == bytes; });
  }
  Response WaitForEnd() { return ends_.WaitFor(1).at(0); }
  bool HasEnded() { return !ends_.values().empty(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;
  Collected<Response> ends_;
};

}  // namespace berth::kube

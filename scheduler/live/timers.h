// What is to be done later, on the scheduler's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "scheduler/base/clock.h"

namespace berth::live {

// Not thread-safe. What is due at the same time runs in the order in which it was set.
class Timers {
 public:
  using Task = std::move_only_function<void()>;

  void Set(base::Clock::Steady due, Task task) { tasks_.emplace(due, std::move(task)); }

  // Runs what is due; a task may set others.
  void Run(base::Clock::Steady now) {
    while (!tasks_.empty() && tasks_.begin()->first <= now) {
      Task task = std::move(tasks_.extract(tasks_.begin()).mapped());
      task();
    }
  }

  std::optional<base::Clock::Steady> Next() const {
    return tasks_.empty() ? std::nullopt : std::optional(tasks_.begin()->first);
  }

 private:
  std::multimap<base::Clock::Steady, Task> tasks_;
};

}  // namespace berth::live

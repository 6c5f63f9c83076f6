// Answers that are good for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "scheduler/base/clock.h"

namespace berth::serve {

// Keeps at most `most` values, the latest ones. Thread-safe.
template <typename Value>
class ExpiringCache {
 public:
  ExpiringCache(const base::Clock& clock, std::size_t most) : clock_(clock), most_(most) {}

  std::optional<Value> Find(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    const auto it = entries_.find(key);
    if (it == entries_.end() || it->second.until <= clock_.Now()) return std::nullopt;
    return it->second.value;
  }

  void Put(const std::string& key, Value value, std::chrono::nanoseconds time_to_live) {
    if (time_to_live <= std::chrono::nanoseconds(0)) return;
    const std::scoped_lock lock(mutex_);
    const bool is_new =
        entries_.insert_or_assign(key, Entry{std::move(value), clock_.Now() + time_to_live}).second;
    if (is_new) order_.push_back(key);
    while (entries_.size() > most_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
  }

 private:
  struct Entry {
    Value value;
    base::Clock::Steady until;
  };

  const base::Clock& clock_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // of the keys, as they came
};

}  // namespace berth::serve

// `berth record` as a function.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "scheduler/base/clock.h"
#include "scheduler/base/result.h"
#include "scheduler/kube/client.h"

namespace berth::record {

struct RecordOptions {
  std::string output;
  bool follow = false;
  std::uint64_t seed = 0;  // spreads tries over time
  std::chrono::milliseconds flush_every{1000};
};

// What the recording needs of the outside world; all outlive it.
struct RecordEnvironment {
  kube::Client& client;
  const base::Clock& clock;
  // Once true, a snapshot that is not whole is given up; following ends well.
  const std::atomic<bool>& interrupted;
  // Is told in a sentence what was written, as soon as it is there.
  std::function<void(std::string_view)> tell;
};

// Writes the snapshot as a whole or not at all and then, with `follow`, what happens until somebody
// interrupts.
base::Result<void> Record(const RecordOptions& options, const RecordEnvironment& environment);

}  // namespace berth::record

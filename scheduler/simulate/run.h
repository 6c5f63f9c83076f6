// `berth simulate` as a function.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"
#include "scheduler/framework/registry.h"
#include "scheduler/simulate/insight.h"
#include "scheduler/simulate/options.h"
#include "scheduler/simulate/summary.h"

namespace berth::simulate {

enum class RunEnd : std::uint8_t { kComplete, kInterrupted };

// What the run needs of the outside world.
struct RunEnvironment {
  const framework::Registry& registry;
  const std::atomic<bool>& interrupted;  // once true, the run ends with what was done so far
  // Standard output; false when it cannot be written any more.
  std::function<bool(std::string_view)> write_output;
  // Makes report.html of the report; may be empty, then there is none.
  std::function<base::Result<std::string>(const Summary&, const Insight&)> make_page = {};
};

// Why a run came to nothing.
struct RunFailure {
  enum class Kind : std::uint8_t {
    kInput,   // what was given is wrong; the error names file, object and field
    kOutput,  // something could not be written
  };
  Kind kind;
  base::Error error;
};

// Reads the input, decides every pod, writes decisions, summary and report.
std::expected<RunEnd, RunFailure> Run(const Options& options, const RunEnvironment& environment);

}  // namespace berth::simulate

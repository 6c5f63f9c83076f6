// `berth sweep` as a function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/config/supported.h"
#include "scheduler/framework/registry.h"

namespace berth::sweep {

// Every count-th run, beginning with number index.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

// "I/N" with 0 <= I < N.
base::Result<Shard> ParseShard(std::string_view text);

struct Options {
  std::string file;
  std::optional<Shard> shard;       // its results are in OUTPUT-shard-I-of-N
  std::string output;               // instead of the file's; empty: the file's
  std::vector<std::string> gather;  // folders of shards: put their results together instead
  config::LoadedPlugins loaded;     // that profiles may name, and the registry makes
  std::size_t threads = 0;          // 0: one a core
  bool quiet = false;               // no progress
  bool print_results = false;       // at the end, see Results::Print()
};

// What the sweep needs of the outside world.
struct Environment {
  const framework::Registry& registry;
  const std::atomic<bool>& interrupted;  // once true, runs under way are given up
  // Standard output; false when it cannot be written any more.
  std::function<bool(std::string_view)> write_output;
};

enum class SweepEnd : std::uint8_t { kComplete, kInterrupted };

struct SweepFailure {
  enum class Kind : std::uint8_t {
    kInput,   // what was given is wrong
    kOutput,  // something could not be written
  };
  Kind kind;
  base::Error error;
};

// Runs what is not there yet, or gathers; either way the tables of the output folder are in order
// at the end, and its page shows them. Gathering fails, with everything written, where runs are
// missing.
std::expected<SweepEnd, SweepFailure> Run(const Options& options, const Environment& environment);

}  // namespace berth::sweep

// Files that somebody may replace while we run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/base/result.h"

namespace berth::serve {

// The whole content, at most a megabyte: certificates and keys are small.
base::Result<std::string> ReadSmallFile(const std::string& path);

// Tells whether any of some files has been replaced or written to. Not thread-safe.
class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths);

  // Since the last call, or since it was made. A file that is not there is no change: whoever
  // replaces files may be between two steps.
  bool HaveChanged();

 private:
  struct Stamp {
    std::int64_t nanoseconds = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // no such file
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp StampOf(const std::string& path);

  const std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
};

}  // namespace berth::serve

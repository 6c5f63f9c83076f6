// Why pods did not fit, counted by plugin and reason.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/cycle/diagnosis.h"
#include "scheduler/simulate/summary.h"

namespace berth::simulate {

// Not thread-safe.
class FailureCounts {
 public:
  // Counts one pod that fitted nowhere.
  void Add(const cycle::Diagnosis& diagnosis);

  // By plugin and reason.
  std::vector<FailureCount> Take() const;

 private:
  struct Count {
    std::int64_t pods = 0;
    std::int64_t nodes = 0;
    std::uint64_t last_pod = 0;
  };

  void Add(std::string_view plugin, std::string_view reason, std::size_t nodes);

  std::map<std::pair<std::string, std::string>, Count> counts_;
  std::uint64_t pod_ = 0;
};

}  // namespace berth::simulate

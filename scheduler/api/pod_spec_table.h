// One object for all pods whose specifications are equal.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "scheduler/api/objects.h"

namespace berth::api {

// Equal specifications have equal hashes; not stable between versions of Berth.
std::uint64_t Hash(const PodSpec& spec);

// Hands out the same pointer for equal specifications (operator==) as long as the table lives.
// Thread-safe. Which of two equal objects is kept does not show in any content.
class PodSpecTable {
 public:
  std::shared_ptr<const PodSpec> Intern(PodSpec spec);

  // Distinct specifications so far.
  std::size_t size() const;

 private:
  // Split by hash, so that threads which decode rarely wait for one another.
  static constexpr std::size_t kShards = 16;
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, std::vector<std::shared_ptr<const PodSpec>>> specs;
  };

  std::array<Shard, kShards> shards_;
};

}  // namespace berth::api

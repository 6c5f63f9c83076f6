// What the policies have in common that score cpu and GPUs as two dimensions of one vector.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// The largest node there may be.
inline constexpr double kLargestMilliCpu = 128'000;
inline constexpr double kLargestGpuMilli = 8'000;

// What is left on each row. Below 0 where more is requested than there is.
class FreeCpuAndGpu {
 public:
  explicit FreeCpuAndGpu(const framework::PodContext& context)
      : allocatable_(context.nodes().allocatable(cluster::kCpu).data()),
        requested_(context.nodes().requested(cluster::kCpu).data()),
        gpu_(context.cluster.gpus.total_free().data()) {}

  std::int64_t milli_cpu(std::size_t row) const { return allocatable_[row] - requested_[row]; }
  std::int64_t gpu_milli(std::size_t row) const { return gpu_[row]; }

 private:
  const std::int64_t* allocatable_;
  const std::int64_t* requested_;
  const std::int64_t* gpu_;
};

// out[row] = score_of(row), in whole words: the compiler makes vectors of it.
template <typename ScoreOf>
void ScoreWords(const framework::NodeMask& nodes, const ScoreOf& score_of,
                std::span<std::int64_t> out) {
  for (std::size_t word = 0; word < nodes.word_count(); ++word) {
    if (nodes.words()[word] == 0) continue;
    const std::size_t first = word * scoring::kRowsPerWord;
    for (std::size_t row = first; row < first + scoring::kRowsPerWord; ++row) {
      out[row] = score_of(row);
    }
  }
}

}  // namespace berth::plugins

// A score that all nodes share.
#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::cycle {

// What it is normalised to, by a ready-made normalisation.
inline std::int64_t NormalizedAlone(framework::Normalization normalization, std::int64_t raw) {
  if (normalization == framework::Normalization::kNone) return raw;
  const bool is_highest = raw > 0;
  return is_highest == (normalization == framework::Normalization::kByMax) ? 100 : 0;
}

}  // namespace berth::cycle

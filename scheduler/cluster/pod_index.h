#pragma once

#include <cstdint>

namespace berth::cluster {

// A pod on a node. Stable until the pod is removed, then used again.
using PodIndex = std::uint32_t;

}  // namespace berth::cluster

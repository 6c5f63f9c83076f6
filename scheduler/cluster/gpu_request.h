// What a pod asks of the GPUs of its node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/api/objects.h"
#include "scheduler/cluster/resources.h"

namespace berth::cluster {

inline constexpr std::int64_t kMilliPerGpu = 1000;
// Of one node; what a node has beyond is not used.
inline constexpr std::size_t kMaxGpusPerNode = 64;

// GPUs of one node, a bit each.
using GpuMask = std::uint64_t;

// A share of one GPU (milli under 1000, in thousandths) or whole ones.
struct GpuRequest {
  std::uint16_t devices = 0;  // 0: no GPU
  std::uint16_t milli = 0;    // of each
  bool malformed = false;     // an annotation says what cannot be; then the rest is 0

  bool any() const { return devices > 0; }
  bool is_share() const { return any() && milli < kMilliPerGpu; }
  std::int64_t total() const { return std::int64_t{devices} * milli; }
  friend bool operator==(const GpuRequest&, const GpuRequest&) = default;
};

// The request that the annotations of a pod spell out (api/gpu_names.h); nothing where it has
// neither. One that is missing counts as 1 GPU or as whole ones. Several GPUs are whole ones, 0 of
// either is no GPU.
std::optional<GpuRequest> GpuRequestOf(const api::StringMap& annotations);

// The request that extended resources come to, for a pod without such annotations: nvidia.com/gpu
// are whole GPUs; otherwise alibabacloud.com/gpu-milli is a share below 1000, and from there on
// whole GPUs, rounded up.
GpuRequest GpuRequestOf(const ResourceVector& requests, const ResourceNames& names);

// "0-2-5", as in the annotation gpu-index; nothing for text that is not that.
std::optional<GpuMask> ParseGpuIndex(std::string_view text);
std::string FormatGpuIndex(GpuMask devices);

// Kinds of pods that take GPUs: shares, one GPU, two GPUs and so on, up to kMaxGpusPerNode.
using GpuClass = std::uint32_t;
inline GpuClass ClassOf(const GpuRequest& request) {
  return request.is_share() ? 0 : request.devices;
}

}  // namespace berth::cluster

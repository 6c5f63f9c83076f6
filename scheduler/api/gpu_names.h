// The names under which clusters speak of GPUs and of shares of them.
#pragma once

#include <string_view>

namespace berth::api {

// Resources: whole GPUs, and thousandths of a GPU.
inline constexpr std::string_view kGpuResource = "nvidia.com/gpu";
inline constexpr std::string_view kGpuMilliResource = "alibabacloud.com/gpu-milli";

// Labels of nodes: the model of all their GPUs. The first one counts where a node has both.
inline constexpr std::string_view kGpuModelLabel = "alibabacloud.com/gpu-card-model";
inline constexpr std::string_view kGpuProductLabel = "nvidia.com/gpu.product";

// Annotations of pods: how many GPUs, how much of each in thousandths, and which ones it has got
// ("2", "0-1-5": numbers on its node).
inline constexpr std::string_view kGpuCountAnnotation = "alibabacloud.com/gpu-count";
inline constexpr std::string_view kGpuMilliAnnotation = "alibabacloud.com/gpu-milli";
inline constexpr std::string_view kGpuIndexAnnotation = "alibabacloud.com/gpu-index";

}  // namespace berth::api

// The annotations of pods that are read. Others are passed over: what they hold is seldom small,
// and never about scheduling.
#pragma once

#include <array>
#include <string_view>

#include "scheduler/api/gpu_names.h"

namespace berth::api {

// Times of pods for simulations, in durations or seconds from the beginning: docs/time.md.
inline constexpr std::string_view kArrivalAnnotation = "berth/arrival";
inline constexpr std::string_view kDurationAnnotation = "berth/duration";

// The same as the openb trace tells them, in seconds of its clock.
inline constexpr std::string_view kCreationTimeAnnotation = "alibabacloud.com/creation-time";
inline constexpr std::string_view kDeletionTimeAnnotation = "alibabacloud.com/deletion-time";
inline constexpr std::string_view kScheduledTimeAnnotation = "alibabacloud.com/scheduled-time";

inline constexpr std::array<std::string_view, 8> kPodAnnotations = {
    kGpuCountAnnotation,     kGpuMilliAnnotation,     kGpuIndexAnnotation,
    kArrivalAnnotation,      kDurationAnnotation,     kCreationTimeAnnotation,
    kDeletionTimeAnnotation, kScheduledTimeAnnotation};

}  // namespace berth::api

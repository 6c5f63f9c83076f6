// Annotations of pods that say when they come and how long they stay: simulate/lifetimes.h.
#pragma once

#include <array>
#include <string_view>

namespace berth::api {

// Durations or numbers of seconds.
inline constexpr std::string_view kArrivalAnnotation = "berth/arrival";
inline constexpr std::string_view kDurationAnnotation = "berth/duration";

// Seconds of a trace.
inline constexpr std::string_view kCreationTimeAnnotation = "alibabacloud.com/creation-time";
inline constexpr std::string_view kDeletionTimeAnnotation = "alibabacloud.com/deletion-time";
inline constexpr std::string_view kScheduledTimeAnnotation = "alibabacloud.com/scheduled-time";

inline constexpr std::array<std::string_view, 5> kTimeAnnotations = {
    kArrivalAnnotation, kDurationAnnotation, kCreationTimeAnnotation, kDeletionTimeAnnotation,
    kScheduledTimeAnnotation};

}  // namespace berth::api

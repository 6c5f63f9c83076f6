// Timestamps as the Kubernetes API writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::api {

// Nanoseconds since the Unix epoch of "2026-01-02T03:04:05Z", with an optional fraction of a second
// and an optional offset such as +02:00. nullopt for anything else and outside of 1678..2261.
std::optional<std::int64_t> ParseRfc3339(std::string_view text);

// The same to the second, in UTC: what Kubernetes calls Time.
std::string FormatRfc3339(std::int64_t nanoseconds);

}  // namespace berth::api

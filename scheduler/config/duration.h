// Durations as Go writes them: "15s", "1m30s", "1.5h", "300ms". Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "scheduler/base/result.h"

namespace berth::config {

// A sequence of decimal numbers with a unit each (ns, us, µs, ms, s, m, h), with one sign in front;
// or "0". Fails on anything else and beyond 2^63-1 nanoseconds; the message holds no quoted input.
base::Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// "1h0m0s", "1m30s", "2.5s", "300ms", "0s": ParseDuration reads it back.
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace berth::config

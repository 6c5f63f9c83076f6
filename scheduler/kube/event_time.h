// Times as the Kubernetes API writes them. Pure functions of nanoseconds since the Unix epoch; of
// years 0 to 9999.
#pragma once

#include <cstdint>
#include <string>

namespace berth::kube {

// "2026-01-02T03:04:05.000006Z": a MicroTime, of events and leases. Cut, not rounded.
std::string MicroTime(std::int64_t nanoseconds);

// "2026-01-02T03:04:05Z": a Time.
std::string SecondTime(std::int64_t nanoseconds);

}  // namespace berth::kube

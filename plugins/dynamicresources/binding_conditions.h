// Devices that are ready for use only some time after they have been allocated: their driver says
// so in conditions of the claim's status.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "scheduler/api/device_objects.h"

namespace berth::plugins::dra {

enum class Binding : std::uint8_t {
  kReady,     // every device that has conditions has all of them
  kPending,   // some are still to come
  kFailed,    // a device has one of its failure conditions
  kTimedOut,  // pending for longer than the timeout
};

// Pure. Without a time (nanoseconds since the epoch), or before the allocation has been written,
// nothing is too late. kReady for a claim that has no devices.
Binding BindingOf(const api::ResourceClaim& claim, std::optional<api::Time> now,
                  std::chrono::nanoseconds timeout);

// PreBind waits for what is pending: it looks at once and then again and again, until it is kReady,
// or the binding has failed because a claim has, or because the wait took as long as the timeout.
inline constexpr std::chrono::seconds kBindingCheckInterval{5};

// The worst of the claims of a pod, as the API server has them by now.
Binding BindingOf(std::span<const api::ResourceClaim* const> claims, std::optional<api::Time> now,
                  std::chrono::nanoseconds timeout);

}  // namespace berth::plugins::dra

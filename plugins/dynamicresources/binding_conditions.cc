#include "plugins/dynamicresources/binding_conditions.h"

#include <algorithm>
#include <string>
#include <vector>

namespace berth::plugins::dra {
namespace {

const api::AllocatedDeviceStatus* StatusOf(const api::ResourceClaim& claim,
                                           const api::AllocatedDevice& device) {
  const auto it =
      std::ranges::find_if(claim.device_statuses, [&](const api::AllocatedDeviceStatus& status) {
        return status.driver == device.driver && status.pool == device.pool &&
               status.device == device.device && status.share_id == device.share_id;
      });
  return it == claim.device_statuses.end() ? nullptr : &*it;
}

Binding BindingOf(const api::ResourceClaim& claim, const api::AllocatedDevice& device) {
  if (device.binding_conditions.empty()) return Binding::kReady;
  const api::AllocatedDeviceStatus* status = StatusOf(claim, device);
  if (status == nullptr) return Binding::kPending;
  const auto is_true = [&](const std::string& condition) {
    return std::ranges::find(status->true_conditions, condition) != status->true_conditions.end();
  };
  if (std::ranges::any_of(device.binding_failure_conditions, is_true)) return Binding::kFailed;
  return std::ranges::all_of(device.binding_conditions, is_true) ? Binding::kReady
                                                                 : Binding::kPending;
}

Binding Worse(Binding a, Binding b) {
  const auto rank = [](Binding binding) {
    return binding == Binding::kFailed ? 4 : static_cast<int>(binding);
  };
  return rank(a) < rank(b) ? b : a;
}

}  // namespace

Binding BindingOf(const api::ResourceClaim& claim, std::optional<api::Time> now,
                  std::chrono::nanoseconds timeout) {
  if (!claim.allocation) return Binding::kReady;
  Binding binding = Binding::kReady;
  for (const auto& device : claim.allocation->devices) {
    binding = Worse(binding, BindingOf(claim, device));
  }
  if (binding != Binding::kPending || !now || !claim.allocation->timestamp) return binding;
  const bool late = *now - *claim.allocation->timestamp > timeout.count();
  return late ? Binding::kTimedOut : Binding::kPending;
}

Binding BindingOf(std::span<const api::ResourceClaim* const> claims, std::optional<api::Time> now,
                  std::chrono::nanoseconds timeout) {
  Binding binding = Binding::kReady;
  for (const auto* claim : claims) binding = Worse(binding, BindingOf(*claim, now, timeout));
  return binding;
}

}  // namespace berth::plugins::dra

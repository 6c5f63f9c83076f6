#include "plugins/dynamicresources/device_rules.h"

#include <algorithm>

#include "scheduler/cluster/node_selector.h"

namespace berth::plugins::dra {
namespace {

using api::Quantity;

// The smallest min + n * step that is not below `amount`.
Quantity RoundedUp(const api::CapacityRequestPolicy::Range& range, Quantity amount) {
  if (amount < range.min) return range.min;
  if (!range.step || range.step->nanos() <= 0) return amount;
  const __int128 above = amount.nanos() - range.min.nanos();
  const __int128 step = range.step->nanos();
  const __int128 steps = above / step + (above % step == 0 ? 0 : 1);
  return Quantity::FromNanos(range.min.nanos() + steps * step);
}

std::optional<Quantity> ByPolicy(const api::CapacityRequestPolicy& policy, Quantity amount) {
  if (policy.range) {
    const Quantity rounded = RoundedUp(*policy.range, amount);
    if (policy.range->max && rounded > *policy.range->max) return std::nullopt;
    return rounded;
  }
  if (policy.valid_values.empty()) return amount;
  std::optional<Quantity> least;
  for (const Quantity value : policy.valid_values) {
    if (value >= amount && (!least || value < *least)) least = value;
  }
  return least;
}

}  // namespace

bool ToleratesDevice(const std::vector<api::Toleration>& tolerations,
                     const std::vector<api::Taint>& taints) {
  return cluster::ToleratesScheduling(tolerations, taints);
}

std::optional<Quantity> Consumption(const api::DeviceCapacity& capacity,
                                    const Quantity* requested) {
  std::optional<Quantity> amount;
  if (requested != nullptr) {
    amount = capacity.policy ? ByPolicy(*capacity.policy, *requested) : *requested;
  } else if (capacity.policy && capacity.policy->default_value) {
    amount = *capacity.policy->default_value;
  } else {
    amount = capacity.value;
  }
  if (!amount || *amount > capacity.value) return std::nullopt;
  return amount;
}

bool HoldsRequest(const api::Device& device, const api::SmallMap<Quantity>& requested) {
  return std::ranges::all_of(requested, [&](const auto& entry) {
    const api::DeviceCapacity* capacity = device.capacity.Find(entry.first);
    return capacity != nullptr && Consumption(*capacity, &entry.second).has_value();
  });
}

const api::DeviceAttribute* FindAttribute(std::string_view driver, const api::Device& device,
                                          const std::string& name) {
  if (const auto* found = device.attributes.Find(name)) return found;
  const auto slash = name.find('/');
  if (slash == std::string::npos || name.substr(0, slash) != driver) return nullptr;
  return device.attributes.Find(name.substr(slash + 1));
}

CounterSheet::CounterSheet(const std::vector<const cluster::DeviceSlice*>& slices) {
  for (const auto* slice : slices) {
    for (const auto& set : slice->object->shared_counters) {
      for (const auto& [name, amount] : set.counters) left_[{set.name, name}] = amount;
    }
  }
}

void CounterSheet::Take(const api::Device& device) {
  for (const auto& set : device.consumes_counters) {
    for (const auto& [name, amount] : set.counters) {
      left_[{set.name, name}] += Quantity::FromNanos(-amount.nanos());
    }
  }
}

bool CounterSheet::IsWithin() const {
  return std::ranges::none_of(left_, [](const auto& entry) { return entry.second.IsNegative(); });
}

}  // namespace berth::plugins::dra

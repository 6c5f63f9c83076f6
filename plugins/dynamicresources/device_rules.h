// The rules about one device: taints, capacity, counters, attributes of constraints.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/cluster/devices.h"

namespace berth::plugins::dra {

// Whether every taint with effect NoSchedule or NoExecute is tolerated.
bool ToleratesDevice(const std::vector<api::Toleration>& tolerations,
                     const std::vector<api::Taint>& taints);

// How much of a capacity a request takes: what it asks for (nullptr: the default of the policy, or
// all there is), rounded up as the policy says; nullopt if that breaks the policy or is more than
// the device has.
std::optional<api::Quantity> Consumption(const api::DeviceCapacity& capacity,
                                         const api::Quantity* requested);

// Whether the device, were it free, has as much of every capacity as is asked for.
bool HoldsRequest(const api::Device& device, const api::SmallMap<api::Quantity>& requested);

// An attribute by its full name; without a domain in the device it belongs to the driver's. nullptr
// if the device has none.
const api::DeviceAttribute* FindAttribute(std::string_view driver, const api::Device& device,
                                          const std::string& name);

// The counters of a pool, and what devices take of them.
class CounterSheet {
 public:
  explicit CounterSheet(const std::vector<const cluster::DeviceSlice*>& slices);

  void Take(const api::Device& device);
  // Whether no counter has been overdrawn.
  bool IsWithin() const;

 private:
  std::map<std::pair<std::string_view, std::string_view>, api::Quantity> left_;
};

}  // namespace berth::plugins::dra

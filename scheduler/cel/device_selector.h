// CEL selectors of devices: the variable `device` of Kubernetes' dynamic resource allocation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/quantity.h"
#include "scheduler/base/result.h"
#include "scheduler/cel/program.h"

namespace berth::cel {

// What an evaluation may cost at most, as in kube-scheduler.
inline constexpr std::uint64_t kDeviceSelectorCostLimit = 1'000'000;

// What a selector sees of a device.
struct DeviceDescription {
  struct Attribute {
    std::string name;  // "model" (in the domain of the driver) or "domain/model"
    Value value;
  };
  struct Capacity {
    std::string name;
    api::Quantity value;
  };
  std::string driver;
  bool allow_multiple_allocations = false;
  std::vector<Attribute> attributes;
  std::vector<Capacity> capacity;
};

// The value of `device`: driver, allowMultipleAllocations, attributes and capacity as maps of maps,
// domain first. A domain that the device has nothing of is an empty map.
Value MakeDevice(const DeviceDescription& device);

// A compiled selector. Immutable; any number of threads may use one.
class DeviceSelector {
 public:
  // The error is what kube-scheduler writes behind "CEL compile error: ".
  static base::Result<DeviceSelector> Compile(std::string_view expression);

  // The error is what kube-scheduler writes behind "CEL runtime error: ".
  base::Result<bool> Matches(const Value& device) const;

 private:
  explicit DeviceSelector(Program program) : program_(std::move(program)) {}

  Program program_;
};

}  // namespace berth::cel

// Random device classes, slices and claims. Few distinct names and values, so that they have to do
// with one another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scheduler/api/device_objects.h"
#include "scheduler/base/random.h"

namespace berth::support {

// Every device of one driver, the large ones, and the ones of an extended resource.
std::vector<api::DeviceClass> DeviceClasses();

class RandomDevices {
 public:
  explicit RandomDevices(base::Random& random) : random_(random) {}

  // Of one node, or (for an empty name) one that every node sees.
  api::ResourceSlice Slice(const std::string& node);
  api::ResourceClaim Claim(const std::string& namespace_name, const std::string& name);

 private:
  bool Chance(std::uint64_t one_in) { return random_.Chance(1, one_in); }
  api::Device Device(std::size_t number);
  api::DeviceRequest Request(const std::string& name);

  base::Random& random_;
};

}  // namespace berth::support

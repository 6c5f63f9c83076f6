#include "tests/support/random_devices.h"

namespace berth::support {
namespace {

using api::Quantity;

constexpr const char* kDriver = "gpu.example.com";

Quantity Amount(std::int64_t value) { return Quantity::FromMilli(value * 1000); }

}  // namespace

std::vector<api::DeviceClass> DeviceClasses() {
  std::vector<api::DeviceClass> classes(3);
  classes[0].meta.name = "any";
  classes[1].meta.name = "large";
  classes[1].selectors = {"device.attributes['gpu.example.com'].size >= 2"};
  classes[2].meta.name = "extended";
  classes[2].extended_resource_name = "example.com/gpu";
  return classes;
}

api::Device RandomDevices::Device(std::size_t number) {
  api::Device device;
  device.name = "device-" + std::to_string(number);
  device.attributes["size"] = static_cast<std::int64_t>(random_.Below(4));
  device.attributes["numa"] = static_cast<std::int64_t>(random_.Below(2));
  if (Chance(4)) device.taints.push_back({"broken", "", api::TaintEffect::kNoSchedule});
  if (Chance(4)) device.binding_conditions = {"Ready"};
  if (Chance(4)) {
    device.allow_multiple_allocations = true;
    device.capacity["memory"].value = Amount(4);
  }
  return device;
}

api::ResourceSlice RandomDevices::Slice(const std::string& node) {
  api::ResourceSlice slice;
  slice.meta.name = node.empty() ? "slice-of-all" : "slice-" + node;
  slice.driver = kDriver;
  slice.pool = node.empty() ? "pool-of-all" : node;
  slice.generation = static_cast<std::int64_t>(1 + random_.Below(2));
  slice.slice_count = Chance(12) ? 2 : 1;
  slice.reach.node_name = node;
  slice.reach.all_nodes = node.empty();
  const std::size_t count = random_.Below(5);
  for (std::size_t i = 0; i < count; ++i) slice.devices.push_back(Device(i));
  return slice;
}

api::DeviceRequest RandomDevices::Request(const std::string& name) {
  api::DeviceRequest request;
  request.name = name;
  request.class_name = Chance(3) ? "large" : "any";
  request.count = static_cast<std::int64_t>(1 + random_.Below(2));
  if (Chance(8)) request.mode = api::DeviceAllocationMode::kAll;
  if (Chance(4)) request.selectors = {"device.attributes['gpu.example.com'].numa == 0"};
  if (Chance(30)) request.selectors = {"device.attributes['gpu.example.com'].nope == 0"};
  if (Chance(4)) request.tolerations.push_back({"", api::TolerationOperator::kExists, "", {}});
  request.admin_access = Chance(12);
  return request;
}

api::ResourceClaim RandomDevices::Claim(const std::string& namespace_name,
                                        const std::string& name) {
  api::ResourceClaim claim;
  claim.meta.name = name;
  claim.meta.namespace_name = namespace_name;
  claim.meta.uid = namespace_name + "/" + name;
  if (Chance(3)) {
    claim.spec.requests.push_back({"r", std::nullopt, {Request("first"), Request("second")}});
  } else {
    claim.spec.requests.push_back({"r", Request(""), {}});
  }
  if (Chance(4)) claim.spec.constraints.push_back({{}, "gpu.example.com/numa", ""});
  return claim;
}

}  // namespace berth::support

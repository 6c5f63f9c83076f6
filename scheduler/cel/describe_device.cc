#include "scheduler/cel/describe_device.h"

#include <cstdint>
#include <utility>
#include <variant>

#include "scheduler/cel/device_selector.h"
#include "scheduler/cel/semver.h"

namespace berth::cel {
namespace {

Value ToValue(const api::DeviceAttribute& attribute) {
  if (const auto* number = std::get_if<std::int64_t>(&attribute)) return Value::Int(*number);
  if (const auto* flag = std::get_if<bool>(&attribute)) return Value::Bool(*flag);
  if (const auto* text = std::get_if<std::string>(&attribute)) return Value::String(*text);
  const std::string& version = std::get<api::VersionText>(attribute).text;
  auto semver = Semver::Parse(version);
  // An API server takes no other versions.
  return semver ? Value::OfSemver(*std::move(semver)) : Value::String(version);
}

}  // namespace

Value Describe(const std::string& driver, const api::Device& device) {
  DeviceDescription description;
  description.driver = driver;
  description.allow_multiple_allocations = device.allow_multiple_allocations;
  for (const auto& [name, value] : device.attributes) {
    description.attributes.push_back({name, ToValue(value)});
  }
  for (const auto& [name, capacity] : device.capacity) {
    description.capacity.push_back({name, capacity.value});
  }
  return MakeDevice(description);
}

}  // namespace berth::cel

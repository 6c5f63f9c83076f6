#include "scheduler/cluster/device_keys.h"

#include <bit>
#include <variant>
#include <vector>

#include "scheduler/base/key_builder.h"

namespace berth::cluster {
namespace {

using base::AppendKey;

void AppendCount(std::string& key, std::size_t count) {
  AppendKey(key, static_cast<std::uint32_t>(count));
}

void AppendQuantity(std::string& key, api::Quantity quantity) {
  const auto nanos = static_cast<unsigned __int128>(quantity.nanos());
  AppendKey(key, static_cast<std::uint64_t>(nanos));
  AppendKey(key, static_cast<std::uint64_t>(nanos >> 64));
}

void AppendTexts(std::string& key, const std::vector<std::string>& texts) {
  AppendCount(key, texts.size());
  for (const auto& text : texts) AppendKey(key, text);
}

void AppendAttribute(std::string& key, const api::DeviceAttribute& attribute) {
  AppendKey(key, static_cast<std::uint8_t>(attribute.index()));
  if (const auto* number = std::get_if<std::int64_t>(&attribute)) AppendKey(key, *number);
  if (const auto* flag = std::get_if<bool>(&attribute)) AppendKey(key, *flag);
  if (const auto* text = std::get_if<std::string>(&attribute)) AppendKey(key, *text);
  if (const auto* version = std::get_if<api::VersionText>(&attribute)) {
    AppendKey(key, version->text);
  }
}

void AppendRequest(std::string& key, const api::DeviceRequest& request) {
  AppendKey(key, request.name);
  AppendKey(key, request.class_name);
  AppendTexts(key, request.selectors);
  AppendKey(key, request.mode);
  AppendKey(key, request.mode_text);
  AppendKey(key, request.count);
  AppendKey(key, request.admin_access);
  AppendCount(key, request.tolerations.size());
  for (const auto& toleration : request.tolerations) {
    AppendKey(key, toleration.key);
    AppendKey(key, toleration.op);
    AppendKey(key, toleration.value);
    AppendKey(key, toleration.effect);
  }
  AppendCount(key, request.capacity.size());
  for (const auto& [name, amount] : request.capacity) {
    AppendKey(key, name);
    AppendQuantity(key, amount);
  }
}

}  // namespace

void AppendDeviceKey(std::string& key, const api::Device& device) {
  AppendKey(key, device.allow_multiple_allocations);
  AppendCount(key, device.attributes.size());
  for (const auto& [name, attribute] : device.attributes) {
    AppendKey(key, name);
    AppendAttribute(key, attribute);
  }
  AppendCount(key, device.capacity.size());
  for (const auto& [name, capacity] : device.capacity) {
    AppendKey(key, name);
    AppendQuantity(key, capacity.value);
  }
}

void AppendClaimSpecKey(std::string& key, const api::ResourceClaimSpec& spec) {
  AppendCount(key, spec.requests.size());
  for (const auto& request : spec.requests) {
    AppendKey(key, request.name);
    AppendKey(key, request.exactly.has_value());
    if (request.exactly) AppendRequest(key, *request.exactly);
    AppendCount(key, request.first_available.size());
    for (const auto& alternative : request.first_available) AppendRequest(key, alternative);
  }
  AppendCount(key, spec.constraints.size());
  for (const auto& constraint : spec.constraints) {
    AppendTexts(key, constraint.requests);
    AppendKey(key, constraint.match_attribute);
    AppendKey(key, constraint.distinct_attribute);
  }
  AppendCount(key, spec.config.size());
  for (const auto& config : spec.config) {
    AppendTexts(key, config.requests);
    AppendKey(key, config.opaque);
  }
}

}  // namespace berth::cluster

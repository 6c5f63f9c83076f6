// Devices and claims spelled out as bytes: equal keys for equal content.
#pragma once

#include <string>

#include "scheduler/api/device_objects.h"

namespace berth::cluster {

// What a selector sees of a device beside its driver.
void AppendDeviceKey(std::string& key, const api::Device& device);

void AppendClaimSpecKey(std::string& key, const api::ResourceClaimSpec& spec);

}  // namespace berth::cluster

#pragma once

#include <string>

#include "scheduler/api/device_objects.h"
#include "scheduler/cel/value.h"

namespace berth::cel {

// A device of a slice of `driver` as selectors see it.
Value Describe(const std::string& driver, const api::Device& device);

}  // namespace berth::cel

// What Berth cannot place yet, and must not place as if it asked for nothing.
#pragma once

#include <string>

#include "scheduler/api/objects.h"

namespace berth::simulate {

// A sentence that names the first field of the pod which needs a plugin that is not there yet
// (devices); empty if there is none.
std::string UnsupportedFeature(const api::PodSpec& spec);

}  // namespace berth::simulate

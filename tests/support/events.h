// Events in one expression, for tests of queueing hints. The objects must outlive what is made.
#pragma once

#include "scheduler/framework/object_change.h"

namespace berth::support {

template <typename T>
framework::ObjectChange Added(framework::EventResource resource, const T& object) {
  return {{resource, framework::kAdd}, {}, &object};
}
template <typename T>
framework::ObjectChange Deleted(framework::EventResource resource, const T& object) {
  return {{resource, framework::kDelete}, &object, {}};
}
template <typename T>
framework::ObjectChange Updated(framework::EventResource resource, const T& before, const T& after,
                                framework::Actions action = framework::kUpdate) {
  return {{resource, action}, &before, &after};
}

}  // namespace berth::support

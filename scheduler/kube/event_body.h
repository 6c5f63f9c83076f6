// Events as requests to the API server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scheduler/kube/client.h"
#include "scheduler/kube/event.h"

namespace berth::kube {

enum class EventApi : std::uint8_t { kEvents, kCore };  // events.k8s.io/v1 and core/v1

// What is written of an event that has happened `count` times, at first and at last; nanoseconds
// since the Unix epoch.
struct EventState {
  std::string name;
  std::int64_t count = 1;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// A POST of the whole event.
Request CreateEvent(EventApi api, const Event& event, const EventState& state,
                    std::string_view instance);
// A PATCH of how often it has happened, and when at last.
Request UpdateEvent(EventApi api, const Event& event, const EventState& state);

}  // namespace berth::kube

// An event: what has happened to an object, for people who look at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/base/random.h"

namespace berth::kube {

inline constexpr std::string_view kNormalEvent = "Normal";
inline constexpr std::string_view kWarningEvent = "Warning";

// The object that an event is about.
struct EventRegarding {
  std::string kind = {};
  std::string namespace_name = {};  // empty for objects without one, whose events are in "default"
  std::string name = {};
  std::string uid = {};
  std::string resource_version = {};
  std::string api_version = "v1";
  friend bool operator==(const EventRegarding&, const EventRegarding&) = default;
};

struct Event {
  EventRegarding regarding;
  std::string_view type = kNormalEvent;  // static text
  std::string reason = {};
  std::string action = {};  // not used with core_only
  std::string note = {};
  std::string controller = {};  // the profile's schedulerName
  std::optional<EventRegarding> related = {};
  // An event of core/v1 even where events.k8s.io is there: those of leader election.
  bool core_only = false;
};

// The namespace that the event is in.
std::string_view NamespaceOf(const Event& event);

// What events are told apart by: all but the note. Equal ones are one event that happens again.
std::string SeriesKey(const Event& event);

// "OBJECT.HEX", with the time in nanoseconds; a random UUID where that is no DNS subdomain.
std::string EventName(std::string_view object, std::int64_t nanoseconds, base::Random& random);

// At most 1024 bytes, as the API server takes them: a longer note ends with " ...", and not within
// a character of UTF-8.
std::string TruncatedNote(std::string note);

}  // namespace berth::kube

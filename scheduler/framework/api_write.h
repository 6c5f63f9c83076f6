// What a plugin wants written to the API server, as a value: whoever runs the binding cycle sends
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "scheduler/framework/status.h"

namespace berth::framework {

enum class WriteKind : std::uint8_t {
  kCreate,          // POST
  kStrategicPatch,  // lists with keys are merged by them
  kMergePatch,      // RFC 7386
  kRemove,          // DELETE
};

struct ApiWrite {
  WriteKind kind;
  std::string path;  // /api/v1/persistentvolumes/NAME, /apis/GROUP/VERSION/...
  std::string body;  // JSON; may be empty for kRemove
  friend bool operator==(const ApiWrite&, const ApiWrite&) = default;
};

struct ApiAnswer {
  int status = 0;     // of HTTP; 0: none came
  std::string body;   // the object as it is now, where the status is 2xx
  std::string error;  // for a person, where it is not
  bool ok() const { return status >= 200 && status < 300; }
};

// What comes next in PreBind: a write, a while in which nothing is done, or the end.
struct PreBindWait {
  std::chrono::nanoseconds duration{};
};
struct PreBindEvent {  // an Event on the pod, then on to the next step
  std::string reason;
  std::string note;
};
using PreBindStep = std::variant<ApiWrite, PreBindWait, PreBindEvent, Status>;

}  // namespace berth::framework

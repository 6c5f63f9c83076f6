// Why a request comes to nothing, in the kinds that a caller can do something about.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace berth::placement {

enum class FailureKind : std::uint8_t {
  kInvalid,      // what was given cannot be used: file, object and field are named
  kNotFound,     // it names something that is not there
  kExhausted,    // beyond a limit
  kConflict,     // somebody else has changed the snapshot meanwhile
  kCancelled,    // nobody waits for the answer any more
  kRefused,      // it is not possible with this snapshot
  kUnavailable,  // not yet
};

struct Failure {
  FailureKind kind;
  std::string message;
};

template <typename T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> Refuse(FailureKind kind, std::string message) {
  return std::unexpected(Failure{kind, std::move(message)});
}

}  // namespace berth::placement

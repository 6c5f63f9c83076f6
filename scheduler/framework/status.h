// The verdict of a plugin on a pod or on one node: Kubernetes' status codes.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::framework {

enum class Code : std::uint8_t {
  kSuccess,        // go on
  kError,          // something broke: the attempt counts for nothing and is retried with backoff
  kUnschedulable,  // does not fit now; taking other pods away may help
  kUnschedulableAndUnresolvable,  // does not fit, and preemption cannot change that
  kWait,     // Permit: hold the pod back until it is allowed, rejected or timed out
  kSkip,     // nothing to do here for this pod in this cycle
  kPending,  // does not fit until something outside happens; the pod waits for that event
};

// "Success", "Error", ...: Kubernetes' name, as in metrics labels.
std::string_view Name(Code code);

// Kubernetes calls these codes rejected: the pod may be tried again when an event comes.
inline bool IsRejected(Code code) {
  return code == Code::kUnschedulable || code == Code::kUnschedulableAndUnresolvable ||
         code == Code::kPending;
}

// A verdict on a pod as a whole.
struct Status {
  Code code = Code::kSuccess;
  std::vector<std::string> reasons;

  bool ok() const { return code == Code::kSuccess; }
  // The reasons joined with ", ".
  std::string Message() const;
};

// A verdict on one node. The reasons point to text of the plugin (see Plugin::Explain), so that the
// thousands of a diagnosis cost no allocation.
struct NodeStatus {
  Code code = Code::kSuccess;
  boost::container::small_vector<std::string_view, 2> reasons;

  bool ok() const { return code == Code::kSuccess; }
  friend bool operator==(const NodeStatus&, const NodeStatus&) = default;
};

}  // namespace berth::framework

#include "scheduler/remote/description.h"

#include <berth/plugin/v1/plugin.pb.h>

#include <algorithm>
#include <optional>

#include "scheduler/base/text.h"

namespace berth::remote {

using base::Fail;
using base::Result;
namespace wire = berth::plugin::v1;

namespace {

constexpr int kMaxWanted = 64;
constexpr std::size_t kMaxKeyBytes = 317;  // a prefix of 253, '/', and a name of 63
constexpr std::size_t kMaxNameBytes = 253;

template <typename Names>
Result<std::vector<std::string>> CheckWanted(const Names& names, const char* field) {
  if (names.size() > kMaxWanted) {
    return Fail(std::string("wants.") + field + ": more than " + std::to_string(kMaxWanted));
  }
  std::vector<std::string> wanted(names.begin(), names.end());
  for (const std::string& name : wanted) {
    if (name.empty() || name.size() > kMaxKeyBytes) {
      return Fail(std::string("wants.") + field + ": a name has between 1 and 317 bytes");
    }
  }
  std::ranges::sort(wanted);
  if (std::ranges::adjacent_find(wanted) != wanted.end()) {
    return Fail(std::string("wants.") + field + ": the same name twice");
  }
  // In the order in which they were named.
  return std::vector<std::string>(names.begin(), names.end());
}

Result<framework::Normalization> CheckNormalization(wire::Normalization normalization) {
  switch (normalization) {
    case wire::NORMALIZATION_NONE:
      return framework::Normalization::kNone;
    case wire::NORMALIZATION_BY_MAX:
      return framework::Normalization::kByMax;
    case wire::NORMALIZATION_BY_MAX_REVERSE:
      return framework::Normalization::kByMaxReverse;
    default:
      return Fail("normalization: unknown value " + std::to_string(normalization));
  }
}

std::optional<framework::ClusterEvent> EventOf(int event) {
  using enum framework::EventResource;
  switch (event) {
    case wire::EVENT_NODE_ADDED:
      return framework::ClusterEvent{kNode, framework::kAdd};
    case wire::EVENT_NODE_ALLOCATABLE_CHANGED:
      return framework::ClusterEvent{kNode, framework::kUpdateNodeAllocatable};
    case wire::EVENT_NODE_LABELS_CHANGED:
      return framework::ClusterEvent{kNode, framework::kUpdateNodeLabel};
    case wire::EVENT_POD_PLACED:
      return framework::ClusterEvent{kPod, framework::kAdd};
    case wire::EVENT_POD_REMOVED:
      return framework::ClusterEvent{kPod, framework::kDelete};
    default:
      return std::nullopt;
  }
}

Result<std::vector<framework::EventRegistration>> CheckEvents(
    const wire::DescribeResponse& response) {
  std::vector<framework::EventRegistration> events;
  if (response.events_size() > kMaxWanted) return Fail("events: too many");
  for (const int number : response.events()) {
    const auto event = EventOf(number);
    if (!event) return Fail("events: unknown value " + std::to_string(number));
    events.push_back({*event, false});
  }
  return events;
}

}  // namespace

cluster::ChangeSet Description::Changes() const {
  cluster::ChangeSet changes = cluster::kNodeLifeChange;
  if (!resources.empty()) changes |= cluster::kAllocatableChange | cluster::kPodResourceChange;
  if (!labels.empty()) changes |= cluster::kLabelChange;
  return changes;
}

Result<Description> CheckDescription(const wire::DescribeResponse& response,
                                     const std::string& name) {
  if (!response.name().empty() && response.name() != name) {
    return Fail("the server is the plugin \"" +
                base::Printable(response.name().substr(0, kMaxNameBytes)) + "\"");
  }
  Description description;
  description.filters = response.filters();
  description.scores = response.scores();
  if (!description.filters && !description.scores) return Fail("neither filters nor scores");
  BERTH_ASSIGN(description.normalization, CheckNormalization(response.normalization()));
  BERTH_ASSIGN(description.resources, CheckWanted(response.wants().resources(), "resources"));
  BERTH_ASSIGN(description.labels, CheckWanted(response.wants().labels(), "labels"));
  BERTH_ASSIGN(description.events, CheckEvents(response));
  description.reusable = response.reusable();
  return description;
}

}  // namespace berth::remote

// What an extender answers: extender/v1, written as Go would write it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/webhook/requests.h"

namespace berth::webhook {

// Node and why not; sorted by node when it is written, and of two reasons for one node the first
// stays.
using FailedNodes = std::vector<std::pair<std::string_view, std::string_view>>;

// What came as JSON goes as it came: whole nodes, and lists of names that have not changed.
struct ExtenderFilterResult {
  std::optional<std::vector<std::string_view>> nodes = {};  // Node objects; nullopt: null
  std::string_view node_names = {};                         // "[...]"; empty: null
  FailedNodes failed = {};
  FailedNodes failed_and_unresolvable = {};
  std::string_view error = {};
};
std::string FilterResultText(ExtenderFilterResult result);

// `scores` are parallel to the names.
std::string HostPriorityListText(std::span<const std::string_view> hosts,
                                 std::span<const std::int64_t> scores);

// The same choice in less text: nodes with the lowest score are left out, which a scheduler reads
// as a 0, and the others have what they score more.
std::string RelativeHostPriorityListText(std::span<const std::string_view> hosts,
                                         std::span<const std::int64_t> scores);

// ExtenderPreemptionResult; nullopt: null.
std::string PreemptionResultText(const std::optional<std::vector<NodeVictims>>& victims);

std::string BindingResultText(std::string_view error);

}  // namespace berth::webhook

// The answers of an extender, read as Go reads them: names of fields in whatever case, unknown ones
// passed over, null as good as nothing, and whatever stands behind the first value. Pure functions;
// errors say which field is not what it should be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cycle/extender.h"

namespace berth::extender {

// ExtenderFilterResult.
struct FilterAnswer {
  std::optional<std::vector<std::string>> node_names;
  std::optional<std::vector<std::string>> nodes;  // each the JSON of an object
  std::map<std::string, std::string> failed;
  std::map<std::string, std::string> unresolvable;
  std::string error;  // empty: none
};
base::Result<FilterAnswer> ReadFilterAnswer(std::string_view text);

// HostPriorityList.
base::Result<std::vector<cycle::HostScore>> ReadScores(std::string_view text);

// MetaVictims.
struct VictimsAnswer {
  std::vector<std::string> uids;
  std::int64_t budgets_violated = 0;
};
// ExtenderPreemptionResult, by node.
base::Result<std::map<std::string, VictimsAnswer>> ReadVictims(std::string_view text);

// The error of an ExtenderBindingResult; empty: none.
base::Result<std::string> ReadBindingAnswer(std::string_view text);

}  // namespace berth::extender

// What kube-scheduler asks an extender: extender/v1, read as Go's decoder would. Names of fields in
// any case, fields that are not known passed over, null as if it were not there; of two fields of
// one name the last counts.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/api/json_value.h"
#include "scheduler/base/result.h"

namespace berth::webhook {

// All readers fail with the field: "NodeNames: must be an array, not a string". What they give has
// views of the text, behind which api::JsonParser::kPadding bytes must be readable. Objects inside
// are not looked into further.

// Of filter and prioritize.
struct ExtenderArgs {
  std::string_view pod;                                     // a Pod
  std::optional<std::vector<std::string_view>> nodes = {};  // Node objects
  std::optional<std::string_view> node_names = {};          // an array: ReadNames
};
base::Result<ExtenderArgs> ReadExtenderArgs(std::string_view text, api::JsonParser& parser);

// The strings of an array of strings: views of the array and, where they held escapes, of this.
struct Names {
  std::vector<std::string_view> all;
  std::deque<std::string> unescaped;
};
base::Result<Names> ReadNames(std::string_view array, api::JsonParser& parser);

// The pods that would leave one node.
struct NodeVictims {
  std::string node;
  std::vector<std::string> uids;
  std::int64_t budget_violations = 0;
};

struct ExtenderPreemptionArgs {
  std::string_view pod;
  // Sorted by node; of NodeNameToMetaVictims if that is there, else of NodeNameToVictims.
  std::optional<std::vector<NodeVictims>> victims = {};
};
base::Result<ExtenderPreemptionArgs> ReadPreemptionArgs(std::string_view text,
                                                        api::JsonParser& parser);

struct ExtenderBindingArgs {
  std::string pod_name;
  std::string pod_namespace;
  std::string pod_uid;
  std::string node;
};
base::Result<ExtenderBindingArgs> ReadBindingArgs(std::string_view text, api::JsonParser& parser);

}  // namespace berth::webhook

// What a server says of itself, checked. Internal to the folder.
#pragma once

#include <string>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/cluster/change_log.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugin::v1 {
class DescribeResponse;
}

namespace berth::remote {

struct Description {
  bool filters = false;
  bool scores = false;
  framework::Normalization normalization = framework::Normalization::kNone;
  std::vector<std::string> resources = {};
  std::vector<std::string> labels = {};                   // the one key "*": all
  std::vector<framework::EventRegistration> events = {};  // empty: whatever happens
  bool reusable = false;

  // The changes of a node that the server is to be told of.
  cluster::ChangeSet Changes() const;
};

inline constexpr const char* kAllKeys = "*";

// `name` is what the configuration calls the plugin.
base::Result<Description> CheckDescription(const plugin::v1::DescribeResponse& response,
                                           const std::string& name);

}  // namespace berth::remote

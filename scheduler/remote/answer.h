// What a server says of the nodes for one pod, checked. Internal to the folder.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "scheduler/base/result.h"
#include "scheduler/framework/rejections.h"
#include "scheduler/remote/description.h"
#include "scoring/column.h"

namespace berth::plugin::v1 {
class EvaluateResponse;
}

namespace berth::remote {

// Words that live as long as the plugin, since a diagnosis may be read long after the answer that
// it came from. Beyond a limit there are no new ones: a server that says something else each time
// is heard, but not quoted.
class Reasons {
 public:
  std::string_view Keep(std::string_view words);

 private:
  std::deque<std::string> texts_;
  std::unordered_set<std::string_view> known_;
};

struct Answer {
  framework::NodeMask kept;
  scoring::Column<std::int64_t> scores;  // right on kept rows
  std::vector<framework::Rejection> rejections;
};

// The bytes of a set of nodes as the protocol has them.
void PackMask(const framework::NodeMask& mask, std::string& out);

// Fails where the answer is not one to a question about `candidates`; then `out` is of no use.
base::Result<void> CheckAnswer(const plugin::v1::EvaluateResponse& response,
                               const Description& description,
                               const framework::NodeMask& candidates, Reasons& reasons,
                               Answer& out);

}  // namespace berth::remote

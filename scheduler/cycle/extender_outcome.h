// What the extenders said in the last cycle of a pod: kept for whoever asks why afterwards, since
// they are not asked twice.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/cycle/extender.h"
#include "scheduler/framework/status.h"
#include "scoring/column.h"
#include "scoring/node_mask.h"

namespace berth::cycle {

// By row; a column each.
struct ExtenderScores {
  const Extender* extender = nullptr;
  scoring::Column<std::int64_t> scores;  // as the extender gives them
};

struct ExtenderOutcome {
  const api::Pod* pod = nullptr;  // null: no extender was interested
  bool by_nomination = false;     // its nominated node was taken
  bool dropped_nodes = false;
  // The nodes that the plugins were asked about, if sampling left others out.
  std::optional<scoring::NodeMask> seen = {};
  scoring::NodeMask refused = {};        // what was taken away, with or without a word
  std::vector<ExtenderNode> nodes = {};  // what was left, in order
  std::vector<ExtenderScores> scores = {};
  std::vector<std::int64_t> added = {};  // to the totals, parallel to `nodes`
  std::vector<std::uint64_t> lots = {};  // for ties, parallel to `nodes`; 0: no extender scored it

  struct Refusal {
    framework::Code code = framework::Code::kUnschedulable;
    std::string reason;
  };
  // Shared, since a diagnosis points to the words.
  std::shared_ptr<std::map<cluster::NodeIndex, Refusal>> refusals = {};
};

}  // namespace berth::cycle

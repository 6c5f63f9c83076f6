// Who knows the nodes that an extender is asked about.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scheduler/api/objects.h"
#include "scheduler/base/result.h"
#include "scheduler/cycle/given_nodes.h"
#include "scheduler/webhook/name_list.h"
#include "scheduler/webhook/requests.h"

namespace berth::webhook {

// A pod and the nodes that it may go to.
struct Question {
  std::shared_ptr<const api::Pod> pod;
  std::shared_ptr<NameList> names;
  // Parallel to the names where the request held whole nodes; else empty.
  std::span<const std::shared_ptr<const api::Node>> nodes = {};
};

struct FilterAnswer {
  std::shared_ptr<const NodeRows> rows;
  cycle::FilteredNodes nodes;
};

struct ScoreAnswer {
  std::shared_ptr<const NodeRows> rows;
  cycle::ScoredNodes scores;
};

// Thread-safe. The profile is that of the pod's schedulerName, or the first of the configuration.
class Oracle {
 public:
  virtual ~Oracle() = default;

  // All fail, with a sentence for the scheduler's log, where the question cannot be answered.
  virtual base::Result<FilterAnswer> Filter(const Question& question) = 0;
  virtual base::Result<ScoreAnswer> Score(const Question& question) = 0;
  // For each node whether the pod fits there once the victims are gone.
  virtual base::Result<std::vector<bool>> FitsAfter(const api::Pod& pod,
                                                    std::span<const NodeVictims> victims) = 0;
  // `done` gets "" or what went wrong; from any thread, perhaps before Bind returns.
  virtual void Bind(const ExtenderBindingArgs& binding,
                    std::function<void(const std::string& error)> done) = 0;
};

}  // namespace berth::webhook

// Clusters that consist of the nodes of a request, for an extender without credentials.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/webhook/oracle.h"

namespace berth::webhook {

// Knows nothing but the nodes that come with a question: there are no pods on them, no volumes, no
// Services. So what a profile says of them is what it would say of an empty cluster of just these
// nodes; ask for plugins that look at the nodes themselves. Victims of a preemption are not known
// either: every node that kube-scheduler offers is kept.
//
// A few clusters are kept, and a question goes to the one that had its nodes last; what differs is
// put in and taken out. So each question has a cluster to itself, and the same nodes cost nothing
// again. Thread-safe.
class GivenClusters final : public Oracle {
 public:
  // As many questions as there are clusters are answered at a time; others wait. Fails where a
  // profile cannot be built.
  static base::Result<std::unique_ptr<GivenClusters>> Make(const config::Configuration& config,
                                                           const framework::Registry& registry,
                                                           std::size_t clusters);
  ~GivenClusters() override;

  base::Result<FilterAnswer> Filter(const Question& question) override;
  base::Result<ScoreAnswer> Score(const Question& question) override;
  base::Result<std::vector<bool>> FitsAfter(const api::Pod& pod,
                                            std::span<const NodeVictims> victims) override;
  void Bind(const ExtenderBindingArgs& binding,
            std::function<void(const std::string& error)> done) override;

 private:
  struct Given;
  struct Slot;
  class Lease;

  GivenClusters(config::Configuration config, framework::Registry registry);

  const config::Configuration config_;
  const framework::Registry registry_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint64_t clock_ = 0;
};

}  // namespace berth::webhook

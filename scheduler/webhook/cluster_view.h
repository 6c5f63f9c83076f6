// A live view of a cluster, for an extender that has credentials.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "scheduler/config/configuration.h"
#include "scheduler/framework/registry.h"
#include "scheduler/kube/client.h"
#include "scheduler/live/scheduler.h"
#include "scheduler/live/silence.h"
#include "scheduler/webhook/engine.h"
#include "scheduler/webhook/oracle.h"

namespace berth::webhook {

// The state of `berth schedule` without its decisions: what is watched enters the cluster, pods
// that wait are known for their nominations, and nobody is ever placed. One thread takes over what
// has come, between questions; questions wait for each other, since each uses the engine for some
// microseconds. Nodes are taken from here by name, whether a request holds names or whole nodes.
class ClusterView final : public Oracle {
 public:
  // Fails where a profile cannot be built. The client and the clock outlive the view.
  static base::Result<std::unique_ptr<ClusterView>> Make(const config::Configuration& config,
                                                         const framework::Registry& registry,
                                                         kube::Client& client,
                                                         const base::Clock& clock);
  ~ClusterView() override;

  // ---- For the one thread that keeps it up to date ----
  // What watches fill. Changed by messages to its inbox only.
  live::Scheduler& scheduler() { return *scheduler_; }
  // Runs what has come to the inbox.
  void TakeNews();

  base::Result<FilterAnswer> Filter(const Question& question) override;
  base::Result<ScoreAnswer> Score(const Question& question) override;
  base::Result<std::vector<bool>> FitsAfter(const api::Pod& pod,
                                            std::span<const NodeVictims> victims) override;
  void Bind(const ExtenderBindingArgs& binding,
            std::function<void(const std::string& error)> done) override;

 private:
  explicit ClusterView(kube::Client& client);

  // These under the lock.
  const std::shared_ptr<const NodeRows>& RowsOf(NameList& list);
  // The very object that is watched, if it is the same version: its class is known.
  std::shared_ptr<const api::Pod> Known(const std::shared_ptr<const api::Pod>& pod);

  kube::Client& client_;
  live::Silence silence_;  // there are no decisions
  std::mutex mutex_;
  std::unique_ptr<live::Scheduler> scheduler_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace berth::webhook

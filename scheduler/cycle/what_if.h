// What the filters would say of a node if other pods were on it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scheduler/framework/profile_runtime.h"

namespace berth::cycle {

// What the first filter that says no says; a success otherwise.
struct NodeVerdict {
  std::string_view plugin;
  framework::NodeStatus status;

  bool ok() const { return status.ok(); }
};

// Changes the cluster itself for a moment and asks the plugins about single nodes. PreFilter has to
// have run for the pod: plugins that skipped there say nothing here either, whatever the pods on
// the nodes, as in kube-scheduler. Whatever is suspended has to be resumed before the end; then the
// states of the plugins are again those of the cluster as it was. Not thread-safe.
class WhatIf {
 public:
  // `skipped` are slots of plugins. `self` is the pod itself, if it may be nominated.
  WhatIf(const framework::PodContext& context, framework::ProfileRuntime& profile,
         framework::ClassPlan& plan, std::span<const std::size_t> skipped, const api::Pod* self);
  ~WhatIf();
  WhatIf(const WhatIf&) = delete;
  WhatIf& operator=(const WhatIf&) = delete;

  void Suspend(cluster::PodIndex pod);
  void Resume(cluster::PodIndex pod);

  // Both with the pods that are nominated to the node before this one, and without them.
  NodeVerdict Filter(framework::NodeIndex node);
  // With the nominated pods only; a success where there are none.
  NodeVerdict FilterWithNominated(framework::NodeIndex node);

 private:
  NodeVerdict FilterOnce(framework::NodeIndex node);
  // Tells the plugins that keep counts of pods anywhere in their states; the others read columns.
  void Pretend(const cluster::PodClass& other, framework::NodeIndex node, std::int32_t change);
  void RefreshStates();
  bool Skips(std::size_t slot) const;
  bool CountsPods(const framework::ActivePlugin& active) const;

  framework::PodContext context_;
  framework::ProfileRuntime& profile_;
  framework::ClassPlan& plan_;
  std::vector<std::size_t> skipped_;
  const api::Pod* self_;
  bool changed_ = false;  // some state may not be that of the cluster as it was
  std::vector<const framework::ActivePlugin*> stale_;  // PreFilter has to run again
};

}  // namespace berth::cycle

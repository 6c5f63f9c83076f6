#pragma once

#include "scheduler/cluster/node_selector.h"
#include "scheduler/config/feature_gates.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects nodes with a NoSchedule or NoExecute taint that the pod does not tolerate; prefers nodes
// with few PreferNoSchedule taints that it does not tolerate. Looked at once a distinct set of
// taints.
class TaintToleration final : public framework::Plugin {
 public:
  explicit TaintToleration(const config::FeatureGates& gates)
      : comparing_(gates[config::Gate::kTaintTolerationComparisonOperators]
                       ? cluster::Comparing::kOn
                       : cluster::Comparing::kOff) {}

  std::string_view Name() const override { return "TaintToleration"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  framework::Dependencies DependsOn() const override {
    return {cluster::kTaintChange, cluster::kTaintChange};
  }
  void Filter(const framework::PodContext& context, framework::PluginState& state,
              framework::NodeMask& nodes) const override;
  framework::NodeStatus Explain(const framework::PodContext& context,
                                const framework::PluginState& state,
                                framework::NodeIndex node) const override;
  framework::Rejections ExplainAll(const framework::PodContext& context,
                                   const framework::PluginState& state,
                                   const framework::NodeMask& nodes) const override;
  std::vector<framework::Remedy> Advise(const framework::PodContext& context,
                                        const framework::PluginState& state,
                                        const framework::NodeMask& nodes) const override;
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
  framework::Normalization Normalize() const override {
    return framework::Normalization::kByMaxReverse;
  }
  std::vector<framework::EventRegistration> EventsToRegister() const override;
  base::Result<framework::Hint> QueueingHint(const framework::PodContext& context,
                                             const api::Pod& pod,
                                             const framework::ObjectChange& change) const override;

 private:
  cluster::Comparing comparing_;
};

}  // namespace berth::plugins

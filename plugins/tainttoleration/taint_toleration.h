#pragma once

#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// Rejects nodes with a NoSchedule or NoExecute taint that the pod does not tolerate; prefers nodes
// with few PreferNoSchedule taints that it does not tolerate. Looked at once a distinct set of
// taints.
class TaintToleration final : public framework::Plugin {
 public:
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
};

}  // namespace berth::plugins

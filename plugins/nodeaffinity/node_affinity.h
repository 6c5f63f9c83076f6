#pragma once

#include "scheduler/config/plugin_args.h"
#include "scheduler/framework/plugin.h"

namespace berth::plugins {

// spec.nodeSelector and node affinity, together with the affinity that the profile adds to every
// pod (addedAffinity). Required terms that name nodes (matchFields metadata.name) narrow the nodes
// in PreFilter. Preferred terms score the sum of the weights that match, normalised by the highest.
class NodeAffinity final : public framework::Plugin {
 public:
  explicit NodeAffinity(config::NodeAffinityArgs args) : args_(std::move(args)) {}

  std::string_view Name() const override { return "NodeAffinity"; }
  void AppendKey(const framework::PodContext& context, std::string& key) const override;
  std::unique_ptr<framework::PluginState> NewState(
      const framework::PodContext& context) const override;
  framework::Dependencies DependsOn() const override {
    return {cluster::kLabelChange, cluster::kLabelChange};
  }
  framework::PreFilterResult PreFilter(const framework::PodContext& context,
                                       framework::PluginState& state) const override;
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
  framework::Status PreScore(const framework::PodContext& context, framework::PluginState& state,
                             const framework::NodeMask& nodes) const override;
  void Score(const framework::PodContext& context, framework::PluginState& state,
             const framework::NodeMask& nodes, std::span<std::int64_t> out) const override;
  void ScoreNodes(const framework::PodContext& context, framework::PluginState& state,
                  std::span<const framework::NodeIndex> nodes,
                  std::span<std::int64_t> scores) const override;
  framework::Normalization Normalize() const override { return framework::Normalization::kByMax; }

 private:
  config::NodeAffinityArgs args_;
};

}  // namespace berth::plugins
